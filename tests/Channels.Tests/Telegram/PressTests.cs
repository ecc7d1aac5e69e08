using Cea.Channels.Telegram;
using Cea.Feedback.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Channels.Tests.Telegram;

/// <summary>A pressed button shows as waiting until Telegram is told.</summary>
public sealed class PressTests
{
    private static readonly Provider Done = Provider.Answers(200, """{"ok":true,"result":true}""");

    public static TheoryData<string> Refusals => ["""{"ok":false,"error_code":400,"description":"Bad Request: query is too old and response timeout expired or query ID is invalid"}""", "<html>", "[]"];

    [Fact]
    public async Task Telegram_is_told_that_the_press_was_taken()
    {
        await using var provider = await ProviderServer.StartAsync(Done);
        (await AnswerAsync(provider)).ShouldBeTrue();
        provider.Calls.ShouldHaveSingleItem().Target.ShouldEndWith("/answerCallbackQuery");
        provider.Calls[0].Body.ShouldBe("""{"callback_query_id":"42"}""");
    }

    [Theory, MemberData(nameof(Refusals))]
    public async Task Too_late_is_no_trouble(string answer)
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(400, answer));
        (await AnswerAsync(provider)).ShouldBeFalse();
    }

    [Fact]
    public async Task An_answer_that_is_not_Telegrams_is_none()
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(200, "<html>"));
        await Should.ThrowAsync<HttpRequestException>(() => AnswerAsync(provider));
    }

    private static async Task<bool> AnswerAsync(ProviderServer provider)
    {
        await using var services = new ServiceCollection().AddChannels().BuildServiceProvider();
        return await ((IAnswersPresses)new TelegramChannel(services.GetRequiredService<IHttpClientFactory>())).AnswerPressAsync("42", new TelegramTable().Account(provider.Url), CancellationToken.None);
    }
}

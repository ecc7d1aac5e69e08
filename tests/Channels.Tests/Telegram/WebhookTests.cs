using Cea.Channels.Telegram;
using Cea.Feedback.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Channels.Tests.Telegram;

/// <summary>Telegram is told where to call.</summary>
public sealed class WebhookTests
{
    private static readonly Uri Here = new("https://cfm.example.org/c/telegram/bot/receive");

    [Fact]
    public async Task Telegram_calls_here_with_our_secret_and_keeps_what_waits()
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(200, """{"ok":true,"result":true}"""));
        (await SetAsync(provider)).ShouldBeNull();
        provider.Calls.ShouldHaveSingleItem().Target.ShouldEndWith("/setWebhook");
        var told = System.Text.Json.JsonDocument.Parse(provider.Calls[0].Body).RootElement;
        told.GetProperty("url").GetString().ShouldBe(Here.ToString());
        told.GetProperty("secret_token").GetString().ShouldBe(new TelegramTable().Account(provider.Url)["WebhookSecret"]);
        told.GetProperty("allowed_updates").EnumerateArray().Select(u => u.GetString()).ShouldBe(["message", "edited_message", "callback_query", "my_chat_member"]);
        told.TryGetProperty("drop_pending_updates", out _).ShouldBeFalse("what people wrote meanwhile would be lost");
    }

    [Fact]
    public async Task An_address_that_Telegram_does_not_take_is_told_with_its_reason()
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(400, """{"ok":false,"error_code":400,"description":"Bad Request: bad webhook: An HTTPS URL must be provided for webhook"}"""));
        var refused = (await SetAsync(provider)).ShouldNotBeNull();
        (refused.Code, refused.Stops, refused.Values.Single().Contains("HTTPS", StringComparison.Ordinal)).ShouldBe(("webhook_refused", true, true));
    }

    // The 200th unit is the first half of a face: it goes as a whole.
    [Fact]
    public async Task What_Telegram_says_at_length_is_cut()
    {
        var (said, kept) = (new string('x', 199) + "😀" + new string('y', 300), new string('x', 199));
        await using (var refusing = await ProviderServer.StartAsync(Provider.Answers(400, $$"""{"ok":false,"description":"{{said}}"}""")))
            (await SetAsync(refusing)).ShouldNotBeNull().ShouldSatisfyAllConditions(p => p.Values.ShouldBe([kept]), p => p.Says.ShouldEndWith($": {kept}"));
        await using var failing = await ProviderServer.StartAsync(Provider.Answers(200, $$"""{"ok":true,"result":{"url":"{{Here}}","last_error_date":{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}},"last_error_message":"{{said}}"} }"""));
        (await CheckAsync(failing)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(p => p.Code.ShouldBe("not_delivered"), p => p.Values.ShouldBe([kept]), p => p.Says.ShouldEndWith($": {kept}"));
    }

    [Theory, InlineData(500, "{}"), InlineData(429, "{}"), InlineData(200, "<html>sign in to the network</html>")]
    public async Task A_Telegram_that_is_away_or_somebody_in_its_place_is_neither_a_refusal_nor_done(int status, string says)
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(status, says));
        await Should.ThrowAsync<HttpRequestException>(() => SetAsync(provider));
        await Should.ThrowAsync<HttpRequestException>(() => CheckAsync(provider));
    }

    [Theory, InlineData(401, "Unauthorized"), InlineData(404, "Not Found")]
    public async Task A_token_that_Telegram_does_not_know_is_told_as_such_not_as_a_wrong_address(int status, string says)
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(status, $$"""{"ok":false,"error_code":{{status}},"description":"{{says}}"}"""));
        (await SetAsync(provider)).ShouldNotBeNull().Code.ShouldBe("token_refused");
        (await CheckAsync(provider)).ShouldHaveSingleItem().Code.ShouldBe("token_refused");
    }

    private static async Task<LineProblem?> SetAsync(ProviderServer provider)
    {
        await using var services = new ServiceCollection().AddChannels().BuildServiceProvider();
        return await ((ISetsWebhook)new TelegramChannel(services.GetRequiredService<IHttpClientFactory>())).SetWebhookAsync(new TelegramTable().Account(provider.Url), Here, CancellationToken.None);
    }

    private static async Task<IReadOnlyList<LineProblem>> CheckAsync(ProviderServer provider)
    {
        await using var services = new ServiceCollection().AddChannels().BuildServiceProvider();
        return await new TelegramChannel(services.GetRequiredService<IHttpClientFactory>()).CheckAsync(new TelegramTable().Account(provider.Url), Here, CancellationToken.None);
    }
}

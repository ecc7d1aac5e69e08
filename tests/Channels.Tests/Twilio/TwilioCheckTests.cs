using Cea.Channels.Tests.TwilioSms;
using Cea.Channels.Tests.TwilioWhatsApp;
using Cea.Feedback.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Channels.Tests.Twilio;

/// <summary>What Twilio holds for a number, compared with what we need there.</summary>
public sealed class TwilioCheckTests
{
    private const string Url = "https://cfm.example.org/cea/c/twilio-sms/line", Fragment = "#rc=3&rp=5xx,ct,rt";

    [Theory]
    [InlineData(Url + "/receive" + Fragment, "")]
    [InlineData(Url + "/receive#rp=all&rc=1", "")]
    [InlineData(Url + "/receive#rt=5000&rc=5&rp=4xx,rt,5xx,ct", "")]
    [InlineData(Url + "/receive", "webhook_no_retry")]
    [InlineData(Url + "/receive#rc=3", "webhook_no_retry")]
    [InlineData(Url + "/receive#rc=0&rp=all", "webhook_no_retry")]
    [InlineData(Url + "/receive#rc=3&rp=ct,rt", "webhook_no_retry")]
    [InlineData("https://elsewhere.example.org/" + Fragment, "webhook_elsewhere")]
    [InlineData("", "webhook_elsewhere")]
    public async Task A_webhook_that_is_another_or_is_not_tried_again_is_told_with_what_to_paste(string there, string code)
    {
        var problems = await SmsAsync(Provider.Answers(200, $$"""{"incoming_phone_numbers":[{"sms_url":"{{there}}"}]}"""));
        if (code.Length == 0)
        {
            problems!.ShouldBeEmpty();
            return;
        }
        var problem = problems!.ShouldHaveSingleItem();
        (problem.Code, problem.Stops, problem.Values.ShouldHaveSingleItem()).ShouldBe((code, code == "webhook_elsewhere", Url + "/receive" + Fragment));
        problem.Says.ShouldEndWith($"set it to {Url}/receive{Fragment}");
    }

    [Fact]
    public async Task Wrong_credentials_an_unknown_number_and_silence_are_told_apart()
    {
        (await SmsAsync(Provider.Answers(401, """{"code":20003}""")))!.ShouldHaveSingleItem().Code.ShouldBe("credentials");
        (await SmsAsync(Provider.Answers(200, """{"incoming_phone_numbers":[]}""")))!.ShouldHaveSingleItem().Code.ShouldBe("number_unknown");
        (await SmsAsync(Provider.Answers(503, ""))).ShouldBeNull();
        (await SmsAsync(Provider.Away)).ShouldBeNull();
    }

    [Fact]
    public async Task Of_a_sender_without_a_number_of_its_own_the_account_is_looked_for()
    {
        (await AskAsync(new TwilioWhatsAppTable(), Provider.Answers(404, "{}")))!.ShouldHaveSingleItem().Code.ShouldBe("account_unknown");
        (await AskAsync(new TwilioWhatsAppTable(), Provider.Answers(200, "{}")))!.ShouldBeEmpty();
    }

    private static Task<IReadOnlyList<LineProblem>?> SmsAsync(Provider provider) => AskAsync(new TwilioSmsTable(), provider);

    private static async Task<IReadOnlyList<LineProblem>?> AskAsync(ChannelTable table, Provider plays)
    {
        await using var provider = await ProviderServer.StartAsync(plays);
        await using var services = new ServiceCollection().AddChannels().BuildServiceProvider();
        var channel = table.Channel(services.GetRequiredService<IHttpClientFactory>());
        return await LineCheck.AskAsync((IChecksAccount)channel, new ChannelAccount("line", channel.Kind, table.Settings(provider.Url)) { PublicUrl = Url }, CancellationToken.None);
    }
}

using System.Globalization;
using System.Text;
using Cea.Channels.TwilioVoice;
using Cea.Feedback.Intake;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Channels.Tests.TwilioVoice;

/// <summary>What the helpline asks of Twilio: whether its number is set up, and to delete what we have a copy of.</summary>
public sealed class TwilioVoiceProviderTests
{
    private static readonly TwilioVoiceTable Table = new();

    [Theory]
    [InlineData("https://cfm.example.org/cea/c/twilio-voice/line/receive#rc=2&rp=all", "https://cfm.example.org/cea/c/twilio-voice/line/status#rc=1&rp=5xx,ct,rt", "")]
    [InlineData("https://elsewhere.example.org/", "https://cfm.example.org/cea/c/twilio-voice/line/status#rc=1&rp=all", "webhook_elsewhere stops")]
    [InlineData("https://cfm.example.org/cea/c/twilio-voice/line/receive#rc=2", "https://cfm.example.org/cea/c/twilio-voice/line/status", "webhook_no_retry, status_no_retry")]
    [InlineData("https://cfm.example.org/cea/c/twilio-voice/line/receive#rc=2&rp=all", "", "status_elsewhere")]
    public async Task A_number_that_calls_elsewhere_or_is_not_tried_again_is_told(string voice, string status, string told) =>
        string.Join(", ", (await CheckAsync($$"""{"incoming_phone_numbers":[{"voice_url":"{{voice}}","status_callback":"{{status}}"}]}""")).Select(p => p.Stops ? $"{p.Code} stops" : p.Code)).ShouldBe(told);

    [Fact]
    public async Task A_number_of_somebody_else_and_languages_without_a_voice_are_told()
    {
        (await CheckAsync("""{"incoming_phone_numbers":[]}""")).ShouldHaveSingleItem().Says.ShouldContain("not one of the Twilio account's numbers");
        var problems = await CheckAsync("""{"incoming_phone_numbers":[]}""", ["so", "es", "ht"]);
        problems[0].Code.ShouldBe("number_unknown");
        problems[1].Says.ShouldContain("speaks so, ht: record the prompts");
    }

    [Theory]
    [InlineData(201, "{\"sid\":\"CA1\",\"status\":\"queued\"}", "taken"), InlineData(401, "{\"code\":20003}", "account_broken"), InlineData(500, "", "in_doubt")]
    public async Task Calling_back_rings_the_officer_first_and_no_number_of_the_person_stands_in_what_is_asked(int status, string body, string expected)
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(status, body));
        using var services = Services();
        var order = new Cea.Feedback.Replies.CallOrder("line", new("tel", TwilioVoiceTable.Caller), new("+254722000001"), "es");
        var outcome = await new TwilioVoiceChannel(services.GetRequiredService<IHttpClientFactory>()).PlaceCallAsync(order, Table.Account(provider.Url), CancellationToken.None);
        outcome.Match((_, _) => "taken", (failure, _, _) => failure.Code).ShouldBe(expected);
        var asked = System.Net.WebUtility.UrlDecode(provider.Calls.Single().ToString());
        asked.ShouldStartWith($"POST /2010-04-01/Accounts/{TwilioVoiceTable.Sid}/Calls.json");
        asked.ShouldContain($"To=+254722000001&From={TwilioVoiceTable.Number}&Url={TwilioVoiceTable.Url}back?l=es&k=");
        asked.ShouldNotContain("711000002");
    }

    [Fact]
    public async Task A_recording_is_deleted_at_the_provider_only_when_the_setting_says_so()
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(204, ""));
        using var services = Services();
        var channel = new TwilioVoiceChannel(services.GetRequiredService<IHttpClientFactory>());
        (await channel.DeleteMediaAsync(TwilioVoiceTable.File + ".mp3", Table.Account(provider.Url), CancellationToken.None)).ShouldBeFalse();
        (await channel.DeleteMediaAsync("https://api.twilio.com/elsewhere", Table.Account(provider.Url, new() { ["DeleteRecordings"] = "yes" }), CancellationToken.None)).ShouldBeFalse();
        provider.Calls.ShouldBeEmpty();

        (await channel.DeleteMediaAsync(TwilioVoiceTable.File + ".mp3", Table.Account(provider.Url, new() { ["DeleteRecordings"] = "yes" }), CancellationToken.None)).ShouldBeTrue();
        provider.Calls.Single().ToString().Trim().ShouldBe(
            $"DELETE /2010-04-01/Accounts/{TwilioVoiceTable.Sid}/Recordings/{TwilioVoiceTable.Recording}.json Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{TwilioVoiceTable.Sid}:{TwilioVoiceTable.Token}"))}");
    }

    [Theory]
    [InlineData(404, true), InlineData(500, false), InlineData(401, false)]
    public async Task One_that_is_not_there_any_more_is_deleted_and_one_that_is_refused_is_tried_again(int status, bool done)
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(status, "{}"));
        using var services = Services();
        var deleting = new TwilioVoiceChannel(services.GetRequiredService<IHttpClientFactory>()).DeleteMediaAsync(TwilioVoiceTable.File, Table.Account(provider.Url, new() { ["DeleteRecordings"] = "yes" }), CancellationToken.None);
        if (done)
            (await deleting).ShouldBeTrue();
        else
            await Should.ThrowAsync<HttpRequestException>(deleting);
    }

    [Fact]
    public async Task A_message_left_on_this_line_whose_word_was_lost_is_found_once_its_word_had_its_time()
    {
        const string Root = $"/2010-04-01/Accounts/{TwilioVoiceTable.Sid}";
        var now = TimeProvider.System.GetUtcNow();
        string Recording(char id, string call, double minutesAgo, string seconds = "20", string status = "completed") =>
            $$"""{"sid":"RE{{new string(id, 32)}}","call_sid":"{{call}}","status":"{{status}}","duration":"{{seconds}}","date_created":"{{now.AddMinutes(-minutesAgo).ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)}} +0000"}""";
        string[] recordings = [Recording('1', "CA1", 40), Recording('2', "CA2", 40), Recording('3', "CA1", 2), Recording('4', "CA1", 300), Recording('5', "CA1", 40, "0"), Recording('6', "CA1", 40, "9", "processing"), Recording('7', "CA1", 75, "3000")];
        await using var provider = await ProviderServer.StartAsync(new Provider(context => context.Response.WriteAsync(context.Request.Path.Value switch
        {
            $"{Root}/Recordings.json" => $$"""{"recordings":[{{string.Join(',', recordings)}}]}""",
            $"{Root}/Calls/CA1.json" => $$"""{"from":"+50255510001","to":"{{TwilioVoiceTable.Number}}"}""",
            _ => """{"from":"+50255510002","to":"+15550000000"}""",
        })));
        using var services = Services();
        var found = await new TwilioVoiceChannel(services.GetRequiredService<IHttpClientFactory>()).ListReceivedAsync(Table.Account(provider.Url), now.AddHours(-1), CancellationToken.None).ToListAsync();
        found.Select(f => f.ExternalId[2]).ShouldBe(['7', '1']);
        found[1].From!.Value.Value.ShouldBe("+50255510001");
        found[1].Call.ShouldBe("CA1");
        found[1].Media.ShouldHaveSingleItem().Reference.ShouldBe($"{provider.Url}{Root}/Recordings/RE{new string('1', 32)}.mp3");
    }

    private static async Task<IReadOnlyList<LineProblem>> CheckAsync(string numbers, string[]? languages = null)
    {
        await using var provider = await ProviderServer.StartAsync(Provider.Answers(200, numbers));
        using var services = Services();
        var account = new ChannelAccount("line", "twilio-voice", Table.Settings(provider.Url)) { PublicUrl = TwilioVoiceTable.Url.TrimEnd('/'), Languages = languages ?? [] };
        return await new TwilioVoiceChannel(services.GetRequiredService<IHttpClientFactory>()).CheckAsync(account, new Uri(TwilioVoiceTable.Url + "receive"), CancellationToken.None);
    }

    private static ServiceProvider Services() => new ServiceCollection().AddChannels().BuildServiceProvider();
}

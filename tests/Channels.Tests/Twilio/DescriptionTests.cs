using System.Net.Http.Headers;
using System.Reflection;
using System.Text;
using Cea.Channels.TwilioSms;
using Cea.Channels.TwilioVoice;
using Cea.Channels.TwilioWhatsApp;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Channels.Tests.Twilio;

/// <summary>Everything that we ask of Twilio, judged by Twilio's own description of its API.</summary>
public sealed class DescriptionTests(DescribedTwilio twilio) : IClassFixture<DescribedTwilio>
{
    private const string Sid = "AC00000000000000000000000000000001", Number = "+15005550006", Phone = "+50251231003", Root = $"/2010-04-01/Accounts/{Sid}", Service = "MG00000000000000000000000000000001";
    private const string Message = "SM00000000000000000000000000000001", File = "ME00000000000000000000000000000001", Call = "CA00000000000000000000000000000001", Recording = "RE00000000000000000000000000000001", Template = "HX00000000000000000000000000000001";
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private static readonly string Earlier = Now.AddMinutes(-30).ToString("ddd, dd MMM yyyy HH:mm:ss +0000", System.Globalization.CultureInfo.InvariantCulture);
    private static readonly OutgoingText Text = new(Guid.CreateVersion7(), new ContactAddress(ContactAddress.Telephone, Phone), new PersonalText("Gracias, ahora abrimos a las 6 ✓ & +"), "es") { StatusUrl = new Uri("https://cfm.example.org/cea/c/twilio-sms/line/status?m=0198c0de-0000-7000-8000-000000000001#rc=3&rp=5xx,ct,rt") };
    private static readonly TemplateDraft Draft = new("cea_line_survey_es", "es", "UTILITY", "Caso {{1}}: ¿resuelto?", ["ABCD-EFGH-JKM"]);

    [Fact]
    public async Task Every_call_that_we_make_is_one_that_Twilio_describes()
    {
        using var services = new ServiceCollection().AddChannels().BuildServiceProvider();
        var http = services.GetRequiredService<IHttpClientFactory>();
        var called = new HashSet<string>();
        var done = new HashSet<string>();
        foreach (var (channel, what, settings, act) in Calls(http))
        {
            var account = new ChannelAccount("line", channel.Kind, new Dictionary<string, string>(settings) { ["AccountSid"] = Sid, ["AuthToken"] = "t", ["ApiBaseUrl"] = twilio.Url, ["DeleteRecordings"] = "yes" }) { PublicUrl = $"https://cfm.example.org/cea/c/{channel.Kind}/line" };
            twilio.Rows = Rows(channel.Kind == "twilio-whatsapp" ? "whatsapp:" : "");
            HttpRequestException? refused = null;
            try
            {
                await act(account);
            }
            catch (HttpRequestException trouble)
            {
                refused = trouble; // why, the judgement says
            }
            var judged = twilio.Take();
            judged.ShouldNotBeEmpty($"{channel.Kind} {what} called nobody");
            judged.Where(j => j.Trouble is not null).ShouldBeEmpty($"{channel.Kind} {what}");
            refused.ShouldBeNull($"{channel.Kind} {what}");
            called.UnionWith(judged.Select(j => j.Operation));
            done.Add($"{channel.GetType().Name}.{what}");
        }
        // Nothing is left out: each thing that one of these kinds can do at its provider has its case, and nothing is described for nothing.
        Abilities().Except(done).ShouldBe(["TwilioVoiceChannel.SendAsync"]); // it never writes
        twilio.Operations.Except(called).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("POST", $"{Root}/Messages.json", "From=%2B15005550006&Body=x")]
    [InlineData("POST", $"{Root}/Messages.json", "To=%2B50251231003&From=%2B15005550006&Bdy=x")]
    [InlineData("POST", $"{Root}/Messages.json", "To=%2B50251231003&MessagingServiceSid=MG1&Body=x")]
    [InlineData("POST", $"{Root}/Messages.json", "To=%2B50251231003&From=%2B15005550006&Body=x&StatusCallback=here")]
    [InlineData("GET", $"{Root}/Messages.json?PageSize=2000", null)]
    [InlineData("GET", $"{Root}/Messages.json?Since=2026-11-29", null)]
    [InlineData("GET", $"{Root}/Recordings.json?CallSid=CA1", null)]
    [InlineData("DELETE", $"{Root}/Messages/SM1.json", null)]
    [InlineData("PUT", $"{Root}/Messages/{Message}.json", null)]
    [InlineData("GET", $"{Root}/Queues.json", null)]
    [InlineData("POST", "/v1/Content", """{"friendly_name":"x","language":"es"}""")]
    public async Task A_call_that_Twilio_does_not_describe_is_told(string method, string path, string? body)
    {
        using var http = Clients.New(new Uri(twilio.Url));
        using var request = new HttpRequestMessage(new HttpMethod(method), twilio.Url + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Sid}:t")));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, body[0] == '{' ? "application/json" : "application/x-www-form-urlencoded");
        using var answer = await http.SendAsync(request);
        twilio.Take().ShouldHaveSingleItem().Trouble.ShouldNotBeNull();
    }

    private static IEnumerable<(IChannel Channel, string What, Dictionary<string, string> Settings, Func<ChannelAccount, Task> Act)> Calls(IHttpClientFactory http)
    {
        Dictionary<string, string> number = new() { ["From"] = Number }, service = new() { ["MessagingServiceSid"] = Service }, both = new() { ["From"] = Number, ["MessagingServiceSid"] = Service };
        var (sms, whatsapp, voice) = (new TwilioSmsChannel(http), new TwilioWhatsAppChannel(http), new TwilioVoiceChannel(http));
        OutgoingText[] texts = [Text, Text with { StatusUrl = null }];
        OutgoingText[] templated = [Text with { Template = new(Template, [new("AB\"CD"), new("mañana")]) }, Text with { Template = new(Template, []) }];
        foreach (var settings in new[] { number, service, both })
        {
            foreach (var text in texts)
                yield return (sms, nameof(sms.SendAsync), settings, async a => (await sms.SendAsync(text, a, default)).Match((_, _) => "taken", (f, code, _) => $"{f.Code} {code}").ShouldBe("taken"));
            foreach (var text in texts.Concat(templated))
                yield return (whatsapp, nameof(whatsapp.SendAsync), settings, async a => (await whatsapp.SendAsync(text, a, default)).Match((_, _) => "taken", (f, code, _) => $"{f.Code} {code}").ShouldBe("taken"));
            foreach (var channel in new IChannel[] { sms, whatsapp })
            {
                yield return (channel, nameof(IListsReceived.ListReceivedAsync), settings, async a => (await ((IListsReceived)channel).ListReceivedAsync(a, Now.AddHours(-1), default).ToListAsync()).ShouldHaveSingleItem().Media.Count.ShouldBe(1));
                yield return (channel, nameof(IFindsSent.FindSentAsync), settings, a => ((IFindsSent)channel).FindSentAsync(Text, Now.AddMinutes(-31), a, default));
                yield return (channel, nameof(IFindsSent.ReadStatusAsync), settings, async a => (await ((IFindsSent)channel).ReadStatusAsync(Message, a, default)).ShouldNotBeNull());
                yield return (channel, nameof(IDeletesTalks.DeleteTalkAsync), settings, a => ((IDeletesTalks)channel).DeleteTalkAsync(Text.To, Now, a, default));
                yield return (channel, nameof(IChecksAccount.CheckAsync), settings, a => ((IChecksAccount)channel).CheckAsync(a, new Uri("https://cfm.example.org/cea/c/x/line/receive"), default));
                yield return (channel, nameof(IFetchesMedia.FetchAsync), settings, async a => (await ((IFetchesMedia)channel).FetchAsync($"{a["ApiBaseUrl"]}{Root}/Messages/{Message}/Media/{File}", a, 1_000_000, default)).Match(_ => "got", code => code, () => "large", code => code).ShouldBe("got"));
            }
        }
        yield return (whatsapp, nameof(whatsapp.ListTemplatesAsync), number, async a => (await whatsapp.ListTemplatesAsync(a, default).ToListAsync()).ShouldNotBeEmpty());
        yield return (whatsapp, nameof(whatsapp.CreateTemplateAsync), number, a => whatsapp.CreateTemplateAsync(Draft, a, default));
        yield return (whatsapp, nameof(whatsapp.CreateTemplateAsync), number, a => whatsapp.CreateTemplateAsync(Draft with { Body = "Gracias", Examples = [] }, a, default));
        yield return (whatsapp, nameof(whatsapp.SubmitTemplateAsync), number, a => whatsapp.SubmitTemplateAsync(Template, Draft, a, default));
        yield return (whatsapp, nameof(whatsapp.ReadTemplateAsync), number, async a => (await whatsapp.ReadTemplateAsync(Template, a, default)).ShouldNotBeNull());
        yield return (voice, nameof(voice.PlaceCallAsync), number, async a => (await voice.PlaceCallAsync(new CallOrder("line", Text.To, new("+254722000001"), "es"), a, default)).Match((_, _) => "taken", (f, code, _) => $"{f.Code} {code}").ShouldBe("taken"));
        yield return (voice, nameof(voice.ListReceivedAsync), number, async a => (await voice.ListReceivedAsync(a, Now.AddHours(-1), default).ToListAsync()).ShouldHaveSingleItem());
        yield return (voice, nameof(voice.DeleteTalkAsync), number, a => voice.DeleteTalkAsync(Text.To, Now, a, default));
        yield return (voice, nameof(voice.DeleteMediaAsync), number, async a => (await voice.DeleteMediaAsync($"{a["ApiBaseUrl"]}{Root}/Recordings/{Recording}.mp3", a, default)).ShouldBeTrue());
        yield return (voice, nameof(voice.CheckAsync), number, a => voice.CheckAsync(a, new Uri("https://cfm.example.org/cea/c/x/line/receive"), default));
        yield return (voice, nameof(voice.FetchAsync), number, async a => (await voice.FetchAsync($"{a["ApiBaseUrl"]}{Root}/Recordings/{Recording}.mp3", a, 1_000_000, default)).Match(_ => "got", code => code, () => "large", code => code).ShouldBe("got"));
    }

    /// <summary>Whatever a kind of Twilio's does with its provider: what it can do asynchronously with an account.</summary>
    private static IEnumerable<string> Abilities() =>
        from kind in typeof(TwilioSmsChannel).Assembly.GetTypes()
        where kind.IsClass && kind.IsAssignableTo(typeof(IChannel)) && kind.Name.StartsWith("Twilio", StringComparison.Ordinal)
        from method in kind.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        where method.Name.EndsWith("Async", StringComparison.Ordinal)
        select $"{kind.Name}.{method.Name}";

    // What leads on: a message of the person with a file, one of ours, a call with a recording, a template that was never submitted.
    private static Dictionary<string, string> Rows(string prefix) => new()
    {
        ["/Media.json"] = $$"""{"media_list":[{"sid":"{{File}}","content_type":"image/jpeg"}]}""",
        ["/Messages.json?PageSize=200&To=" + Uri.EscapeDataString(prefix + Phone)] = $$"""{"messages":[{"sid":"{{Message[..^1]}}2","direction":"outbound-api","from":"{{prefix}}{{Number}}","to":"{{prefix}}{{Phone}}","body":"x","num_media":"0","date_created":"{{Earlier}}"}],"next_page_uri":null}""",
        ["/Messages.json?"] = $$"""{"messages":[{"sid":"{{Message}}","direction":"inbound","from":"{{prefix}}{{Phone}}","to":"{{prefix}}{{Number}}","body":"x","num_media":"1","date_created":"{{Earlier}}","date_sent":"{{Earlier}}"}],"next_page_uri":null}""",
        ["/Calls.json?"] = $$"""{"calls":[{"sid":"{{Call}}","from":"{{Phone}}","to":"{{Number}}","date_created":"{{Earlier}}"}],"next_page_uri":null}""",
        ["/Recordings.json?"] = $$"""{"recordings":[{"sid":"{{Recording}}","call_sid":"{{Call}}","status":"completed","duration":"9","date_created":"{{Earlier}}"}],"next_page_uri":null}""",
        [$"/Calls/{Call}.json"] = $$"""{"sid":"{{Call}}","from":"{{Phone}}","to":"{{Number}}"}""",
        ["/v1/Content?"] = $$$$"""{"contents":[{"sid":"{{{{Template}}}}","friendly_name":"cea_line_survey_es","language":"es","types":{"twilio/text":{"body":"Caso {{1}}"}}}],"meta":{"next_page_url":null}}""",
        ["/ApprovalRequests"] = $$$"""{"sid":"{{{Template}}}","whatsapp":{"status":"unsubmitted"}}""",
    };
}

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Cea.Sandbox.Tests.TwilioVoice;

public sealed class CallTests : SandboxTest
{
    private const string Base = "/c/twilio-voice/helpline", Line = "+15005550007";

    private string? _menu;

    protected override IEnumerable<string> Settings =>
    [
        "Sandbox:Accounts:2:Name=helpline", "Sandbox:Accounts:2:Kind=twilio-voice", $"Sandbox:Accounts:2:AccountSid={Sid}", $"Sandbox:Accounts:2:AuthToken={Token}", $"Sandbox:Accounts:2:Number={Line}",
    ];

    [Fact]
    public async Task A_caller_hears_presses_speaks_and_every_call_of_the_provider_is_signed_as_its_own_library_checks()
    {
        await HelplineAsync();
        var call = await CallAsync(Phone);
        Waits(call).ShouldBe("key");
        call.GetProperty("heard").EnumerateArray().Select(h => h.GetProperty("text").GetString()).ShouldBe(["Marque 1 & espere", "https://files.example.org/ti/voice_menu.mp3"]);
        var form = Webhook.On($"{Base}/receive").Single().Form;
        (form["From"], form["To"], form["CallStatus"], form["Direction"], form["CallSid"]).ShouldBe((Phone, Line, "in-progress", "inbound", call.GetProperty("sid").GetString()));

        Waits(await ActAsync(call, "press", new { digits = "1" })).ShouldBe("speech");
        Webhook.On($"{Base}/menu").Single().Form["Digits"].ShouldBe("1");
        Waits(await ActAsync(call, "speak", new { seconds = 12 })).ShouldBe("ended");
        await EventuallyAsync(() => Webhook.On($"{Base}/recording").Count == 1);
        var recorded = Webhook.On($"{Base}/recorded").Single().Form;
        var told = Webhook.On($"{Base}/recording").Single().Form;
        (recorded["RecordingDuration"], recorded["Digits"], told["RecordingStatus"], told["RecordingSid"]).ShouldBe(("12", "#", "completed", recorded["RecordingSid"]));
        told.Keys.ShouldNotContain("From"); // Twilio does not say who it was
        Webhook.On($"{Base}/status").Single().Form["CallStatus"].ShouldBe("completed");

        var judged = await NodeScript.RunAsync("validate", new { token = Token, calls = Webhook.Calls.Select(c => new { signature = c.Headers["X-Twilio-Signature"], url = c.Url, form = c.Form }) });
        judged.EnumerateArray().Count(c => c.GetProperty("right").GetBoolean()).ShouldBe(Webhook.Calls.Count);
        judged.EnumerateArray().ShouldAllBe(c => !c.GetProperty("changed").GetBoolean());

        var seen = await NodeScript.RunAsync("voice", new { step = "rest", url = Url, sid = Sid, token = Token, recording = recorded["RecordingSid"] });
        seen.ToString().ShouldBe(JsonSerializer.Serialize(new
        {
            status = "completed", from = Phone, direction = "inbound", listed = new[] { recorded["RecordingSid"] }, duration = "12", source = "RecordVerb", callSid = call.GetProperty("sid").GetString(), removed = true, gone = 20404,
        }).Replace("\\u002B", "+", StringComparison.Ordinal));
        (await FileAsync(recorded["RecordingUrl"])).ShouldBe(404);
    }

    [Fact]
    public async Task A_recording_is_served_to_its_account_alone_and_late_when_asked()
    {
        await HelplineAsync();
        var call = await CallAsync(Phone);
        await ActAsync(call, "press", new { digits = "1" });
        await ActAsync(call, "speak", new { seconds = 3, ends = "hangup" });
        var url = Webhook.On($"{Base}/recorded").Single().Form["RecordingUrl"];
        Webhook.On($"{Base}/recorded").Single().Form["Digits"].ShouldBe("hangup");

        await FaultAsync("media-late", new { account = "helpline", times = 1 });
        (await FileAsync(url)).ShouldBe(404);
        (await FileAsync(url)).ShouldBe(200);
        (await FileAsync(url + ".mp3")).ShouldBe(200);
        (await FileAsync(url, "other_token")).ShouldBe(401);
    }

    [Theory]
    [InlineData("status-early", 1), InlineData("status-duplicate", 2), InlineData("status-missing", 0)]
    public async Task The_word_that_a_recording_is_there_comes_before_twice_or_never(string fault, int times)
    {
        await HelplineAsync();
        var call = await CallAsync(Phone);
        await ActAsync(call, "press", new { digits = "1" });
        await FaultAsync(fault, new { account = "helpline", times = 1 });
        await ActAsync(call, "speak", new { seconds = 3 });
        await EventuallyAsync(() => Webhook.On($"{Base}/recording").Count == times);
        var paths = Webhook.Calls.Select(c => c.Path).ToList();
        if (fault == "status-early")
            paths.IndexOf($"{Base}/recording").ShouldBeLessThan(paths.IndexOf($"{Base}/recorded"));
    }

    [Fact]
    public async Task Silence_falls_through_and_hanging_up_ends_it_at_every_point()
    {
        await HelplineAsync();
        var call = await CallAsync("anonymous");
        await ActAsync(call, "silence");
        Webhook.On($"{Base}/menu").Single().Form["Digits"].ShouldBe("");
        await ActAsync(call, "silence"); // nothing is recorded: the next verb is a redirect
        Webhook.On($"{Base}/silence").Count.ShouldBe(1);
        Webhook.On($"{Base}/recorded").ShouldBeEmpty();

        var other = await CallAsync(Phone);
        Waits(await ActAsync(other, "hangup")).ShouldBe("ended");
        Webhook.On($"{Base}/status").Count(c => c.Form["CallSid"] == other.GetProperty("sid").GetString()).ShouldBe(1);
        using var again = await Http.PostAsync(new Uri($"/control/calls/{other.GetProperty("sid").GetString()}/press", UriKind.Relative), new StringContent("{}", Encoding.UTF8, "application/json"));
        ((int)again.StatusCode).ShouldBe(400);
    }

    [Fact]
    public async Task An_operators_telephone_asks_for_a_key_and_the_caller_goes_on_when_nobody_takes_it()
    {
        var answers = await HelplineAsync();
        _menu = answers.GetProperty("dial").GetString();
        foreach (var (what, status, taken) in new[] { ("answer", "completed", 1), ("decline", "no-answer", 0) })
        {
            var call = await CallAsync(Phone);
            Waits(await ActAsync(call, "press", new { digits = "3" })).ShouldBe("operator");
            await ActAsync(call, what);
            var sid = call.GetProperty("sid").GetString();
            var screen = Webhook.On($"{Base}/screen")[^1].Form;
            (screen["ParentCallSid"], screen["From"], screen["To"]).ShouldBe((sid, "+15005550006", "+254722000001"));
            Webhook.On($"{Base}/dialed").Single(c => c.Form["CallSid"] == sid).Form["DialCallStatus"].ShouldBe(status);
            Webhook.On($"{Base}/take").Count(c => c.Form["ParentCallSid"] == sid).ShouldBe(taken);
        }
    }

    [Fact]
    public async Task A_webhook_that_fails_ends_the_call_with_words()
    {
        Webhook.Answer = _ => Task.FromResult(Results.StatusCode(503));
        var call = await CallAsync(Phone);
        (Waits(call), call.GetProperty("status").GetString()).ShouldBe(("ended", "failed"));
        call.GetProperty("heard")[0].GetProperty("text").GetString()!.ShouldContain("application error");
    }

    private async Task<JsonElement> HelplineAsync()
    {
        var answers = await NodeScript.RunAsync("voice", new { step = "answers", @base = $"{Webhook.Url}{Base}" });
        string Of(string name) => answers.GetProperty(name).GetString()!;
        Webhook.Answer = call => Task.FromResult(call.Path[(call.Path.LastIndexOf('/') + 1)..] switch
        {
            "receive" => Results.Text(Of("receive"), "text/xml"),
            "menu" => Results.Text(_menu ?? Of("record"), "text/xml"),
            "screen" => Results.Text(Of("screen"), "text/xml"),
            "status" or "recording" => Results.NoContent(),
            _ => Results.Text(Of("bye"), "text/xml"),
        });
        return answers;
    }

    private Task<JsonElement> CallAsync(string from) => ControlAsync("calls", new { account = "helpline", from });

    private Task<JsonElement> ActAsync(JsonElement call, string what, object? how = null) => ControlAsync($"calls/{call.GetProperty("sid").GetString()}/{what}", how ?? new { });

    private static string Waits(JsonElement call) => call.GetProperty("waiting").GetString()!;

    private async Task<int> FileAsync(string url, string token = Token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Sid}:{token}")));
        using var answer = await Http.SendAsync(request);
        return (int)answer.StatusCode;
    }
}

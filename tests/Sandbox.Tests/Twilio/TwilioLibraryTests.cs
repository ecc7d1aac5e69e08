using System.Text.Json;

namespace Cea.Sandbox.Tests.Twilio;

public sealed class TwilioLibraryTests : SandboxTest
{
    [Fact]
    public async Task Twilios_own_library_sends_reads_lists_changes_and_is_refused_as_with_the_real_one()
    {
        var seen = await NodeScript.RunAsync("twilio", new { url = Url, sid = Sid, token = Token, number = Number, phone = Phone, callback = $"{Webhook.Url}/status?m=1" });

        var created = seen.GetProperty("created");
        created.GetProperty("sid").GetString()!.ShouldMatch("^SM[0-9a-f]{32}$");
        created.GetProperty("status").GetString().ShouldBe("queued");
        created.GetProperty("direction").GetString().ShouldBe("outbound-api");
        created.GetProperty("numSegments").GetString().ShouldBe("1");
        created.GetProperty("errorCode").ValueKind.ShouldBe(JsonValueKind.Null);
        created.GetProperty("dateCreated").GetDateTime().ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-5));
        seen.GetProperty("fetched").GetProperty("status").GetString().ShouldBe("delivered");
        seen.GetProperty("fetched").GetProperty("body").GetString().ShouldBe("Recibimos su mensaje ✓");

        var listed = seen.GetProperty("listed").EnumerateArray().Select(s => s.GetString()).ToList();
        listed.Count.ShouldBe(6);
        listed.Distinct().Count().ShouldBe(6);
        listed[^1].ShouldBe(created.GetProperty("sid").GetString());
        seen.GetProperty("toOne").EnumerateArray().Select(s => s.GetString()).ShouldBe(["+50251231003"]);
        seen.GetProperty("future").GetInt32().ShouldBe(0);
        seen.GetProperty("redacted").GetString().ShouldBe("");
        seen.GetProperty("removed").GetBoolean().ShouldBeTrue();
        seen.GetProperty("gone").GetProperty("code").GetInt32().ShouldBe(20404);
        seen.GetProperty("number").GetProperty("smsUrl").GetString().ShouldBe($"{Webhook.Url}/c/twilio-sms/sms/receive");
        seen.GetProperty("changed").GetString().ShouldBe("http://127.0.0.1:9/other");
        seen.GetProperty("account").GetString().ShouldBe("active");

        var errors = seen.GetProperty("errors").EnumerateObject().ToDictionary(e => e.Name, e => (e.Value.GetProperty("status").GetInt32(), e.Value.GetProperty("code").GetInt32()));
        errors.ShouldBe(new Dictionary<string, (int, int)>
        {
            ["invalid"] = (400, 21211), ["optedOut"] = (400, 21610), ["any"] = (400, 21614), ["empty"] = (400, 21602), ["long"] = (400, 21617), ["sender"] = (400, 21606),
            ["busy"] = (429, 20429), ["broken"] = (500, 20500), ["stranger"] = (401, 20003),
        }, ignoreOrder: true);
        Webhook.On("/status").Select(c => c.Form["MessageStatus"]).ShouldBe(["sent", "delivered"]);
    }

    [Fact]
    public async Task Twilios_own_library_believes_what_the_sandbox_signs()
    {
        await SaysAsync("sms", Phone, " Nou bezwen dlo ✓ & plis ", new { extra = new { NewField = "", Zone = "a=b" } });
        await SaysAsync("sms", Phone, "", new { media = new[] { new { content_type = "image/png", base64 = "iVBORw0KGgo=" } } });
        await SendSmsAsync(Phone, "x", callback: $"{Webhook.Url}/status?m=9f1c&b=%C3%A9#rc=2");
        await EventuallyAsync(() => Webhook.Calls.Count == 4);

        var judged = await NodeScript.RunAsync("validate", new { token = Token, calls = Webhook.Calls.Select(c => new { signature = c.Headers["X-Twilio-Signature"], url = c.Url, form = c.Form }) });
        judged.GetArrayLength().ShouldBe(4);
        foreach (var call in judged.EnumerateArray())
        {
            call.GetProperty("right").GetBoolean().ShouldBeTrue();
            call.GetProperty("changed").GetBoolean().ShouldBeFalse();
            call.GetProperty("other").GetBoolean().ShouldBeFalse();
        }
    }
}

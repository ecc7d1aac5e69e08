using System.Net.Http.Json;

namespace Cea.Sandbox.Tests.Phones;

public sealed class PhonesPageTests : SandboxTest
{
    [Fact]
    public async Task Somebody_plays_phones_in_a_browser()
    {
        var seen = await NodeScript.RunBareAsync("page", new { url = Url, number = Number, sid = Sid, token = Token, bot = Bot });

        seen.GetProperty("kinds").EnumerateArray().Select(k => k.GetString()!.Split(' ')[0]).ShouldBe(["Telegram", "SMS", "Telegram"]);
        seen.GetProperty("tick").GetString().ShouldBe("✓✓ received");
        seen.GetProperty("direction").GetString().ShouldBe("rtl");
        seen.GetProperty("code").GetString().ShouldBe("ABCD-EFGH-JKM");
        seen.GetProperty("markup").GetInt32().ShouldBe(0);
        seen.GetProperty("faults").GetString().ShouldBe("(1 on)");
        seen.GetProperty("stranger").GetString().ShouldBe("+50299990000");
        seen.GetProperty("unlabelled").GetInt32().ShouldBe(0);
        seen.GetProperty("wide").GetBoolean().ShouldBeTrue();
        seen.GetProperty("narrow").GetBoolean().ShouldBeTrue();
        seen.GetProperty("problems").EnumerateArray().Select(p => p.GetString()).ShouldBeEmpty();
        Webhook.Calls.ShouldContain(c => c.Path == "/c/telegram/bot/receive" && c.Body.Contains("callback_query", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/sandbox")]
    [InlineData("/sandbox/phones.js")]
    public async Task The_page_and_its_parts_allow_no_foreign_content(string path)
    {
        using var answer = await Http.GetAsync(path);
        answer.IsSuccessStatusCode.ShouldBeTrue();
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldContain("default-src 'none'");
        policy.ShouldNotContain("unsafe");
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
    }

    [Fact]
    public async Task A_page_of_another_site_cannot_steer_it()
    {
        using var crossing = new HttpRequestMessage(HttpMethod.Post, "/control/reset");
        crossing.Headers.Add("Origin", "https://evil.example");
        ((int)(await Http.SendAsync(crossing)).StatusCode).ShouldBe(403);
        using var renamed = new HttpRequestMessage(HttpMethod.Get, "/control/messages");
        renamed.Headers.Host = "evil.example";
        ((int)(await Http.SendAsync(renamed)).StatusCode).ShouldBe(403);
    }

    [Fact]
    public async Task What_a_person_sent_is_never_served_as_a_page()
    {
        await SaysAsync("sms", Phone, "", new { media = new[] { new { content_type = "text/html", base64 = Convert.ToBase64String("<script>alert(1)</script>"u8) } } });
        var id = (await MessagesAsync()).Single().GetProperty("media")[0].GetProperty("id").GetString();
        using var answer = await Http.GetAsync($"/sandbox/control/media/{id}");
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
        answer.Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
    }
}

using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Cea.Sandbox.Tests.Twilio;

public sealed class TwilioSmsLineTests : SandboxTest
{
    private const string Receive = "/c/twilio-sms/sms/receive";

    private static Task<IResult> Say(int status) => Task.FromResult(Results.StatusCode(status));

    [Fact]
    public async Task A_person_who_writes_reaches_the_webhook_with_twilios_fields()
    {
        var result = await SaysAsync("sms", Phone, "Nou bezwen dlo");

        result.GetProperty("status").GetInt32().ShouldBe(200);
        var form = Webhook.On(Receive).Single().Form;
        form["Body"].ShouldBe("Nou bezwen dlo");
        form["From"].ShouldBe(Phone);
        form["To"].ShouldBe(Number);
        form["AccountSid"].ShouldBe(Sid);
        form["MessageSid"].ShouldBe(result.GetProperty("external_id").GetString());
        form["SmsStatus"].ShouldBe("received");
        form["NumMedia"].ShouldBe("0");
        form.Keys.ShouldContain("FromCountry");
        form.Keys.ShouldNotContain("OptOutType");
    }

    [Fact]
    public async Task By_default_a_503_is_not_tried_again_and_the_message_stays_in_twilios_list()
    {
        Webhook.Answer = _ => Say(503);
        for (var i = 0; i < 5; i++)
            (await SaysAsync("sms", Phone, $"m{i}")).GetProperty("status").GetInt32().ShouldBe(503);
        Webhook.Calls.Count.ShouldBe(5);

        var found = new List<string?>();
        var path = $"/2010-04-01/Accounts/{Sid}/Messages.json?PageSize=2&To={Uri.EscapeDataString(Number)}&DateSent%3E={TimeProvider.System.GetUtcNow():yyyy-MM-dd}";
        for (string? next = path; next is not null;)
        {
            var page = (await TwilioAsync(HttpMethod.Get, next)).Json;
            found.AddRange(page.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("direction").GetString() + " " + m.GetProperty("body").GetString()));
            next = page.GetProperty("next_page_uri").GetString();
        }
        found.ShouldBe(["inbound m4", "inbound m3", "inbound m2", "inbound m1", "inbound m0"]);
    }

    [Theory]
    [InlineData("rc=3&rp=5xx,ct,rt", 4)]
    [InlineData("rc=2&rp=4xx", 1)]
    [InlineData("rp=all", 2)]
    [InlineData("none", 1)]
    public async Task The_addresss_fragment_asks_for_retries_of_the_same_message(string retry, int calls)
    {
        Webhook.Answer = _ => Say(503);
        (await SaysAsync("sms", Phone, "x", new { retry })).GetProperty("attempts").GetInt32().ShouldBe(calls);
        Webhook.Calls.Count.ShouldBe(calls);
        Webhook.Calls.Select(c => (c.Form["MessageSid"], c.Headers["I-Twilio-Idempotency-Token"])).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_fixed_sid_is_the_same_message_again()
    {
        const string sid = "SM00000000000000000000000000000009";
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SaysAsync("sms", Phone, "x", new { message_sid = sid })));
        Webhook.Calls.Select(c => c.Form["MessageSid"]).ShouldBe(Enumerable.Repeat(sid, 20));
        (await TwilioAsync(HttpMethod.Get, "Messages.json")).Json.GetProperty("messages").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task The_fallback_gets_the_same_message_with_what_went_wrong()
    {
        await ControlAsync("accounts", new { name = "sms", kind = "twilio-sms", account_sid = Sid, auth_token = Token, number = Number, webhook_url = $"{Webhook.Url}/first", fallback_url = $"{Webhook.Url}/second" });
        Webhook.Answer = c => Say(c.Path == "/first" ? 500 : 200);

        (await SaysAsync("sms", Phone, "x")).GetProperty("status").GetInt32().ShouldBe(200);
        var copy = Webhook.On("/second").Single();
        copy.Form["MessageSid"].ShouldBe(Webhook.On("/first").Single().Form["MessageSid"]);
        copy.Form["ErrorCode"].ShouldBe("11200");
        copy.Form["ErrorUrl"].ShouldBe($"{Webhook.Url}/first");
    }

    [Fact]
    public async Task Stop_blocks_the_person_who_still_reaches_the_webhook_until_start()
    {
        await SaysAsync("sms", Phone, " stop ");
        Webhook.Calls.Single().Form["Body"].ShouldBe(" stop ");
        (await SendSmsAsync(Phone, "x")).Json.GetProperty("code").GetInt32().ShouldBe(21610);
        (await SendSmsAsync("+50251230002", "x")).Status.ShouldBe(201);

        await SaysAsync("sms", Phone, "START");
        (await SendSmsAsync(Phone, "x")).Status.ShouldBe(201);
        (await MessagesAsync($"?phone={Uri.EscapeDataString(Phone)}&direction=outbound")).Select(m => m.GetProperty("origin").GetString()).ShouldBe(["provider", "provider", "api"]);
    }

    [Fact]
    public async Task Words_around_stop_do_not_block()
    {
        await SaysAsync("sms", Phone, "STOP PLEASE");
        (await SendSmsAsync(Phone, "x")).Status.ShouldBe(201);
    }

    [Fact]
    public async Task A_message_in_the_webhooks_answer_is_sent_to_who_wrote()
    {
        Webhook.Answer = c => Task.FromResult(c.Path == Receive ? Results.Content("""<?xml version="1.0"?><Response><Message action="/told"><Body>Mèsi &amp; orevwa</Body></Message></Response>""", "text/xml") : Results.NoContent());
        await SaysAsync("sms", Phone, "x");
        var reply = (await MessagesAsync("?direction=outbound")).Single();
        reply.GetProperty("text").GetString().ShouldBe("Mèsi & orevwa");
        reply.GetProperty("to").GetString().ShouldBe(Phone);
        await EventuallyAsync(() => Webhook.On("/told").Count == 2);
    }

    [Fact]
    public async Task A_file_is_fetched_with_the_accounts_password_only_and_can_be_deleted()
    {
        var result = await SaysAsync("sms", Phone, "", new { media = new[] { new { content_type = "audio/ogg", base64 = Convert.ToBase64String("sound"u8) } } });
        var form = Webhook.Calls.Single().Form;
        form["NumMedia"].ShouldBe("1");
        form["MediaContentType0"].ShouldBe("audio/ogg");
        var path = new Uri(form["MediaUrl0"]).AbsolutePath;

        (await Http.GetAsync(path)).StatusCode.ShouldBe(System.Net.HttpStatusCode.Unauthorized);
        (await TwilioAsync(HttpMethod.Get, path)).Status.ShouldBe(200);
        var list = (await TwilioAsync(HttpMethod.Get, $"Messages/{result.GetProperty("external_id").GetString()}/Media.json")).Json.GetProperty("media_list");
        list[0].GetProperty("content_type").GetString().ShouldBe("audio/ogg");
        (await TwilioAsync(HttpMethod.Delete, list[0].GetProperty("uri").GetString()!)).Status.ShouldBe(204);
        (await TwilioAsync(HttpMethod.Get, path)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_webhook_that_is_down_is_told_as_no_connection()
    {
        await ControlAsync("accounts", new { name = "sms", kind = "twilio-sms", account_sid = Sid, auth_token = Token, number = Number, webhook_url = "http://127.0.0.1:1/x" });
        var result = await SaysAsync("sms", Phone, "x");
        result.GetProperty("status").ValueKind.ShouldBe(JsonValueKind.Null);
        result.GetProperty("error").GetString().ShouldBe("no connection");
        result.GetProperty("attempts").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task Behind_a_balancer_calls_go_to_each_in_turn_and_are_signed_for_the_public_address()
    {
        await using var second = new Webhook();
        await second.StartAsync();
        await ControlAsync("accounts", new { name = "sms", kind = "twilio-sms", account_sid = Sid, auth_token = Token, number = Number, webhook_url = "https://cea.example.org/in", deliver_to = $"{Webhook.Url},{second.Url}" });
        for (var i = 0; i < 4; i++)
            await SaysAsync("sms", Phone, "x");
        (Webhook.Calls.Count, second.Calls.Count).ShouldBe((2, 2));
        foreach (var call in Webhook.Calls.Concat(second.Calls))
        {
            call.Headers["Host"].ShouldBe("cea.example.org");
            call.Headers["X-Twilio-Signature"].ShouldBe(Cea.Sandbox.Twilio.TwilioSignature.Of("https://cea.example.org/in", call.Form, Token));
        }
    }
}

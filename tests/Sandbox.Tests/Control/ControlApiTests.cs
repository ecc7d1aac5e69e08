using System.Net.Http.Json;
using System.Text.Json;

namespace Cea.Sandbox.Tests.Control;

public sealed class ControlApiTests : SandboxTest
{
    [Fact]
    public async Task An_account_added_later_sends_and_receives_and_shows_no_secret()
    {
        var added = await ControlAsync("accounts", new { name = "sms2", kind = "twilio-sms", account_sid = Sid, auth_token = Token, number = "+15005550016" });
        added.GetRawText().ShouldNotContain(Token);
        added.GetProperty("webhook_url").GetString().ShouldBe($"{Webhook.Url}/c/twilio-sms/sms2/receive");
        (await SaysAsync("sms2", Phone, "x")).GetProperty("status").GetInt32().ShouldBe(200);
        (await SendSmsAsync(Phone, "x", from: "+15005550016")).Status.ShouldBe(201);
        (await MessagesAsync("?account=sms2")).Count.ShouldBe(2);
        (await Http.GetStringAsync("/control/accounts")).ShouldNotContain(Bot);

        await Http.PostAsync("/control/reset?accounts=true", null);
        (await SendSmsAsync(Phone, "x", from: "+15005550016")).Json.GetProperty("code").GetInt32().ShouldBe(21606);
    }

    [Theory]
    [InlineData("""{"name":"a","kind":"pigeon"}""", "Kind must be one of")]
    [InlineData("""{"name":"a","kind":"twilio-sms","account_sid":"AC1"}""", "AuthToken")]
    [InlineData("""{"name":"a","kind":"twilio-sms","account_sid":"AC1","auth_token":"t","number":"+15005550006"}""", "another account has this number")]
    [InlineData("""{"name":"a","kind":"telegram","bot_token":"nonsense"}""", "BotToken")]
    [InlineData("""{"name":"a","kind":"telegram","bot_token":"1234:abc","webhook_url":"ftp://x"}""", "http")]
    public async Task A_wrong_account_is_refused_in_words(string account, string said)
    {
        using var answer = await Http.PostAsync("/control/accounts", new StringContent(account, System.Text.Encoding.UTF8, "application/json"));
        ((int)answer.StatusCode).ShouldBe(400);
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString()!.ShouldContain(said);
    }

    [Fact]
    public async Task Reset_forgets_messages_faults_blocks_and_what_waits()
    {
        await SaysAsync("sms", Phone, "STOP");
        await BotAsync("deleteWebhook");
        await SaysAsync("bot", Chat, "waits");
        await FaultAsync("server-error");
        (await Http.PostAsync("/control/reset", null)).EnsureSuccessStatusCode();

        (await MessagesAsync()).ShouldBeEmpty();
        (await SendSmsAsync(Phone, "x")).Status.ShouldBe(201);
        (await BotAsync("getUpdates")).Json.GetProperty("result").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task An_unknown_fault_or_account_is_refused()
    {
        ((int)(await Http.PutAsJsonAsync("/control/faults/meteor", new { })).StatusCode).ShouldBe(400);
        ((int)(await Http.PostAsJsonAsync("/control/inbound", new { account = "none", from = "1", text = "x" })).StatusCode).ShouldBe(400);
        ((int)(await Http.PostAsJsonAsync("/control/inbound", new { from = "1", text = "x" })).StatusCode).ShouldBe(400);
    }

    [Fact]
    public async Task Changes_arrive_as_events()
    {
        using var stream = await Http.GetStreamAsync("/control/events");
        using var reader = new StreamReader(stream);
        await SaysAsync("sms", Phone, "Maji");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (await reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal) && JsonDocument.Parse(line[6..]).RootElement.GetProperty("deliveries").GetArrayLength() == 1)
                return;
        }
        throw new InvalidOperationException("the stream ended");
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Cea.Sandbox.Tests.Phones;

/// <summary>What WhatsApp and Telegram have beyond text: a button is pressed, a place is shared.</summary>
public sealed class ButtonsAndPlacesTests : SandboxTest
{
    private const string Sender = "+14155238886";

    protected override IEnumerable<string> Settings =>
        ["Sandbox:Accounts:2:Name=wa", "Sandbox:Accounts:2:Kind=twilio-whatsapp", $"Sandbox:Accounts:2:AccountSid={Sid}", $"Sandbox:Accounts:2:AuthToken={Token}", $"Sandbox:Accounts:2:Number={Sender}", "Sandbox:ApprovalDelayMs=0"];

    [Fact]
    public async Task Somebody_plays_them_in_a_browser_on_a_phone()
    {
        var seen = await NodeScript.RunBareAsync("places", new { url = Url });

        Flags(seen, "sms").ShouldBe([false, false]);
        Flags(seen, "bot").ShouldBe([true, false]);
        Flags(seen, "wa").ShouldBe([true, true]);
        seen.GetProperty("labels").EnumerateArray().Select(l => l.GetString()).ShouldBe(["نعم", "لا"]);
        seen.GetProperty("pressed").GetString().ShouldBe("لا");
        seen.GetProperty("place").GetString().ShouldBe("Tapachula: 14.9056, -92.2634");
        seen.GetProperty("refused").GetString().ShouldBe("Type latitude and longitude first, like 8.41, -77.86");
        seen.GetProperty("typed").GetString().ShouldBe("8.41, -77.86");
        seen.GetProperty("bot").GetString().ShouldBe("Agadez: 16.9742, 7.9865");
        seen.GetProperty("unlabelled").GetInt32().ShouldBe(0);
        seen.GetProperty("narrow").GetBoolean().ShouldBeTrue();
        seen.GetProperty("problems").EnumerateArray().Select(p => p.GetString()).ShouldBeEmpty();

        var calls = Webhook.Calls.Where(c => c.Path == "/c/twilio-whatsapp/wa/receive").Select(c => QueryHelpers.ParseQuery(c.Body)).ToList();
        (calls[0]["MessageType"].ToString(), calls[0]["ButtonText"].ToString(), calls[0]["ButtonPayload"].ToString(), calls[0]["Body"].ToString()).ShouldBe(("button", "لا", "no", "لا"));
        calls[0]["OriginalRepliedMessageSid"].ToString().ShouldStartWith("SM");
        (calls[1]["MessageType"].ToString(), calls[1]["Latitude"].ToString(), calls[1]["Longitude"].ToString(), calls[1]["Label"].ToString(), calls[1]["Body"].ToString()).ShouldBe(("location", "14.9056", "-92.2634", "Tapachula", ""));
        calls[2].ContainsKey("Label").ShouldBeFalse();
        var spot = JsonDocument.Parse(Webhook.Calls.Single(c => c.Path == "/c/telegram/bot/receive").Body).RootElement.GetProperty("message");
        (spot.GetProperty("location").GetProperty("latitude").GetDouble(), spot.TryGetProperty("text", out _)).ShouldBe((16.9742, false));
    }

    [Fact]
    public async Task A_template_with_quick_replies_shows_its_buttons_and_the_press_comes_back_by_its_id()
    {
        await SaysAsync("wa", Phone, "hola");
        using var made = await SendAsync(HttpMethod.Post, "/v1/Content", JsonContent.Create(new
        {
            friendly_name = "solved", language = "es",
            types = new Dictionary<string, object> { ["twilio/quick-reply"] = new { body = "¿Quedó resuelto el caso {{1}}?", actions = new[] { new { title = "Sí", id = "cea:SI" }, new { title = "No", id = "cea:NO" } } } },
        }));
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var sid = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("sid").GetString()!;
        using var sent = await SendAsync(HttpMethod.Post, $"/2010-04-01/Accounts/{Sid}/Messages.json",
            new FormUrlEncodedContent(new Dictionary<string, string> { ["To"] = $"whatsapp:{Phone}", ["From"] = $"whatsapp:{Sender}", ["ContentSid"] = sid, ["ContentVariables"] = """{"1":"ABCD"}""" }));
        var message = (await sent.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("sid").GetString()!;

        (await ControlAsync("press", new { account = "wa", from = Phone, external_id = message, data = "cea:NO" })).GetProperty("status").GetInt32().ShouldBe(200);
        QueryHelpers.ParseQuery(Webhook.Calls.Last(c => c.Path == "/c/twilio-whatsapp/wa/receive").Body)["OriginalRepliedMessageSid"].ToString().ShouldBe(message);
        foreach (var (body, says) in new (object, string)[]
        {
            (new { account = "wa", from = Phone, external_id = message, data = "other" }, "no such button"), (new { account = "wa", from = "+50200000000", external_id = message, data = "cea:NO" }, "no such message"),
            (new { account = "sms", from = Phone, external_id = message, data = "cea:NO" }, "no buttons by SMS"),
        })
            (await RefusedAsync("press", body)).ShouldBe(says);
        (await RefusedAsync("inbound", new { account = "sms", from = Phone, place = new { latitude = 1, longitude = 1 } })).ShouldBe("no places by SMS");
        (await RefusedAsync("inbound", new { account = "wa", from = Phone, text = "here", place = new { latitude = 1, longitude = 1 } })).ShouldContain("a message of its own");
        (await RefusedAsync("inbound", new { account = "bot", from = Chat, place = new { latitude = 91, longitude = 1 } })).ShouldContain("latitude and longitude");
        using var empty = await SendAsync(HttpMethod.Post, "/v1/Content", JsonContent.Create(new { language = "es", types = new Dictionary<string, object> { ["twilio/quick-reply"] = new { body = "¿?", actions = Array.Empty<object>() } } }));
        empty.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent content)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Sid}:{Token}")));
        return await Http.SendAsync(request);
    }

    private async Task<string> RefusedAsync(string path, object body)
    {
        using var answer = await Http.PostAsJsonAsync($"/control/{path}", body);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString()!;
    }

    private static IEnumerable<bool> Flags(JsonElement seen, string account) => seen.GetProperty("shown").GetProperty(account).EnumerateArray().Select(f => f.GetBoolean());
}

using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Cea.Sandbox.Tests.Twilio;

public sealed class TwilioWhatsAppLineTests : SandboxTest
{
    private const string Sender = "+15550100002", Receive = "/c/twilio-whatsapp/wa/receive";

    protected override IEnumerable<string> Settings =>
        ["Sandbox:ApprovalDelayMs=50", "Sandbox:Accounts:2:Name=wa", "Sandbox:Accounts:2:Kind=twilio-whatsapp", $"Sandbox:Accounts:2:AccountSid={Sid}", $"Sandbox:Accounts:2:AuthToken={Token}", $"Sandbox:Accounts:2:Number={Sender}"];

    [Fact]
    public async Task A_person_who_writes_reaches_the_webhook_with_whatsapps_fields()
    {
        await SaysAsync("wa", Phone, "Nou bezwen dlo", new { extra = new { ButtonText = "Wi", ButtonPayload = "cea:wi" } });
        var form = Webhook.On(Receive).Single().Form;
        form["From"].ShouldBe("whatsapp:" + Phone);
        form["To"].ShouldBe("whatsapp:" + Sender);
        form["WaId"].ShouldBe(Phone[1..]);
        form["ButtonPayload"].ShouldBe("cea:wi");
        form.Keys.ShouldContain("ProfileName");
        form.Keys.ShouldNotContain("FromCountry");
    }

    [Fact]
    public async Task STOP_is_answered_by_nobody_here()
    {
        await SaysAsync("wa", Phone, "STOP");
        (await MessagesAsync("?account=wa")).Count.ShouldBe(1);
        (await SendAsync(Phone, "Asante")).Status.ShouldBe(201);
    }

    [Fact]
    public async Task Free_text_is_read_within_the_window_and_fails_with_63016_outside_it()
    {
        await SaysAsync("wa", Phone, "Habari");
        await SendAsync(Phone, "Asante");
        await SendAsync("+50251239999", "Asante");
        await EventuallyAsync(async () => await StateAsync(Phone) == "read" && await StateAsync("+50251239999") == "failed 63016");
        await FaultAsync("window-closed", new { to = Phone, times = 1 });
        await SendAsync(Phone, "Tena");
        await EventuallyAsync(async () => await StateAsync(Phone) == "failed 63016");
    }

    [Fact]
    public async Task A_business_scoped_id_is_an_address_like_any_other()
    {
        await SaysAsync("wa", "US.1349ABC", "Habari");
        (await SendAsync("US.1349ABC", "Asante")).Json.GetProperty("to").GetString().ShouldBe("whatsapp:US.1349ABC");
        (await TwilioAsync(HttpMethod.Post, "Messages.json", new { To = "US.1349ABC", From = "whatsapp:" + Sender, Body = "x" })).Json.GetProperty("code").GetInt32().ShouldBe(21211);
        (await TwilioAsync(HttpMethod.Post, "Messages.json", new { To = "whatsapp:" + Phone, From = "whatsapp:+15550109999", Body = "x" })).Json.GetProperty("code").GetInt32().ShouldBe(63007);
    }

    [Fact]
    public async Task A_template_goes_out_once_it_is_approved_with_its_places_filled()
    {
        var made = await ContentAsync(HttpMethod.Post, "", new { friendly_name = "a", language = "sw", variables = new Dictionary<string, string> { ["1"] = "x" }, types = new Dictionary<string, object> { ["twilio/text"] = new { body = "Kesi {{1}} imefungwa." } } });
        var sid = made.GetProperty("sid").GetString()!;
        (await ContentAsync(HttpMethod.Get, $"/{sid}/ApprovalRequests")).GetProperty("whatsapp").GetProperty("status").GetString().ShouldBe("unsubmitted");
        await ContentAsync(HttpMethod.Post, $"/{sid}/ApprovalRequests/whatsapp", new { name = "a", category = "UTILITY" });
        await EventuallyAsync(async () => (await ContentAsync(HttpMethod.Get, $"/{sid}/ApprovalRequests")).GetProperty("whatsapp").GetProperty("status").GetString() == "approved");
        (await ContentAsync(HttpMethod.Get, "?PageSize=1")).GetProperty("contents").GetArrayLength().ShouldBe(1);

        var sent = await TwilioAsync(HttpMethod.Post, "Messages.json", new { To = "whatsapp:" + Phone, From = "whatsapp:" + Sender, ContentSid = sid, ContentVariables = """{"1":"ABCD"}""" });
        sent.Json.GetProperty("body").GetString().ShouldBe("Kesi ABCD imefungwa.");
        await EventuallyAsync(async () => await StateAsync(Phone) == "read");
        (await TwilioAsync(HttpMethod.Post, "Messages.json", new { To = "whatsapp:" + Phone, From = "whatsapp:" + Sender, ContentSid = sid, ContentVariables = "{}" })).Json.GetProperty("code").GetInt32().ShouldBe(21656);
        (await TwilioAsync(HttpMethod.Post, "Messages.json", new { To = "whatsapp:" + Phone, From = "whatsapp:" + Sender, ContentSid = "HX0" })).Json.GetProperty("code").GetInt32().ShouldBe(21655);
    }

    private Task<(int Status, JsonElement Json, HttpResponseHeaders Headers)> SendAsync(string to, string body) =>
        TwilioAsync(HttpMethod.Post, "Messages.json", new { To = "whatsapp:" + to, From = "whatsapp:" + Sender, Body = body });

    private async Task<string> StateAsync(string to)
    {
        var last = (await MessagesAsync($"?account=wa&phone={Uri.EscapeDataString(to)}&direction=outbound"))[^1];
        return $"{last.GetProperty("status").GetString()} {last.GetProperty("error_code").GetString()}".Trim();
    }

    private async Task<JsonElement> ContentAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, "/v1/Content" + path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Sid}:{Token}")));
        using var answer = await Http.SendAsync(request);
        answer.StatusCode.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Created);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}

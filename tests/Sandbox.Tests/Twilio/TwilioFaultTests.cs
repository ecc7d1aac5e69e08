using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Cea.Sandbox.Tests.Twilio;

public sealed class TwilioFaultTests : SandboxTest
{
    private string Callback => $"{Webhook.Url}/status";

    private IReadOnlyList<string> Told => [.. Webhook.On("/status").Select(c => c.Form["MessageStatus"])];

    private async Task<int> SentAsync() => (await MessagesAsync("?direction=outbound")).Count;

    [Fact]
    public async Task Throttle_answers_429_as_often_as_asked_and_takes_nothing()
    {
        await FaultAsync("throttle", new { times = 2, delay_ms = 7000 });
        for (var i = 0; i < 2; i++)
        {
            var (status, json, headers) = await SendSmsAsync(Phone, "x");
            status.ShouldBe(429);
            json.GetProperty("code").GetInt32().ShouldBe(20429);
            headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(7));
        }
        (await SendSmsAsync(Phone, "x")).Status.ShouldBe(201);
        (await SentAsync()).ShouldBe(1);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task A_server_error_may_have_taken_the_message_or_not(bool taken, int sent)
    {
        await FaultAsync("server-error", new { taken, times = 1 });
        (await SendSmsAsync(Phone, "x")).Status.ShouldBe(500);
        (await SentAsync()).ShouldBe(sent);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task Hanging_up_gives_no_answer(bool taken, int sent)
    {
        await FaultAsync("hang-up", new { taken, on = "send", times = 1 });
        await Should.ThrowAsync<HttpRequestException>(() => SendSmsAsync(Phone, "x"));
        (await SentAsync()).ShouldBe(sent);
        (await TwilioAsync(HttpMethod.Get, "Messages.json")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Slow_answers_late()
    {
        await FaultAsync("slow", new { delay_ms = 400 });
        var began = Stopwatch.GetTimestamp();
        (await SendSmsAsync(Phone, "x")).Status.ShouldBe(201);
        Stopwatch.GetElapsedTime(began).TotalMilliseconds.ShouldBeGreaterThan(390);
    }

    [Theory]
    [InlineData(21211)]
    [InlineData(21408)]
    [InlineData(21610)]
    [InlineData(63016)]
    public async Task A_send_error_refuses_with_the_code_asked_for_and_only_for_that_person(int code)
    {
        await FaultAsync("send-error", new { code, to = Phone });
        (await SendSmsAsync("+50251239999", "x")).Status.ShouldBe(201);
        var (status, json, _) = await SendSmsAsync(Phone, "x");
        status.ShouldBe(400);
        json.GetProperty("code").GetInt32().ShouldBe(code);
    }

    [Theory]
    [InlineData("+19993000301", "sent undelivered", "30003")]
    [InlineData("+19993000101", "failed", "30001")]
    [InlineData("+19996301601", "", "63016")]
    public async Task A_number_ending_in_an_error_code_fails_with_it(string to, string told, string code)
    {
        var (status, json, _) = await SendSmsAsync(to, "x", callback: Callback);
        if (told.Length == 0)
        {
            json.GetProperty("code").GetInt32().ShouldBe(int.Parse(code, System.Globalization.CultureInfo.InvariantCulture));
            return;
        }
        status.ShouldBe(201);
        await EventuallyAsync(() => string.Join(' ', Told) == told);
        Webhook.On("/status")[^1].Form["ErrorCode"].ShouldBe(code);
        (await TwilioAsync(HttpMethod.Get, $"Messages/{json.GetProperty("sid").GetString()}.json")).Json.GetProperty("error_code").GetInt32().ToString(System.Globalization.CultureInfo.InvariantCulture).ShouldBe(code);
    }

    [Fact]
    public async Task Delivery_errors_come_with_the_status()
    {
        await FaultAsync("delivery-error", new { code = 30007, times = 1 });
        await SendSmsAsync(Phone, "x", callback: Callback);
        await EventuallyAsync(() => Told.Count == 2);
        Told.ShouldBe(["sent", "undelivered"]);
        Webhook.On("/status")[1].Form["ErrorCode"].ShouldBe("30007");
    }

    [Fact]
    public async Task Missing_reports_leave_the_truth_in_the_resource_only()
    {
        await FaultAsync("status-missing");
        var sid = (await SendSmsAsync(Phone, "x", callback: Callback)).Json.GetProperty("sid").GetString();
        await EventuallyAsync(async () => (await TwilioAsync(HttpMethod.Get, $"Messages/{sid}.json")).Json.GetProperty("status").GetString() == "delivered");
        await Task.Delay(100);
        Told.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("status-duplicate", "sent sent delivered delivered")]
    [InlineData("status-reorder", "delivered sent")]
    public async Task Reports_come_twice_or_in_the_wrong_order(string fault, string told)
    {
        await FaultAsync(fault);
        await SendSmsAsync(Phone, "x", callback: Callback);
        await EventuallyAsync(() => Told.Count == told.Split(' ').Length);
        string.Join(' ', Told).ShouldBe(told);
    }

    [Fact]
    public async Task An_early_report_comes_before_the_create_call_is_answered()
    {
        await FaultAsync("status-early");
        await SendSmsAsync(Phone, "x", callback: Callback);
        Told.ShouldContain("sent");
    }

    [Fact]
    public async Task A_messaging_service_accepts_first()
    {
        const string service = "MG00000000000000000000000000000001";
        await ControlAsync("accounts", new { name = "sms", kind = "twilio-sms", account_sid = Sid, auth_token = Token, number = Number, messaging_service_sid = service });
        var created = (await TwilioAsync(HttpMethod.Post, "Messages.json", new { To = Phone, MessagingServiceSid = service, Body = "x", StatusCallback = Callback })).Json;
        created.GetProperty("status").GetString().ShouldBe("accepted");
        created.GetProperty("num_segments").GetString().ShouldBe("0");
        await EventuallyAsync(() => Told.Count == 3);
        Told.ShouldBe(["queued", "sent", "delivered"]);
    }

    [Fact]
    public async Task Never_retries_beats_the_addresss_wish()
    {
        await FaultAsync("never-retries");
        Webhook.Answer = _ => Task.FromResult(Results.StatusCode(503));
        await SaysAsync("sms", Phone, "x", new { retry = "rc=5&rp=5xx" });
        Webhook.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_incoming_message_may_come_twice_under_one_sid()
    {
        await FaultAsync("inbound-duplicate", new { times = 1 });
        await SaysAsync("sms", Phone, "x");
        await SaysAsync("sms", Phone, "y");
        Webhook.Calls.Count.ShouldBe(3);
        Webhook.Calls.Select(c => c.Form["MessageSid"]).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task A_list_that_misses_never_shows_what_it_left_out()
    {
        for (var i = 0; i < 40; i++)
            await SendSmsAsync(Phone, $"m{i}");
        async Task<List<string?>> List() => [.. (await TwilioAsync(HttpMethod.Get, "Messages.json?PageSize=100")).Json.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("sid").GetString())];

        await FaultAsync("list-misses", new { share = 0.5 });
        var some = await List();
        some.Count.ShouldBeInRange(5, 35);
        (await List()).ShouldBe(some);
        await FaultAsync("list-misses");
        (await List()).ShouldBeEmpty();
        await Http.DeleteAsync("/control/faults/list-misses");
        (await List()).Count.ShouldBe(40);
    }

    [Fact]
    public async Task A_file_may_be_late_and_on_a_host_that_refuses_passwords()
    {
        await SaysAsync("sms", Phone, "", new { media = new[] { new { content_type = "image/png", base64 = "iVBORw0KGgo=" } } });
        var path = new Uri(Webhook.Calls.Single().Form["MediaUrl0"]).AbsolutePath;
        await FaultAsync("media-late", new { times = 1 });
        await FaultAsync("media-redirect", new { times = 1 });

        (await TwilioAsync(HttpMethod.Get, path)).Status.ShouldBe(404);
        var (status, _, headers) = await TwilioAsync(HttpMethod.Get, path);
        status.ShouldBe(307);
        headers.Location!.Host.ShouldBe("localhost");
        (await TwilioAsync(HttpMethod.Get, headers.Location.AbsolutePath)).Status.ShouldBe(400);
        (await Http.GetByteArrayAsync(headers.Location.AbsolutePath)).Length.ShouldBe(8);
    }
}

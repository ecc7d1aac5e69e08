using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text;
using Cea.Feedback.Intake;
using Cea.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cea.Host.Tests.Telemetry;

/// <summary>What is sent by OpenTelemetry's protocol when a receiver is set, and what never is.</summary>
public sealed class OtlpTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<(string Path, string Type, byte[] Body)> _received = new();
    private OperatorsPlace _place = null!;
    private WebApplication _receiver = null!;
    private string _url = "";

    public async Task InitializeAsync()
    {
        _place = await OperatorsPlace.OpenAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(_url = $"http://127.0.0.1:{HostProcess.FreePort()}");
        _receiver = builder.Build();
        _receiver.MapPost("/{**path}", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _received.Enqueue((context.Request.Path, context.Request.ContentType ?? "", body.ToArray()));
        });
        await _receiver.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _receiver.DisposeAsync();
        await _place.DisposeAsync();
    }

    [Fact]
    public async Task Spans_and_metrics_reach_the_receiver_without_a_word_a_number_or_a_code()
    {
        var code = ReceiptCode.New();
        var environment = new Dictionary<string, string>(_place.Environment)
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _url, ["Channels__bot__Kind"] = "telegram", ["Channels__bot__BotToken"] = "100009:secret-bot-token", ["Channels__bot__WebhookSecret"] = "webhook-secret",
        };
        await using (var host = await HostProcess.ServeAsync(environment, _place.Folder, HostProcess.FreePort(), "--roles", "intake,worker"))
        {
            using var http = Clients.New(host.Url);
            http.DefaultRequestHeaders.Add("X-Telegram-Bot-Api-Secret-Token", "webhook-secret");
            http.DefaultRequestHeaders.UserAgent.ParseAdd("SecretPhone/7");
            using var taken = await http.PostAsJsonAsync(new Uri("/c/telegram/bot/receive?trace=marked-query", UriKind.Relative), new { update_id = 1, message = new { message_id = 1, date = 1_764_000_000, text = "marked words of a person", chat = new { id = 5550001234, type = "private" } } });
            taken.IsSuccessStatusCode.ShouldBeTrue();
            using var looked = await http.PostAsync(new Uri("/s", UriKind.Relative), new FormUrlEncodedContent(new Dictionary<string, string> { ["code"] = code }));
            looked.IsSuccessStatusCode.ShouldBeTrue();
            using var nowhere = await http.GetAsync(new Uri("/marked-path/5550001234", UriKind.Relative));
            for (var i = 0; i < 100 && await _place.Database.ScalarAsync<long>("select count(*) from item") == 0; i++)
                await Task.Delay(200);
            (await _place.Database.ScalarAsync<long>("select count(*) from item")).ShouldBe(1);
        } // its end sends what is still held

        _received.Select(r => r.Path).Distinct().Order().ShouldBe(["/v1/metrics", "/v1/traces"]);
        _received.ShouldAllBe(r => r.Type == "application/x-protobuf");
        var all = string.Concat(_received.Select(r => Encoding.UTF8.GetString(r.Body)));
        foreach (var told in new[] { "/c/{kind}/{account}/{action}", "http.server.request.duration", "cea.untriaged" })
            all.ShouldContain(told);
        foreach (var hidden in new[] { "marked", "5550001234", "webhook-secret", "secret-bot-token", "SecretPhone", code, ReceiptCode.Read(code) })
            all.ShouldNotContain(hidden);
        string.Concat(_received.Where(r => r.Path == "/v1/traces").Select(r => Encoding.UTF8.GetString(r.Body))).ShouldNotContain("127.0.0.1"); // who called
    }
}

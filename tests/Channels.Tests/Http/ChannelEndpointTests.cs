using System.Collections.Frozen;
using System.Net;
using System.Net.Http.Json;
using Cea.Channels.Http;
using Cea.Channels.Telegram;
using Cea.Feedback.Intake;
using Cea.Feedback.Storage;
using Cea.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cea.Channels.Tests.Http;

/// <summary>Which lines take what reaches them.</summary>
public sealed class ChannelEndpointTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Secret = "s3cret_of-the-hook";
    private static int _update = 4000;
    private WebApplication _app = null!;
    private HttpClient _telegram = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(TestDatabase.Keys);
        builder.Services.AddSingleton(database.Databases);
        builder.Services.AddSingleton<WakeUp>();
        builder.Services.AddSingleton<Inbox>();
        builder.Services.AddSingleton<IntakeBoard>();
        builder.Services.AddChannels();
        _app = builder.Build();
        _app.MapChannels();
        await _app.StartAsync();
        _telegram = _app.Services.GetRequiredService<IHttpClientFactory>().CreateClient("telegram");
        _telegram.BaseAddress = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public async Task DisposeAsync()
    {
        _telegram.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task What_reaches_a_line_before_it_is_opened_is_stored_when_it_is_really_the_providers()
    {
        Know(new LineProblem("unopened", true, "not open yet"), unopened: true);
        (await SayAsync(Secret)).ShouldBe(HttpStatusCode.OK);
        (await StoredAsync()).ShouldBe(1);
        (await SayAsync("a_guess")).ShouldBe(HttpStatusCode.Forbidden);
        (await StoredAsync()).ShouldBe(1);
    }

    [Theory]
    [InlineData("off"), InlineData("setting_missing")]
    public async Task A_line_that_was_switched_off_or_is_not_complete_is_as_none(string why)
    {
        var before = await StoredAsync();
        Know(new LineProblem(why, true, ""), unopened: false);
        (await SayAsync(Secret)).ShouldBe(HttpStatusCode.Forbidden);
        (await StoredAsync()).ShouldBe(before);
    }

    private void Know(LineProblem? broken, bool unopened) => _app.Services.GetRequiredService<IntakeBoard>().Snapshot = IntakeSnapshot.Empty with
    {
        Accounts = new Dictionary<string, ChannelAccount> { ["bot"] = new("bot", "telegram", new Dictionary<string, string> { ["WebhookSecret"] = Secret, ["BotToken"] = "1:x" }) { Broken = broken, Unopened = unopened } }.ToFrozenDictionary(),
    };

    private async Task<HttpStatusCode> SayAsync(string secret)
    {
        var update = Interlocked.Increment(ref _update);
        using var call = new HttpRequestMessage(HttpMethod.Post, "/c/telegram/bot/receive")
        {
            Content = JsonContent.Create(new { update_id = update, message = new { message_id = update, date = 1773482711, text = "Maji", from = new { id = 5550001112, is_bot = false }, chat = new { id = 5550001112, type = "private" } } }),
        };
        call.Headers.Add(TelegramChannel.SecretHeader, secret);
        return (await _telegram.SendAsync(call)).StatusCode;
    }

    private Task<long> StoredAsync() => database.ScalarAsync<long>("select count(*) from inbox where account_id = 'bot' and kind = 'message'");
}

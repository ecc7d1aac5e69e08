using System.Collections.Frozen;
using System.Net;
using System.Net.Http.Json;
using Cea.Channels.Telegram;
using Cea.Channels.Tests.Twilio;
using Cea.Channels.Twilio;
using Cea.Feedback.Intake;
using Cea.Testing;
using Npgsql;

namespace Cea.Channels.Tests.Http;

/// <summary>Which lines take what reaches them.</summary>
public sealed class ChannelEndpointTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Secret = "s3cret_of-the-hook", Helpline = "https://cfm.example.org/c/twilio-voice/helpline";
    private static int _update = 4000;
    private ChannelSite _site = null!;

    public async Task InitializeAsync() => _site = await ChannelSite.StartAsync(database.Databases);

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task What_reaches_a_line_before_it_is_opened_is_stored_when_it_is_really_the_providers()
    {
        var before = await StoredAsync();
        Know(new LineProblem("unopened", true, "not open yet"), unopened: true);
        (await SayAsync(Secret)).ShouldBe(HttpStatusCode.OK);
        (await StoredAsync()).ShouldBe(before + 1);
        (await SayAsync("a_guess")).ShouldBe(HttpStatusCode.Forbidden);
        (await StoredAsync()).ShouldBe(before + 1);
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

    [Fact]
    public async Task Who_takes_a_call_is_put_through_before_anybody_has_given_up_storing()
    {
        Know(broken: null, unopened: false);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using (var hold = new NpgsqlCommand("begin; lock table seen in access exclusive mode", connection))
            await hold.ExecuteNonQueryAsync();
        var others = new List<Task<HttpStatusCode>>();
        for (var i = 0; i < 8; i++) // every writer is busy, and more wait
        {
            others.Add(SayAsync(Secret));
            await Task.Delay(20);
        }
        using var taken = await CallAsync("take?n=0&l=es&o=7", "AccountSid=AC1&CallSid=CA77&ParentCallSid=CA44&Digits=5&From=%2B254700000001&To=%2B254722000009");
        others.ShouldAllBe(o => !o.IsCompleted, "those wait twice as long before they say that it could not be stored");
        (taken.StatusCode, (await taken.Content.ReadAsStringAsync()).EndsWith("<Response />", StringComparison.Ordinal)).ShouldBe((HttpStatusCode.OK, true));
        using var began = await CallAsync("receive", "AccountSid=AC1&CallSid=CA45&From=%2B254711000002&To=%2B254700000001");
        began.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, "the provider comes again with everything else");
        (await Task.WhenAll(others)).ShouldAllBe(s => s == HttpStatusCode.ServiceUnavailable);
        await using (var free = new NpgsqlCommand("rollback", connection))
            await free.ExecuteNonQueryAsync();
        using var later = await CallAsync("take?n=0&l=es&o=7", "AccountSid=AC1&CallSid=CA78&ParentCallSid=CA46&Digits=5&From=%2B254700000001&To=%2B254722000009");
        later.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await database.ScalarAsync<long>("select count(*) from inbox where account_id = 'helpline' and kind = 'call'")).ShouldBeGreaterThan(0);
    }

    private async Task<HttpResponseMessage> CallAsync(string step, string form)
    {
        using var call = new HttpRequestMessage(HttpMethod.Post, "/c/twilio-voice/helpline/" + step) { Content = new StringContent(form, System.Text.Encoding.UTF8, "application/x-www-form-urlencoded") };
        call.Headers.Add(TwilioSignature.Header, TwilioSigning.Sign(Helpline + "/" + step, form, "token"));
        return await _site.Http.SendAsync(call);
    }

    private void Know(LineProblem? broken, bool unopened) => _site.Board.Snapshot = IntakeSnapshot.Empty with
    {
        Accounts = new Dictionary<string, ChannelAccount>
        {
            ["bot"] = new("bot", "telegram", new Dictionary<string, string> { ["WebhookSecret"] = Secret, ["BotToken"] = "1:x" }) { Broken = broken, Unopened = unopened },
            ["helpline"] = new("helpline", "twilio-voice", new Dictionary<string, string> { ["AccountSid"] = "AC1", ["AuthToken"] = "token", ["From"] = "+254700000001" }) { PublicUrl = Helpline, Languages = ["es"] },
        }.ToFrozenDictionary(),
    };

    private async Task<HttpStatusCode> SayAsync(string secret)
    {
        var update = Interlocked.Increment(ref _update);
        using var call = new HttpRequestMessage(HttpMethod.Post, "/c/telegram/bot/receive")
        {
            Content = JsonContent.Create(new { update_id = update, message = new { message_id = update, date = 1773482711, text = "Maji", from = new { id = 5550001112, is_bot = false }, chat = new { id = 5550001112, type = "private" } } }),
        };
        call.Headers.Add(TelegramChannel.SecretHeader, secret);
        return (await _site.Http.SendAsync(call)).StatusCode;
    }

    private Task<long> StoredAsync() => database.ScalarAsync<long>("select count(*) from inbox where account_id = 'bot' and kind = 'message'");
}

using System.Diagnostics;
using Cea.Feedback.Replies;
using Cea.Testing;
using Cea.Worker.Replies;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cea.Worker.Tests.Replies;

/// <summary>Lines do not wait for each other, and what officers answer does not wait for what is told to thousands.</summary>
public sealed class SendingLineTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static int _run;
    private readonly NotedChannel _channel = new();
    private readonly string _prefix = $"+50{Interlocked.Increment(ref _run):00}"; // nobody twice
    private Pipeline _pipeline = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from outbox");
        _pipeline = new Pipeline(database, null, _channel);
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("insert into channel_account (id, kind) values ('other', 'twilio-sms') on conflict do nothing; update channel_account set sender_node = null, sender_until = null, paused_until = null, broken = null");
    }

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Fact]
    public async Task A_line_whose_provider_hangs_holds_up_no_other()
    {
        await QueueAsync("line", 30);
        var free = new TaskCompletionSource();
        _channel.Holds = (account, _) => account.Id == "line" ? free.Task : Task.CompletedTask;
        await SendingAsync(async () =>
        {
            await UntilInFlightAsync(6);
            for (var n = 0; n < 3; n++)
                await ReplyAsync("other", n);
            _channel.InFlight.ShouldBeGreaterThanOrEqualTo(6, "the provider of the other line still hangs");
            free.SetResult();
        });
    }

    [Fact]
    public async Task An_answer_goes_out_at_once_while_a_telling_fills_its_line()
    {
        await QueueAsync("line", 200);
        var free = new TaskCompletionSource();
        _channel.Holds = (_, message) => IsTelling(message) ? free.Task : Task.CompletedTask;
        await SendingAsync(async () =>
        {
            await UntilInFlightAsync(6);
            for (var n = 0; n < 3; n++)
                await ReplyAsync("line", n);
            _channel.InFlight.ShouldBe(6, "two slots are kept for answers, and the telling still fills the others");
            free.SetResult();
        });
    }

    [Theory]
    [InlineData(null, 8), InlineData("50", 20)]
    public async Task No_more_are_in_flight_than_the_account_has_slots(string? rate, int slots)
    {
        await QueueAsync("line", 100, Outgoing.ReplyLane);
        var free = new TaskCompletionSource();
        _channel.Holds = (_, _) => free.Task;
        await SendingAsync(async () =>
        {
            await UntilInFlightAsync(slots);
            await Task.Delay(500); // time enough for one more
            free.SetResult();
            await NotedChannel.UntilAsync(() => Task.FromResult(_channel.Taken.Count >= 3 * slots), "some to be taken");
        }, rate);
        _channel.MostInFlight.ShouldBe(slots);
    }

    [Fact]
    public async Task A_line_whose_every_slot_hangs_waits_without_looking_again_and_again()
    {
        var channel = new NotedChannel { Traits = new() { AddressSpace = "tel", MaxLength = 1600, RatePerAccount = 1000, RatePerAddress = 10 } };
        await using var pipeline = new Pipeline(database, null, channel);
        await QueueAsync("line", 30, Outgoing.ReplyLane);
        var (free, clock) = (new TaskCompletionSource(), new CountingClock());
        channel.Holds = (_, _) => free.Task;
        using var sender = new SendOutbox(pipeline.Outbox, NotedChannel.Board(), pipeline.Kinds, pipeline.WakeUp, NullLogger<SendOutbox>.Instance, clock);
        await sender.StartAsync(CancellationToken.None);
        await NotedChannel.UntilAsync(() => Task.FromResult(channel.InFlight == 8), "all slots");
        await Task.Delay(500); // by now those who are being written to have rested
        var before = clock.Timers;
        await Task.Delay(1000);
        (clock.Timers - before).ShouldBeLessThan(50, "one a millisecond would be a busy processor");
        free.SetResult();
        await sender.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Who_asks_to_wait_stops_its_own_line_and_after_the_pause_answers_go_first()
    {
        await QueueAsync("line", 100);
        await QueueAsync("other", 20);
        var (refused, asker) = (0, $"{_prefix}7");
        _channel.Declines = (account, _) => account.Id == "line" && Interlocked.Increment(ref refused) == 1 ? SendOutcome.Failed(SendFailure.Throttled, "20429", TimeSpan.FromSeconds(5)) : null;
        _channel.Takes = (account, _) => TimeSpan.FromMilliseconds(account.Id == "line" ? 200 : 20);
        await SendingAsync(async () =>
        {
            await NotedChannel.UntilAsync(() => database.ScalarAsync<bool>("select coalesce(paused_until > now(), false) from channel_account where id = 'line'"), "the pause");
            await QueuedTellings.QueueAsync(database.ConnectionString, TestDatabase.Keys, "line", 1, asker, Outgoing.ReplyLane);
            _pipeline.WakeUp.Ring(Feedback.Storage.WakeUp.Outbox);
            await NotedChannel.UntilAsync(() => Task.FromResult(_channel.Taken.Count(t => t.Account == "other") == 20), "the other line");
            await NotedChannel.UntilAsync(() => Task.FromResult(_channel.Taken.Count(t => t.Account == "line") == 101), "the rest");
        });
        var line = _channel.Taken.Where(t => t.Account == "line").ToList();
        var answered = line.FindIndex(t => t.To.StartsWith(asker, StringComparison.Ordinal));
        answered.ShouldBeLessThan(line.Count / 4, "it was queued behind nearly a hundred");
        var pausedUntil = await database.ScalarAsync<DateTime>("select paused_until from channel_account where id = 'line'");
        line.Count(t => t.At > pausedUntil.AddSeconds(-3) && t.At < pausedUntil).ShouldBe(0, "nothing goes out in the pause");
        _channel.Taken.Where(t => t.Account == "other").Max(t => t.At).UtcDateTime.ShouldBeLessThan(pausedUntil, "the other line does not wait");
        (await database.ScalarAsync<bool>("select bool_and(state = 'sent' and attempt = 1) from outbox")).ShouldBeTrue("a pause is no attempt");
    }

    [Fact]
    public async Task An_account_sends_no_faster_than_it_says()
    {
        await QueueAsync("line", 200);
        _channel.Takes = (_, _) => TimeSpan.FromMilliseconds(5);
        var since = Stopwatch.StartNew();
        await SendingAsync(() => NotedChannel.UntilAsync(() => Task.FromResult(_channel.Taken.Count >= 60), "some to be taken"), "20");
        since.Elapsed.TotalSeconds.ShouldBeGreaterThan(2.5); // ten at once, then eighteen a second
    }

    [Fact]
    public async Task What_is_owed_to_one_person_follows_as_soon_as_he_has_rested()
    {
        var channel = new NotedChannel { Traits = new() { AddressSpace = "tel", MaxLength = 1600, RatePerAccount = 1000, RatePerAddress = 1 } };
        await using var pipeline = new Pipeline(database, null, channel);
        await QueueAsync("line", 1, Outgoing.ReplyLane);
        await database.ExecuteAsync("insert into outbox (id, audience_id, person_id, account_id, lane, purpose, body, state, due_at, created_at) select gen_random_uuid(), 1, person_id, account_id, 0, 'reply', body, 'due', now(), now() from outbox");
        using var sender = new SendOutbox(pipeline.Outbox, NotedChannel.Board(), pipeline.Kinds, pipeline.WakeUp, NullLogger<SendOutbox>.Instance, TimeProvider.System);
        await sender.StartAsync(CancellationToken.None);
        await NotedChannel.UntilAsync(() => Task.FromResult(channel.Taken.Count == 2), "both");
        await sender.StopAsync(CancellationToken.None);
        var (first, second) = (channel.Taken.First().At, channel.Taken.Last().At);
        (second - first).ShouldBeInRange(TimeSpan.FromSeconds(0.95), TimeSpan.FromSeconds(1.8));
    }

    [Fact]
    public async Task The_next_to_send_is_found_at_once_however_many_are_due()
    {
        await QueueAsync("line", 20_000);
        (await _pipeline.Outbox.TakeAccountAsync("line", "here", CancellationToken.None)).ShouldBeTrue();
        var before = await ReadAsync();
        for (var n = 0; n < 50; n++)
            (await _pipeline.Outbox.ClaimAsync("line", "here", [], _channel.Traits, CancellationToken.None)).ShouldNotBeNull();
        var after = await ReadAsync();
        for (var tries = 0; tries < 60 && after.Entries - before.Entries < 50; tries++) // the server writes down what ended connections did when it finds time
            after = await ReadAsync();
        (after.Scans - before.Scans).ShouldBe(0, "the whole table is never read");
        (after.Entries - before.Entries).ShouldBeInRange(50, 50 * 60); // its own, and those claimed before that nobody has cleared away
    }

    private static bool IsTelling(OutgoingText message) => message.Text.Value == QueuedTellings.Text;

    private Task QueueAsync(string account, int count, short lane = Outgoing.TellingLane) => QueuedTellings.QueueAsync(database.ConnectionString, TestDatabase.Keys, account, count, $"{_prefix}{account.Length}", lane);

    private Task UntilInFlightAsync(int count) => NotedChannel.UntilAsync(() => Task.FromResult(_channel.MostInFlight >= count), $"{count} in flight");

    // As an officer's answer is queued, and the bell rung; until the provider has it.
    private async Task ReplyAsync(string account, int n)
    {
        var text = $"respuesta {account} {n}";
        await QueueOneAsync(account, n, text);
        _pipeline.WakeUp.Ring(Feedback.Storage.WakeUp.Outbox);
        await NotedChannel.UntilAsync(() => Task.FromResult(_channel.Taken.Any(t => t.Text == text)), text);
    }

    private async Task QueueOneAsync(string account, int n, string text)
    {
        await _pipeline.SayAsync($"{_prefix}9{account.Length}{n:000000}", "[suggestion|opening_hours|normal|0|es] abran mas temprano", account);
        await database.ExecuteAsync("""
            insert into outbox (id, audience_id, person_id, account_id, lane, purpose, body, state, due_at, created_at)
            select gen_random_uuid(), 1, person_id, $1, 0, 'reply', $2, 'due', now(), now() from address where hash = $3
            """, account, TestDatabase.Keys.Seal(text, "outbox"), TestDatabase.Keys.Hash("tel", $"{_prefix}9{account.Length}{n:000000}"));
    }

    private async Task SendingAsync(Func<Task> meanwhile, string? rate = null)
    {
        using var sender = new SendOutbox(_pipeline.Outbox, NotedChannel.Board(rate), _pipeline.Kinds, _pipeline.WakeUp, NullLogger<SendOutbox>.Instance, TimeProvider.System);
        await sender.StartAsync(CancellationToken.None);
        await meanwhile();
        await sender.StopAsync(CancellationToken.None);
        _channel.Taken.Select(t => (t.Account, t.To, t.Text)).ShouldBeUnique();
        (await database.ScalarAsync<int>("select count(*) from outbox where state in ('sending', 'in_doubt')")).ShouldBe(0, "a stop waits for what is in flight");
    }

    // What the server counted of the outbox; it is told when connections end.
    private async Task<(long Scans, long Entries)> ReadAsync()
    {
        database.Databases.Forget();
        await Task.Delay(500);
        return (await database.ScalarAsync<long>("select seq_scan from pg_stat_user_tables where relname = 'outbox'"), await database.ScalarAsync<long>("select idx_tup_read from pg_stat_user_indexes where indexrelname = 'outbox_due'"));
    }

    private sealed class CountingClock : TimeProvider
    {
        private int _timers;

        public int Timers => Volatile.Read(ref _timers);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _timers);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}

using Cea.Testing;
using Cea.Worker.Replies;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cea.Worker.Tests.Replies;

public sealed class SendOutboxTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly NotedChannel _channel = new();
    private Pipeline _pipeline = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from outbox");
        _pipeline = new Pipeline(database, null, _channel);
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("update channel_account set sender_node = null, sender_until = null, paused_until = null");
    }

    [Fact]
    public async Task Two_senders_at_once_send_each_acknowledgement_once()
    {
        for (var n = 0; n < 30; n++)
            await _pipeline.SayAsync($"+50931{Random.Shared.Next(100_000, 999_999)}{n:00}", "dlo pa vini");
        using var one = Sender();
        using var other = Sender();
        await one.StartAsync(CancellationToken.None);
        await other.StartAsync(CancellationToken.None);

        await NotedChannel.UntilAsync(async () => await CountAsync("sent") == 30, "30 acknowledgements");

        await one.StopAsync(CancellationToken.None);
        await other.StopAsync(CancellationToken.None);
        _channel.Sent.Count.ShouldBe(30);
        _channel.Sent.ShouldBeUnique();
        (await database.ScalarAsync<bool>("select sender_node is null from channel_account where id = 'line'")).ShouldBeTrue("the right to send is given back at a stop");
    }

    [Fact]
    public async Task What_broke_off_in_the_middle_is_in_doubt_and_never_sent_again_while_others_go_out()
    {
        await _pipeline.SayAsync("+509320000001", "dlo pa vini");
        _channel.Breaks = new InvalidOperationException("as a kill in the middle");
        using var sender = Sender();
        await sender.StartAsync(CancellationToken.None);
        await NotedChannel.UntilAsync(() => Task.FromResult(_channel.Sent.Count == 1), "the first sending");
        await database.ExecuteAsync("update outbox set lease_until = now() - interval '1 second' where state = 'sending'");
        await _pipeline.SayAsync("+509320000002", "dlo pa vini");

        await NotedChannel.UntilAsync(async () => await CountAsync("sent") == 1 && await CountAsync("in_doubt") == 1, "one sent, one in doubt");

        await sender.StopAsync(CancellationToken.None);
        _channel.Sent.Count.ShouldBe(2);
        _channel.Sent.ShouldBeUnique();
    }

    [Fact]
    public async Task A_line_that_is_told_to_wait_waits_as_long_loses_nothing_and_holds_up_no_other()
    {
        await database.ExecuteAsync("insert into channel_account (id, kind) values ('other', 'noted') on conflict do nothing");
        await _pipeline.SayAsync("+509330000001", "dlo pa vini");
        _channel.Refuses = Feedback.Replies.SendOutcome.Failed(Feedback.Replies.SendFailure.Throttled, "429", TimeSpan.FromSeconds(6));
        using var sender = Sender();
        await sender.StartAsync(CancellationToken.None);
        await NotedChannel.UntilAsync(() => Task.FromResult(_channel.Sent.Count == 1), "the first sending");
        var since = TimeProvider.System.GetTimestamp();
        await _pipeline.SayAsync("+509330000002", "dlo pa vini");
        await _pipeline.SayAsync("+509330000003", "dlo pa vini", account: "other");

        await NotedChannel.UntilAsync(async () => await CountAsync("sent") == 1, "the other line's");
        (await database.ScalarAsync<bool>("select paused_until > now() from channel_account where id = 'line'")).ShouldBeTrue("the other line did not wait for the end of the pause");
        (await database.ScalarAsync<string>("select account_id from outbox where state = 'sent'")).ShouldBe("other");
        await NotedChannel.UntilAsync(async () => await CountAsync("sent") == 3, "all, after the pause");
        TimeProvider.System.GetElapsedTime(since).TotalSeconds.ShouldBeGreaterThan(5);

        await sender.StopAsync(CancellationToken.None);
        _channel.Sent.Count.ShouldBe(4);
        _channel.Sent.Distinct().Count().ShouldBe(3);
    }

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    private SendOutbox Sender() => new(_pipeline.Outbox, NotedChannel.Board(), _pipeline.Kinds, _pipeline.WakeUp, NullLogger<SendOutbox>.Instance, TimeProvider.System);

    private Task<int> CountAsync(string state) => database.ScalarAsync<int>($"select count(*)::int from outbox where state = '{state}'");
}

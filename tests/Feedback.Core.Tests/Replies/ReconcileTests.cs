using System.Collections.Frozen;
using Cea.Feedback.Intake;
using Cea.Feedback.Replies;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Replies;

/// <summary>What only the provider's list knows of a sending: settled from it, and never sent again because of it.</summary>
public sealed class ReconcileTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static int _number = 880000;
    private readonly ListedLine _line = new();
    private readonly IntakeBoard _board = new();
    private Pipeline _pipeline = null!;
    private OutboxClaim _claim = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from outbox");
        _pipeline = new Pipeline(database, null, _line);
        await _pipeline.SetUpAsync();
        await _pipeline.SayAsync($"+5028{Interlocked.Increment(ref _number)}", "[suggestion|opening_hours|normal|0|es] abran mas temprano");
        (await _pipeline.Outbox.TakeAccountAsync("line", "here", CancellationToken.None)).ShouldBeTrue();
        _claim = (await _pipeline.Outbox.ClaimAsync("line", "here", [], _line.Traits, CancellationToken.None))!;
        _board.Snapshot = IntakeSnapshot.Empty with { Accounts = new Dictionary<string, ChannelAccount> { ["line"] = new("line", _line.Kind, new Dictionary<string, string>()) }.ToFrozenDictionary() };
    }

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Fact]
    public async Task A_sending_in_doubt_that_the_provider_has_is_sent()
    {
        await DoubtAsync();
        _line.Finds = new SentLookup(true, "SM900", "delivered");
        (await RunAsync()).ShouldBe(1);
        (await StateAsync()).ShouldBe("sent ");
        _line.Asked.ShouldHaveSingleItem().ShouldBe(_claim.Id);
    }

    [Fact]
    public async Task One_that_is_in_no_list_stays_in_doubt_for_an_officer_and_is_asked_for_once()
    {
        await DoubtAsync();
        _line.Finds = new SentLookup(false, null, null);
        (await RunAsync()).ShouldBe(0);
        (await RunAsync()).ShouldBe(0);
        (await StateAsync()).ShouldBe("in_doubt not_in_list");
        _line.Asked.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task What_the_provider_cannot_tell_is_asked_again_and_what_is_young_not_yet()
    {
        await DoubtAsync();
        await RunAsync();
        await RunAsync();
        ((await StateAsync()).Split(' ')[0], _line.Asked.Count).ShouldBe(("in_doubt", 2));
        await database.ExecuteAsync("update outbox set attempted_at = now() where id = $1", _claim.Id);
        await RunAsync();
        _line.Asked.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_message_whose_last_word_is_hours_old_is_read_again_and_a_provider_that_is_away_stops_nothing()
    {
        await _pipeline.Outbox.SentAsync(_claim, "line", "SM901", "sent", CancellationToken.None);
        await database.ExecuteAsync("update outbox set sent_at = now() - interval '3 hours', attempted_at = now() - interval '3 hours' where id = $1", _claim.Id);
        _line.Away = true;
        await RunAsync();
        (await StateAsync()).ShouldBe("sent ");

        _line.Away = false;
        await database.ExecuteAsync("update outbox set attempted_at = now() - interval '3 hours' where id = $1", _claim.Id);
        await RunAsync();
        (await StateAsync()).ShouldBe("delivered ");
        _line.Read.ShouldBe("SM901");
    }

    private Task DoubtAsync() => database.ExecuteAsync("update outbox set state = 'in_doubt', error_code = 'in_doubt', lease_until = null, attempted_at = now() - interval '5 minutes' where id = $1", _claim.Id);

    private Task<int> RunAsync() => new Reconcile(database.Databases, TestDatabase.Keys, _board, _pipeline.Kinds, _pipeline.Deliveries, TimeProvider.System).RunAsync(CancellationToken.None);

    private Task<string> StateAsync() => database.ScalarAsync<string>("select state || ' ' || coalesce(error_code, '') from outbox where id = $1", _claim.Id);

    private sealed class ListedLine : IChannel, IFindsSent
    {
        private readonly PaperChannel _paper = new("twilio-sms");

        public SentLookup? Finds { get; set; }
        public bool Away { get; set; }
        public List<Guid> Asked { get; } = [];
        public string? Read { get; private set; }

        public string Kind => _paper.Kind;
        public ChannelTraits Traits => _paper.Traits;
        public IReadOnlyList<AccountSetting> Settings => _paper.Settings;

        public WebhookOutcome Receive(WebhookCall call, ChannelAccount account) => _paper.Receive(call, account);

        public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => _paper.Answer(call, account, receipts, snapshot);

        public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct) => _paper.SendAsync(message, account, ct);

        public Task<SentLookup?> FindSentAsync(OutgoingText message, DateTimeOffset attemptedAt, ChannelAccount account, CancellationToken ct)
        {
            Asked.Add(message.Id);
            return Task.FromResult(Finds);
        }

        public Task<DeliveryReported?> ReadStatusAsync(string externalId, ChannelAccount account, CancellationToken ct)
        {
            if (Away)
                throw new HttpRequestException("away");
            Read = externalId;
            return Task.FromResult<DeliveryReported?>(new DeliveryReported { ExternalId = $"read {externalId}", ProviderId = externalId, Status = "delivered", State = DeliveryState.Delivered });
        }
    }
}

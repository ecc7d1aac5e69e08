using System.Collections.Frozen;
using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.People;

/// <summary>Erasure reaches what providers hold (S15), and nothing that nobody has read yet.</summary>
public sealed class ProviderCopiesTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static int _number = 340000;
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private readonly KeepingChannel _channel = new();
    private readonly Office _office = new(database);
    private readonly string _from = $"+5026{Interlocked.Increment(ref _number)}";
    private Pipeline _pipeline = null!;
    private ProviderCopies _copies = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database, _clock, _channel);
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("delete from provider_copy; delete from erasure; delete from outbox; insert into channel_account (id, kind) values ('keeps', 'keeping') on conflict (id) do update set caught_up_to = null");
        var board = new IntakeBoard { Snapshot = IntakeSnapshot.Empty with { Accounts = FrozenDictionary.ToFrozenDictionary([KeyValuePair.Create("keeps", new ChannelAccount("keeps", "keeping", new Dictionary<string, string>()))]) } };
        _copies = new ProviderCopies(database.Databases, TestDatabase.Keys, board, _pipeline.Kinds, _clock);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task A_talk_is_deleted_at_the_provider_once_the_last_word_is_out_and_everything_was_fetched()
    {
        await ErasedAsync();
        (await RunAsync()).ShouldBe(0, "the confirmation has an hour to go out");

        _clock.Advance(ProviderCopies.First);
        await database.ExecuteAsync("update outbox set state = 'due'");
        (await RunAsync()).ShouldBe(0, "something is still on its way to the person");
        await database.ExecuteAsync("update outbox set state = 'sent'");
        (await RunAsync()).ShouldBe(0, "what the provider could not bring has not been fetched");
        await CaughtUpAsync(ProviderCopies.First - TimeSpan.FromMinutes(5));
        _clock.Advance(TimeSpan.FromHours(1));
        (await RunAsync()).ShouldBe(0, "what came just before the wish may be missing in a list of five minutes after it");
        _channel.Talks.ShouldBeEmpty();

        await CaughtUpAsync();
        _clock.Advance(TimeSpan.FromHours(1));
        (await RunAsync()).ShouldBe(1);
        var (talk, until) = _channel.Talks.ShouldHaveSingleItem();
        talk.ShouldBe(_from);
        until.ShouldBe(_clock.GetUtcNow() - ProviderCopies.First - TimeSpan.FromHours(2), TimeSpan.FromSeconds(1));
        (await database.ScalarAsync<long>("select count(*) from provider_copy")).ShouldBe(0, "its address is gone from here too");
    }

    [Fact]
    public async Task What_the_person_said_after_he_confirmed_stays_with_the_provider()
    {
        var confirmed = await ErasedAsync(() => _pipeline.SayAsync(_from, "[complaint|water|normal|0|es] han cortado el agua", "keeps"));
        await database.ExecuteAsync("update outbox set state = 'sent'");
        _clock.Advance(ProviderCopies.First);
        await CaughtUpAsync();
        (await RunAsync()).ShouldBe(1);
        _channel.Talks.ShouldHaveSingleItem().Until.ShouldBe(confirmed, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task A_file_of_a_report_that_is_kept_is_fetched_before_the_provider_deletes_it()
    {
        await ErasedAsync();
        await database.ExecuteAsync("update outbox set state = 'sent'");
        _clock.Advance(ProviderCopies.First);
        await CaughtUpAsync();
        var kept = (await _pipeline.SayAsync(_from, "[complaint|sea_staff_abuse|high|2|es] uno de ustedes pide favores", "keeps")).MessageId;
        await database.ExecuteAsync("update item set person_id = (select person_id from provider_copy limit 1) where id = $1", kept);
        await database.ExecuteAsync("insert into media (id, message_id, item_id, audience_id, account_id, position, reference, state, due_at, created_at) select gen_random_uuid(), id, id, audience_id, 'keeps', 0, 'x', 'pending', now(), now() from item where id = $1", kept);
        await database.ExecuteAsync("update outbox set state = 'sent'");
        (await RunAsync()).ShouldBe(0);
        await database.ExecuteAsync("update media set state = 'failed', reference = null");
        (await RunAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task Our_own_young_messages_are_deleted_by_their_ids_at_once()
    {
        await _pipeline.SayAsync(_from, "[question|water|normal|0|es] donde hay agua", "keeps");
        await database.ExecuteAsync("update outbox set state = 'sent', sent_at = $1, provider_sealed = $2", _clock.GetUtcNow().UtcDateTime, TestDatabase.Keys.Seal("chat:7", "provider id"));
        await ErasedAsync();
        (await RunAsync()).ShouldBe(1);
        _channel.Sent.ShouldBe(["chat:7"]);
    }

    [Fact]
    public async Task A_provider_that_is_away_is_asked_again_and_one_that_never_deletes_is_told_without_the_address()
    {
        await ErasedAsync();
        await database.ExecuteAsync("update outbox set state = 'sent'");
        await CaughtUpAsync();
        _channel.Away = true;
        var tries = 0;
        for (var hours = 0; hours < 24 * 15; hours++)
        {
            _clock.Advance(TimeSpan.FromHours(1));
            await RunAsync();
            tries = Math.Max(tries, await database.ScalarAsync<int>("select attempt from provider_copy"));
        }
        tries.ShouldBeInRange(20, 60);
        (await database.ScalarAsync<bool>("select address is null and gave_up_at is not null from provider_copy")).ShouldBeTrue();

        var run = Guid.CreateVersion7().ToString("N")[20..];
        (await _office.AskAsync(await _office.HireAsync($"dpo-{run}", [Roles.DataProtection]), new CopiesAtProviders())).ShouldBe([new CopiesAtProvider("keeps", 0, 1)]);
        (await _office.AskAsync(await _office.HireAsync($"officer-{run}", [Roles.Officer]), new CopiesAtProviders())).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_never_goes_out_to_the_person_keeps_his_address_no_longer_than_a_provider_that_never_answers()
    {
        await ErasedAsync();
        await database.ExecuteAsync("update outbox set state = 'due'"); // its line is switched off
        _clock.Advance(ProviderCopies.GivesUpAfter - TimeSpan.FromMinutes(1));
        await RunAsync();
        (await database.ScalarAsync<bool>("select address is not null from provider_copy")).ShouldBeTrue();
        _clock.Advance(TimeSpan.FromMinutes(1));
        await RunAsync();
        (await database.ScalarAsync<bool>("select address is null and gave_up_at is not null from provider_copy")).ShouldBeTrue();
    }

    [Fact]
    public async Task One_that_cannot_be_opened_any_more_stops_no_other()
    {
        await ErasedAsync();
        await database.ExecuteAsync("update outbox set state = 'sent'");
        await database.ExecuteAsync("insert into provider_copy (account_id, person_id, space, address, due_at, asked_at) select 'keeps', gen_random_uuid(), 'tel', 'spoilt', $1, asked_at from provider_copy", _clock.GetUtcNow().UtcDateTime);
        _clock.Advance(ProviderCopies.First);
        await CaughtUpAsync();
        (await RunAsync()).ShouldBe(1);
        _channel.Talks.ShouldHaveSingleItem().Person.ShouldBe(_from);
        (await database.ScalarAsync<string>("select encode(address, 'escape') from provider_copy")).ShouldBe("spoilt");
    }

    private Task<int> RunAsync() => _copies.RunAsync(CancellationToken.None);

    private Task CaughtUpAsync(TimeSpan before = default) => database.ExecuteAsync("update channel_account set caught_up_to = $1 where id = 'keeps'", (_clock.GetUtcNow() - before).UtcDateTime);

    private async Task<DateTimeOffset> ErasedAsync(Func<Task>? since = null)
    {
        await _pipeline.SayAsync(_from, "[suggestion|opening_hours|normal|0|es] abran mas temprano", "keeps");
        await _pipeline.SayAsync(_from, "borrar mis datos", "keeps");
        await _pipeline.SayAsync(_from, "si", "keeps");
        var confirmed = _clock.GetUtcNow();
        if (since is not null)
        {
            _clock.Advance(TimeSpan.FromMinutes(5));
            await since();
            _clock.Advance(TimeSpan.FromMinutes(5));
        }
        (await new Retention(database.Databases, _clock).RunAsync(CancellationToken.None)).Erased.ShouldBe(1);
        return confirmed;
    }

    /// <summary>Its provider keeps everything until told, and can list what it brought.</summary>
    private sealed class KeepingChannel : IChannel, IDeletesTalks, IDeletesSent, IListsReceived
    {
        public string Kind => "keeping";

        public ChannelTraits Traits { get; } = new() { AddressSpace = "tel", MaxLength = 1000 };

        public IReadOnlyList<AccountSetting> Settings { get; } = [];

        public List<(string Person, DateTimeOffset Until)> Talks { get; } = [];

        public List<string> Sent { get; } = [];

        public bool Away { get; set; }

        public WebhookOutcome Receive(WebhookCall call, ChannelAccount account) => WebhookOutcome.Refused(403, "makes no calls");

        public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => WebhookAnswer.Empty(403);

        public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct) => throw new NotSupportedException("nothing is sent");

        public IAsyncEnumerable<MessageReceived> ListReceivedAsync(ChannelAccount account, DateTimeOffset since, CancellationToken ct) => AsyncEnumerable.Empty<MessageReceived>();

        public Task DeleteTalkAsync(ContactAddress person, DateTimeOffset until, ChannelAccount account, CancellationToken ct)
        {
            if (Away)
                throw new HttpRequestException("away");
            Talks.Add((person.Value, until));
            return Task.CompletedTask;
        }

        public Task<bool> DeleteSentAsync(string externalId, ChannelAccount account, CancellationToken ct)
        {
            Sent.Add(externalId);
            return Task.FromResult(true);
        }
    }
}

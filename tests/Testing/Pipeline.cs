using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Storage;

namespace Cea.Testing;

/// <summary>Inbox and triage on a test's own database: a message goes in, and its item is there.</summary>
public sealed class Pipeline : IAsyncDisposable
{
    private readonly TestDatabase _database;

    public Pipeline(TestDatabase database, TimeProvider? clock = null, params IReadOnlyList<IChannel> channels)
    {
        _database = database;
        Clock = clock ?? TimeProvider.System;
        WakeUp = new WakeUp(database.Databases, TimeProvider.System);
        Inbox = new Inbox(database.Databases, TestDatabase.Keys, Clock, WakeUp);
        Kinds = new ChannelKinds(channels);
        Deliveries = new Deliveries(TestDatabase.Keys, Kinds, Clock);
        Triage = new Triage(database.Databases, TestDatabase.Keys, new ScriptedReader(), WakeUp, Clock, Deliveries);
        Outbox = new Outbox(database.Databases, TestDatabase.Keys, Deliveries, Kinds, Clock);
    }

    public TimeProvider Clock { get; }
    public WakeUp WakeUp { get; }
    public Inbox Inbox { get; }
    public ChannelKinds Kinds { get; }
    public Deliveries Deliveries { get; }
    public Triage Triage { get; }
    public Outbox Outbox { get; }

    /// <summary>One team, its default rule, one line: the least that triage needs.</summary>
    public Task SetUpAsync() => _database.ExecuteAsync("""
        insert into team (id, name) overriding system value values (1, 'Site team') on conflict (id) do update set name = excluded.name;
        insert into routing_rule (position, team_id, is_default) select 99, 1, true where not exists (select 1 from routing_rule where is_default);
        insert into channel_account (id, kind) values ('line', 'twilio-sms') on conflict do nothing;
        """);

    public async Task<Receipt> SayAsync(string from, string text, string account = "line", string? edits = null, string? id = null)
    {
        var receipts = await Inbox.StoreAsync(account,
            [new MessageReceived { ExternalId = id ?? Guid.CreateVersion7().ToString(), From = new ContactAddress("tel", from), Text = new PersonalText(text), Edits = edits }], "raw"u8.ToArray(), CancellationToken.None);
        await TriageAllAsync();
        if (await ErrorAsync(receipts[0].MessageId) is { Length: > 0 } error)
            throw new InvalidOperationException($"triage failed: {error}");
        return receipts[0];
    }

    private Task<string> ErrorAsync(Guid id) => _database.ScalarAsync<string>("select coalesce((select error from inbox where id = $1), '')", id);

    public async Task TriageAllAsync()
    {
        while ((await Triage.RunAsync(CancellationToken.None)).Leased > 0)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Inbox.DisposeAsync();
        WakeUp.Dispose();
    }
}

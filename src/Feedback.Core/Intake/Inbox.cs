using System.Text.Json;
using System.Threading.Channels;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Intake;

/// <summary>It could not be stored: answer 503, the message is not ours yet.</summary>
public sealed class NotStoredException(Exception inner) : Exception("the message could not be stored", inner);

/// <summary>
/// Stores events and the raw call before anything is answered. Calls that wait at the same moment are committed together, one statement for all of them;
/// if that fails, each alone, so that nobody's odd bytes stop another's message.
/// </summary>
public sealed class Inbox : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
    private const int Writers = 4, Most = 64, Waiting = 4096;

    private readonly Databases _databases;
    private readonly KeyRing _keys;
    private readonly TimeProvider _clock;
    private readonly WakeUp _wakeUp;
    private readonly Channel<Pending> _pending = Channel.CreateBounded<Pending>(new BoundedChannelOptions(Waiting) { SingleReader = false });
    private readonly Task[] _writers;

    public Inbox(Databases databases, KeyRing keys, TimeProvider clock, WakeUp wakeUp)
    {
        (_databases, _keys, _clock, _wakeUp) = (databases, keys, clock, wakeUp);
        _writers = [.. Enumerable.Range(0, Writers).Select(_ => Task.Run(WriteAsync))];
    }

    /// <summary>Receipts in the order of the events. An event that was stored before gives its first receipt again.</summary>
    /// <exception cref="NotStoredException">Nothing of this call is stored, or nobody knows: the provider must come again.</exception>
    public async Task<IReadOnlyList<Receipt>> StoreAsync(string accountId, IReadOnlyList<ChannelEvent> events, ReadOnlyMemory<byte> raw, CancellationToken ct)
    {
        if (events.Count == 0)
            return [];
        var pending = new Pending(Rows(accountId, events), raw.IsEmpty ? null : _keys.Seal(raw.Span, "raw"), accountId, _clock.GetUtcNow());
        if (!_pending.Writer.TryWrite(pending))
            throw new NotStoredException(new TimeoutException("too many are waiting"));
        try
        {
            return await pending.Done.Task.WaitAsync(Limit + Limit, _clock, ct);
        }
        catch (Exception trouble) when (trouble is NpgsqlException or TimeoutException)
        {
            throw new NotStoredException(trouble);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _pending.Writer.TryComplete();
        await Task.WhenAll(_writers);
    }

    private List<Row> Rows(string accountId, IReadOnlyList<ChannelEvent> events)
    {
        var rows = new List<Row>(events.Count);
        foreach (var e in events)
        {
            var (kind, address, coded, clientId) = e switch
            {
                MessageReceived { Edits: not null } m => ("edit", m.From, false, (string?)null),
                MessageReceived m => ("message", m.From, true, m.Fields.GetValueOrDefault("client_id")),
                ReachChanged r => ("reach", r.Address, false, null),
                CallReported c => ("call", c.From, false, null),
                DeliveryReported => ("status", (ContactAddress?)null, false, null),
                _ => ("unreadable", null, false, null),
            };
            rows.Add(new Row(
                Guid.CreateVersion7(_clock.GetUtcNow()), kind, _keys.Hash($"seen {accountId}", e.ExternalId),
                address is { } a ? _keys.Hash(a.Space, a.Value) : null,
                coded ? ReceiptCode.New() : null, clientId,
                _keys.Seal(JsonSerializer.SerializeToUtf8Bytes(e, JsonSerializerOptions.Web), "event")));
        }
        return rows;
    }

    private async Task WriteAsync()
    {
        var batch = new List<Pending>(Most);
        while (await _pending.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < Most && _pending.Reader.TryRead(out var next))
                batch.Add(next);
            if (batch.Count == 0)
                continue;
            if (!await TryCommitAsync(batch, answerFailure: batch.Count == 1) && batch.Count > 1)
            {
                foreach (var alone in batch)
                    await TryCommitAsync([alone], answerFailure: true);
            }
        }
    }

    private async Task<bool> TryCommitAsync(IReadOnlyList<Pending> batch, bool answerFailure)
    {
        try
        {
            await CommitAsync(batch);
            _wakeUp.Ring(WakeUp.Triage);
            return true;
        }
        catch (Exception trouble) // edge of the writer: the trouble is handed to each caller, which answers 503
        {
            if (answerFailure)
            {
                foreach (var pending in batch)
                    pending.Done.TrySetException(trouble as NpgsqlException ?? (Exception)new TimeoutException("not stored", trouble));
            }
            return false;
        }
    }

    // What is true if we die here: before the commit nothing is stored and nobody was answered; after it the message is ours, and a repeat finds it in `seen`.
    private async Task CommitAsync(IReadOnlyList<Pending> batch)
    {
        var rows = batch.SelectMany(p => p.Rows.Select((row, i) => (Call: p, Row: row, Raw: i == 0 ? p.Raw : null))).ToList();
        await using var command = _databases.Intake.CreateCommand(Statement);
        command.Parameters.AddRange(Parameters(rows));
        var stored = new Dictionary<(string, string), (Guid Id, string? Code)>();
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                stored[(reader.GetString(0), Convert.ToHexString((byte[])reader[1]))] = (reader.GetGuid(2), reader.IsDBNull(3) ? null : reader.GetString(3));
        }
        var missing = rows.Where(r => !stored.ContainsKey((r.Call.AccountId, Convert.ToHexString(r.Row.Seen)))).ToList();
        foreach (var (call, row, _) in missing)
            stored[(call.AccountId, Convert.ToHexString(row.Seen))] = await EarlierAsync(call.AccountId, row.Seen);
        foreach (var pending in batch)
        {
            pending.Done.TrySetResult([.. pending.Rows.Select(r =>
            {
                var (id, code) = stored[(pending.AccountId, Convert.ToHexString(r.Seen))];
                return new Receipt(id, code, id != r.Id);
            })]);
        }
    }

    private async Task<(Guid, string?)> EarlierAsync(string accountId, byte[] key)
    {
        await using var command = _databases.Intake.CreateCommand(
            "select s.message_id, r.code from seen s left join receipt r on r.message_id = s.message_id where s.account_id = $1 and s.key = $2");
        command.Parameters.Add(new() { Value = accountId });
        command.Parameters.Add(new() { Value = key });
        await using var reader = await command.ExecuteReaderAsync();
        if (!await reader.ReadAsync())
            throw new TimeoutException("its first copy is not committed yet");
        return (reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetString(1));
    }

    private static NpgsqlParameter[] Parameters(List<(Pending Call, Row Row, byte[]? Raw)> rows) =>
    [
        new() { Value = rows.Select(r => r.Row.Id).ToArray() },
        new() { Value = rows.Select(r => r.Call.AccountId).ToArray() },
        new() { Value = rows.Select(r => r.Row.Seen).ToArray() },
        new() { Value = rows.Select(r => r.Row.Kind).ToArray() },
        new() { Value = rows.Select(r => r.Row.Person).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
        new() { Value = rows.Select(r => r.Call.At.UtcDateTime).ToArray() },
        new() { Value = rows.Select(r => r.Row.Code).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        new() { Value = rows.Select(r => r.Row.ClientId).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        new() { Value = rows.Select(r => r.Row.Sealed).ToArray() },
        new() { Value = rows.Select(r => r.Raw).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
    ];

    /// <summary>The one statement of intake; the benchmark runs it as it stands.</summary>
    public const string Statement = """
        with call as (
            select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::bytea[], $6::timestamptz[], $7::text[], $8::text[], $9::bytea[], $10::bytea[])
                as c (id, account_id, key, kind, person_key, received_at, code, client_id, sealed, raw)
        ), fresh as (
            insert into seen (account_id, key, message_id)
            select account_id, key, id from call order by account_id, key
            on conflict do nothing returning message_id
        ), kept as (
            insert into inbox (id, account_id, kind, person_key, received_at, receipt_code, client_id, sealed, dead, error)
            select c.id, account_id, kind, person_key, received_at, code, client_id, sealed, kind = 'unreadable', case when kind = 'unreadable' then 'unreadable' end
            from call c join fresh f on f.message_id = c.id
        ), raws as (
            insert into raw_call (id, account_id, received_at, sealed)
            select c.id, account_id, received_at, raw from call c join fresh f on f.message_id = c.id where raw is not null
        ), codes as (
            insert into receipt (code, message_id, created_at)
            select code, c.id, received_at from call c join fresh f on f.message_id = c.id where code is not null
        )
        select c.account_id, c.key, c.id, c.code from call c join fresh f on f.message_id = c.id
        """;

    private sealed record Row(Guid Id, string Kind, byte[] Seen, byte[]? Person, string? Code, string? ClientId, byte[] Sealed);

    private sealed record Pending(List<Row> Rows, byte[]? Raw, string AccountId, DateTimeOffset At)
    {
        public TaskCompletionSource<IReadOnlyList<Receipt>> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

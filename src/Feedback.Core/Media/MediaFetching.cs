using System.Security.Cryptography;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Media;

/// <summary>
/// Fetches files that came with messages. A row is leased by its due time, fetched, told by its content, stripped and scanned outside any transaction, then kept in one,
/// sealed as its item is sealed at that moment. Fetching twice does no harm, so a lease that ran out is simply tried again.
/// </summary>
public sealed class MediaFetching(Databases databases, KeyRing keys, IntakeBoard board, ChannelKinds kinds, VirusScan scan, IEnumerable<IMediaStore> stores, IEnumerable<ISpeechToText> engines, WakeUp wakeUp, TimeProvider clock)
{
    /// <summary>No file is kept that is larger, whatever the provider gives.</summary>
    public const long MostBytes = 20_000_000;
    public const string Reference = "media reference", FileKey = "media key";

    private const int AtOnce = 3;
    private static readonly TimeSpan StoreRest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan[] Pauses = [S(1), S(3), S(15), S(60), S(300), S(900), S(3600), S(10_800)];
    private readonly OutsideMedia? _outside = stores.SingleOrDefault() is { } store ? new(databases, store, clock) : null;
    private readonly TooLarge _tooLarge = new(databases, keys, clock);
    private readonly bool _hears = engines.Any();
    private DateTimeOffset _restsUntil;

    /// <summary>How many were taken in hand; when as many as fit, there may be more.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        if (clock.GetUtcNow() < _restsUntil)
            return 0;
        var leased = await LeaseAsync(ct);
        await Task.WhenAll(leased.Select(l => OneAsync(l, ct)));
        return leased.Count + await DeleteThereAsync(ct) + (_outside is null ? 0 : await _outside.LetGoAsync(ct));
    }

    private async Task OneAsync(Leased row, CancellationToken ct)
    {
        if (row.OfChild)
        {
            await EndAsync(row, "not_kept", null, ct);
            return;
        }
        if (row.Attempt > Pauses.Length + 2)
        {
            await EndAsync(row, MediaFile.Failed, "gave_up", ct); // each attempt died on the way
            return;
        }
        if (!board.Snapshot.Accounts.TryGetValue(row.AccountId, out var account) || kinds.Find(account.Kind) is not { } line || line is not IFetchesMedia channel)
        {
            await LaterAsync(row, "no_line", ct);
            return;
        }
        var fetched = await channel.FetchAsync(keys.OpenText(row.Reference, Reference), account, MostBytes, ct);
        await fetched.Match(file => GotAsync(row, file, ct), code => LaterAsync(row, code, ct), () => TooLargeAsync(row, line.Traits.CanSend, ct), code => EndAsync(row, MediaFile.Failed, code, ct));
    }

    private async Task TooLargeAsync(Leased row, bool canSay, CancellationToken ct)
    {
        if (await _tooLarge.EndAsync(row.Id, row.Attempt, MostBytes, canSay, ct))
            wakeUp.Ring(WakeUp.Outbox);
        wakeUp.Ring(WakeUp.Items);
    }

    private async Task GotAsync(Leased row, byte[] file, CancellationToken ct)
    {
        if (MediaTypes.Of(file) is not { } type)
        {
            await EndAsync(row, "not_allowed", "type", ct);
            return;
        }
        if (MediaCleaner.Clean(file, type.Type) is not { } clean)
        {
            await EndAsync(row, "not_allowed", "damaged", ct);
            return;
        }
        bool harmless;
        try
        {
            harmless = await scan.IsCleanAsync(file, ct); // as it came: what hides behind the picture is found too
        }
        catch (IOException)
        {
            await LaterAsync(row, "scanner_away", ct);
            return;
        }
        if (!harmless)
            await EndAsync(row, "infected", null, ct);
        else
            await KeepAsync(row, clean, type.Type, board.Snapshot.Accounts.TryGetValue(row.AccountId, out var account) && kinds.Find(account.Kind) is IDeletesMedia, ct);
    }

    // Once our own copy is safe the provider's goes, where the line's settings say so. Deleting what is gone does no harm: a lease that ran out is tried again.
    private async Task<int> DeleteThereAsync(CancellationToken ct)
    {
        var kept = new List<(Guid Id, string AccountId, byte[] Reference)>();
        await using (var lease = databases.Worker.CreateCommand("""
            update media set due_at = $1 + interval '10 minutes' where id in (select id from media where state = 'kept' and reference is not null and due_at <= $1 order by due_at limit $2 for update skip locked) returning id, account_id, reference
            """))
        {
            lease.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = clock.GetUtcNow().UtcDateTime }, new() { Value = AtOnce } });
            await using var reader = await lease.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                kept.Add((reader.GetGuid(0), reader.GetString(1), (byte[])reader[2]));
        }
        foreach (var (id, accountId, reference) in kept)
        {
            try
            {
                if (board.Snapshot.Accounts.TryGetValue(accountId, out var account) && kinds.Find(account.Kind) is IDeletesMedia provider)
                    await provider.DeleteMediaAsync(keys.OpenText(reference, Reference), account, ct);
            }
            catch (Exception away) when (away is HttpRequestException or OperationCanceledException && !ct.IsCancellationRequested)
            {
                continue; // still there: when the lease has run out
            }
            await using var done = databases.Worker.CreateCommand("update media set reference = null where id = $1");
            done.Parameters.Add(new() { Value = id });
            await done.ExecuteNonQueryAsync(ct);
        }
        return kept.Count;
    }

    // What is true if we die here: before the commit nothing of the file is kept and the row is due again when its lease ends; what lies in the store is on the list of what is taken away.
    private async Task KeepAsync(Leased row, byte[] file, string type, bool deletesThere, CancellationToken ct)
    {
        var key = MediaSeal.NewKey();
        string? place = null;
        if (_outside is not null && (place = await _outside.PutAsync(MediaSeal.Together(key, row.Id, file), ct)) is null)
        {
            await StoreAwayAsync(row, ct);
            return;
        }
        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (await LockAsync(connection, row, ct) is not { } circleKeys)
            return;
        if (place is null)
            await ChunksAsync(connection, row.Id, key, file, ct);
        else if (!await OutsideMedia.ClaimAsync(connection, place, ct))
            return; // so late that it was taken away again: fetched anew when the lease ends
        await using var keep = new NpgsqlCommand("""
            update media set state = 'kept', error = null, reference = case when $8 then reference end, due_at = $7, content_type = $2, bytes = $3, sha256 = $4, key_sealed = $5, key_circles = $6, kept_at = $7, place = $9 where id = $1
            """, connection)
        {
            Parameters =
            {
                new() { Value = row.Id }, new() { Value = type }, new() { Value = (long)file.Length }, new() { Value = SHA256.HashData(file) },
                Bytes(circleKeys.Count > 0 ? null : keys.Seal(key, FileKey)), Bytes(circleKeys.Count > 0 ? Safeguarding.CircleKeys.Seal((ReadOnlySpan<byte>)key, circleKeys) : null), new() { Value = clock.GetUtcNow().UtcDateTime },
                new() { Value = deletesThere }, new() { Value = (object?)place ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text },
            },
        };
        await keep.ExecuteNonQueryAsync(ct);
        if (_hears)
            await Transcribing.WaitAsync(connection, row.Id, circleKeys.Count > 0 ? keys.Seal(key, FileKey) : null, clock.GetUtcNow(), ct);
        await transaction.CommitAsync(ct);
        wakeUp.Ring(WakeUp.Items);
    }

    private static async Task ChunksAsync(NpgsqlConnection connection, Guid id, byte[] key, byte[] file, CancellationToken ct)
    {
        var chunks = MediaSeal.Chunks(file.Length);
        for (var n = 0; n < chunks; n++)
        {
            await using var chunk = new NpgsqlCommand("insert into media_chunk (media_id, n, sealed) values ($1, $2, $3)", connection)
            {
                Parameters = { new() { Value = id }, new() { Value = n }, new() { Value = MediaSeal.Seal(key, id, n, chunks, MediaSeal.Part(file, n)) } },
            };
            await chunk.ExecuteNonQueryAsync(ct);
        }
    }

    // Who moves the item holds this row: it is kept as the item stands then. Null: somebody else has it, or it is erased.
    private static async Task<IReadOnlyList<byte[]>?> LockAsync(NpgsqlConnection connection, Leased row, CancellationToken ct)
    {
        await using (var mine = new NpgsqlCommand("select 1 from media where id = $1 and attempt = $2 and state = 'pending' for update", connection) { Parameters = { new() { Value = row.Id }, new() { Value = row.Attempt } } })
        {
            if (await mine.ExecuteScalarAsync(ct) is null)
                return null;
        }
        await using var command = new NpgsqlCommand("""
            select c.public_key, c.seals from media m join audience a on a.id = m.audience_id join circle c on c.id = any (a.circles) where m.id = $1
            """, connection) { Parameters = { new() { Value = row.Id } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var (all, seals) = (new List<byte[]>(), false);
        while (await reader.ReadAsync(ct))
        {
            all.Add((byte[])reader[0]);
            seals |= reader.GetBoolean(1);
        }
        return seals ? all : [];
    }

    private Task EndAsync(Leased row, string state, string? error, CancellationToken ct) => SettleAsync(row, state, error, clock.GetUtcNow(), state == MediaFile.Failed, ct);

    private Task LaterAsync(Leased row, string code, CancellationToken ct) => row.Attempt > Pauses.Length
        ? SettleAsync(row, MediaFile.Failed, code, clock.GetUtcNow(), true, ct)
        : SettleAsync(row, MediaFile.Pending, code, clock.GetUtcNow() + Pauses[row.Attempt - 1], true, ct);

    // Ours to mend, however long it takes: it is no attempt, and until the next one nothing more is fetched in vain.
    private async Task StoreAwayAsync(Leased row, CancellationToken ct)
    {
        _restsUntil = clock.GetUtcNow() + StoreRest;
        await using var command = databases.Worker.CreateCommand("update media set error = 'store_away', attempt = attempt - 1, due_at = $3 where id = $1 and attempt = $2 and state = 'pending'");
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = row.Id }, new() { Value = row.Attempt }, new() { Value = _restsUntil.UtcDateTime } });
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task SettleAsync(Leased row, string state, string? error, DateTimeOffset due, bool keepsReference, CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand($"update media set state = $3, error = $4, due_at = $5{(keepsReference ? "" : ", reference = null")} where id = $1 and attempt = $2 and state = 'pending'");
        command.Parameters.AddRange(new NpgsqlParameter[]
        {
            new() { Value = row.Id }, new() { Value = row.Attempt }, new() { Value = state }, new() { Value = (object?)error ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text }, new() { Value = due.UtcDateTime },
        });
        await command.ExecuteNonQueryAsync(ct);
        if (state != MediaFile.Pending)
            wakeUp.Ring(WakeUp.Items);
    }

    private async Task<List<Leased>> LeaseAsync(CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("""
            update media m set due_at = $1 + interval '2 minutes', attempt = attempt + 1
            from (select x.id, coalesce(i.minor and i.sensitivity = 0, false) as child from media x left join item i on i.id = x.item_id
                  where x.state = 'pending' and x.due_at <= $1 and x.reference is not null order by x.due_at limit $2 for update of x skip locked) d
            where m.id = d.id returning m.id, m.account_id, m.reference, m.attempt, d.child
            """);
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = clock.GetUtcNow().UtcDateTime }, new() { Value = AtOnce } });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<Leased>();
        while (await reader.ReadAsync(ct))
            rows.Add(new Leased(reader.GetGuid(0), reader.GetString(1), (byte[])reader[2], reader.GetInt32(3), reader.GetBoolean(4)));
        return rows;
    }

    private static NpgsqlParameter Bytes(byte[]? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bytea };

    private static TimeSpan S(int seconds) => TimeSpan.FromSeconds(seconds);

    private sealed record Leased(Guid Id, string AccountId, byte[] Reference, int Attempt, bool OfChild);
}

using System.Security.Cryptography;
using Cea.Feedback.Classification;
using Cea.Feedback.Media;
using Cea.Feedback.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Items;

/// <summary>What one round came to.</summary>
/// <param name="Trouble">Why nothing can be heard, a stable code, when it is another than at the round before; null: nothing new.</param>
public readonly record struct TranscribingRound(int Heard, string? Trouble);

/// <summary>
/// Has recordings heard by a machine where there is one, one after the other, while nobody has decided about their items or typed them: until then it may help a screener, afterwards nobody needs it. Never for
/// what a circle holds or what is of class 2. Whatever goes wrong, the recording stays for an officer to type.
/// </summary>
public sealed class Transcribing(Databases databases, KeyRing keys, ITextClassifier classifier, IEnumerable<ISpeechToText> engines, IEnumerable<IMediaStore> stores, WakeUp wakeUp, TimeProvider clock)
{
    private const int MostAttempts = 3;
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(15), Rest = TimeSpan.FromMinutes(1), Again = TimeSpan.FromMinutes(10), Waits = TimeSpan.FromDays(1), StoreLimit = TimeSpan.FromSeconds(60), Elsewhere = TimeSpan.FromHours(1);

    /// <summary>What may be heard, of media m and its item i.</summary>
    internal const string MayBeHeard = """
        m.state = 'kept' and m.content_type like 'audio/%' and i.circle_id in (0, 1) and i.sensitivity < 2 and i.confirmed_at is null and i.anonymised_at is null and i.status <> 'closed'
        and not exists (select 1 from message x where x.item_id = m.item_id and x.replaces_id = m.message_id and x.kind in ('transcript', 'machine_transcript'))
        """;

    private readonly ISpeechToText? _engine = engines.SingleOrDefault();
    private readonly MachineTranscript _transcript = new(databases, keys, classifier, wakeUp, clock);
    private DateTimeOffset _restsUntil;
    private string? _trouble;

    /// <summary>In the transaction that keeps a file: it waits to be heard, if it may. One of a message is enough.</summary>
    /// <param name="key">Of the file, sealed to the deployment, where the file's own is sealed to a circle.</param>
    internal static Task WaitAsync(NpgsqlConnection connection, Guid media, byte[]? key, DateTimeOffset now, CancellationToken ct) =>
        Sql.RunAsync(connection, $"insert into transcription (media_id, message_id, key_sealed, due_at, created_at) select m.id, m.message_id, $2, $3, $3 from media m join item i on i.id = m.item_id where m.id = $1 and {MayBeHeard} on conflict do nothing", ct,
            media, new NpgsqlParameter { Value = (object?)key ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea }, now.UtcDateTime);

    /// <summary>Until nothing is due, or the engine is away.</summary>
    public async Task<TranscribingRound> RunAsync(CancellationToken ct)
    {
        var (before, heard) = (_trouble, 0);
        await LetGoAsync(ct);
        while (_engine is not null && clock.GetUtcNow() >= _restsUntil && await LeaseAsync(ct) is { } row)
        {
            heard += await OneAsync(row, _engine, ct) ? 1 : 0;
            await LetGoAsync(ct); // a long queue keeps no key of what was decided meanwhile
        }
        return new(heard, _trouble == before ? null : _trouble);
    }

    // What nobody waits for any more, or nobody will ever hear: with it goes the copy of its key. Where this Host has no machine another may have one, while the setting comes or goes: an hour is left to it.
    private async Task LetGoAsync(CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand($"delete from transcription t where ($1 and t.created_at < $5) or t.created_at < $2 or t.attempt >= $3 and t.due_at <= $4 or not exists (select 1 from media m join item i on i.id = m.item_id where m.id = t.media_id and {MayBeHeard})");
        foreach (var value in new object[] { _engine is null, (clock.GetUtcNow() - Waits).UtcDateTime, MostAttempts, clock.GetUtcNow().UtcDateTime, (clock.GetUtcNow() - Elsewhere).UtcDateTime })
            command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task<bool> OneAsync(Recording row, ISpeechToText engine, CancellationToken ct)
    {
        try
        {
            if (await OpenAsync(row, ct) is not { } sound)
                return await AwayAsync(row, "store_away", ct);
            var hearing = await engine.HearAsync(sound, row.Type, row.Language, ct);
            return await hearing.Match(text => HeardAsync(row, text, ct), code => LaterAsync(row, ct), code => EndAsync(row, ct), code => AwayAsync(row, code, ct));
        }
        catch (CryptographicException)
        {
            return await EndAsync(row, ct); // not what was kept, or moved to a circle meanwhile: a person sees
        }
        catch (PostgresException crossed) when (crossed.SqlState == PostgresErrorCodes.DeadlockDetected)
        {
            return await LaterAsync(row, ct); // somebody moved the item at that moment
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await SettleAsync(row, clock.GetUtcNow(), isAttempt: false, CancellationToken.None); // the Host stops: another one, or later
            throw;
        }
    }

    // Null: the store is away.
    private async Task<byte[]?> OpenAsync(Recording row, CancellationToken ct)
    {
        var key = keys.Open(row.Key ?? throw new CryptographicException("no key of the deployment's"), MediaFetching.FileKey);
        if (row.Place is null)
        {
            await using var connection = await databases.Worker.OpenConnectionAsync(ct);
            return MediaSeal.Whole(key, row.MediaId, row.Bytes, row.Sha256, [.. await Sql.ListAsync(connection, "select sealed from media_chunk where media_id = $1 order by n", r => (ReadOnlyMemory<byte>)(byte[])r[0], ct, row.MediaId)]);
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(StoreLimit);
        try
        {
            return stores.SingleOrDefault() is { } store ? MediaSeal.Whole(key, row.MediaId, row.Bytes, row.Sha256, MediaSeal.Apart(await store.ReadAsync(row.Place, limit.Token) ?? throw new CryptographicException("the store has lost it"), row.Bytes)) : null;
        }
        catch (Exception away) when (away is IOException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<bool> HeardAsync(Recording row, string text, CancellationToken ct)
    {
        _trouble = null;
        text = StoredText.Clean(text).Trim();
        return text.Length is 0 or > TypeTranscript.Longest ? await EndAsync(row, ct) : await _transcript.KeepAsync(row, text, ct);
    }

    private Task<bool> LaterAsync(Recording row, CancellationToken ct) => row.Attempt >= MostAttempts ? EndAsync(row, ct) : SettleAsync(row, clock.GetUtcNow() + Again, isAttempt: true, ct);

    // The operator's to mend, however long it takes: it is no attempt, and until then nothing more is asked in vain.
    private Task<bool> AwayAsync(Recording row, string code, CancellationToken ct)
    {
        _trouble = code;
        _restsUntil = clock.GetUtcNow() + Rest;
        return SettleAsync(row, _restsUntil, isAttempt: false, ct);
    }

    private async Task<bool> EndAsync(Recording row, CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("delete from transcription where media_id = $1 and attempt = $2");
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = row.MediaId }, new() { Value = row.Attempt } });
        await command.ExecuteNonQueryAsync(ct);
        return false;
    }

    private async Task<bool> SettleAsync(Recording row, DateTimeOffset due, bool isAttempt, CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("update transcription set due_at = $3, attempt = attempt - $4 where media_id = $1 and attempt = $2");
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = row.MediaId }, new() { Value = row.Attempt }, new() { Value = due.UtcDateTime }, new() { Value = isAttempt ? 0 : 1 } });
        await command.ExecuteNonQueryAsync(ct);
        return false;
    }

    // Who withheld his number has no row of his own: his item's language is the one that he chose. Of everybody else an item's may be a guess.
    private async Task<Recording?> LeaseAsync(CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand($"""
            update transcription t set due_at = $2, attempt = t.attempt + 1 from media m join item i on i.id = m.item_id left join person p on p.id = i.person_id
            where t.media_id = (select d.media_id from transcription d where d.due_at <= $1 order by d.due_at limit 1 for update skip locked) and m.id = t.media_id and {MayBeHeard}
            returning t.media_id, t.message_id, m.item_id, t.attempt, coalesce(t.key_sealed, m.key_sealed), m.content_type, m.bytes, m.sha256, m.place, case when i.person_id is null then nullif(i.lang, 'und') else p.stated_lang end
            """);
        var now = clock.GetUtcNow();
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = now.UtcDateTime }, new() { Value = (now + Lease).UtcDateTime } });
        await using var r = await command.ExecuteReaderAsync(ct);
        return !await r.ReadAsync(ct) ? null : new Recording(r.GetGuid(0), r.GetGuid(1), r.GetGuid(2), r.GetInt32(3), r.IsDBNull(4) ? null : (byte[])r[4], r.GetString(5), r.GetInt64(6), (byte[])r[7], r.IsDBNull(8) ? null : r.GetString(8), r.IsDBNull(9) ? null : r.GetString(9));
    }
}

/// <summary>A recording in the hands of a round.</summary>
internal sealed record Recording(Guid MediaId, Guid MessageId, Guid ItemId, int Attempt, byte[]? Key, string Type, long Bytes, byte[] Sha256, string? Place, string? Language);

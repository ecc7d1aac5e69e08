using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Media;

/// <summary>
/// Writes files to the store outside of the database and takes away what no row holds any more: erased, too old, or written by somebody who died before he could say so.
/// </summary>
internal sealed class OutsideMedia(Databases databases, IMediaStore store, TimeProvider clock)
{
    private const int AtOnce = 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60), Unclaimed = TimeSpan.FromHours(1), Lease = TimeSpan.FromMinutes(10);

    /// <summary>The name it lies under, on the list of what is taken away until <see cref="ClaimAsync"/>; null: the store is away.</summary>
    public async Task<string?> PutAsync(byte[] content, CancellationToken ct)
    {
        var name = IMediaStore.NewName();
        await using (var listed = databases.Worker.CreateCommand("insert into media_gone (place, due_at) values ($1, $2)"))
        {
            listed.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = name }, new() { Value = (clock.GetUtcNow() + Unclaimed).UtcDateTime } });
            await listed.ExecuteNonQueryAsync(ct);
        }
        return await TryAsync(limit => store.WriteAsync(name, content, limit), ct) ? name : null;
    }

    /// <summary>In the transaction of the row that holds it. False: so late that it was taken away.</summary>
    public static async Task<bool> ClaimAsync(NpgsqlConnection connection, string name, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("delete from media_gone where place = $1", connection) { Parameters = { new() { Value = name } } };
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>One round; how many are gone. What the store does not take away now waits for the end of its lease.</summary>
    public async Task<int> LetGoAsync(CancellationToken ct)
    {
        var due = new List<string>();
        await using (var lease = databases.Worker.CreateCommand("update media_gone set due_at = $2 where place in (select place from media_gone where due_at <= $1 order by due_at limit $3 for update skip locked) returning place"))
        {
            var now = clock.GetUtcNow();
            lease.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = now.UtcDateTime }, new() { Value = (now + Lease).UtcDateTime }, new() { Value = AtOnce } });
            await using var reader = await lease.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                due.Add(reader.GetString(0));
        }
        var gone = 0;
        foreach (var name in due)
        {
            if (!await TryAsync(limit => store.DeleteAsync(name, limit), ct))
                return gone;
            await using var done = databases.Worker.CreateCommand("delete from media_gone where place = $1");
            done.Parameters.Add(new() { Value = name });
            gone += await done.ExecuteNonQueryAsync(ct);
        }
        return gone;
    }

    private static async Task<bool> TryAsync(Func<CancellationToken, Task> act, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            await act(limit.Token);
            return true;
        }
        catch (Exception away) when (away is IOException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return false;
        }
    }
}

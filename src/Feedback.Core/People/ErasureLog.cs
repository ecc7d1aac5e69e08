using System.Globalization;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.People;

/// <summary>Whose data was erased, by keyed hash only, in a file beside the database: a restored backup forgets them again before anybody sees it.</summary>
public static class ErasureLog
{
    public sealed record Entry(string Space, byte[] Hash, DateTimeOffset At);

    /// <summary>Adds what was erased since the file's last line.</summary>
    public static async Task AppendAsync(string file, Databases databases, CancellationToken ct)
    {
        var last = (await ReadAsync(file, DateTimeOffset.MinValue, ct)).Select(e => e.At).DefaultIfEmpty(DateTimeOffset.MinValue.AddDays(1)).Max();
        var lines = (await FromDatabaseAsync(databases, last.AddTicks(10), ct)).Select(e => $"{e.At.UtcDateTime:O} {e.Space} {Convert.ToHexStringLower(e.Hash)}");
        await File.AppendAllLinesAsync(file, lines, ct);
    }

    public static async Task<IReadOnlyList<Entry>> ReadAsync(string file, DateTimeOffset since, CancellationToken ct)
    {
        if (!File.Exists(file))
            return [];
        return [.. (await File.ReadAllLinesAsync(file, ct)).Select(l => l.Split(' ')).Where(p => p.Length == 3)
            .Select(p => new Entry(p[1], Convert.FromHexString(p[2]), DateTimeOffset.Parse(p[0], CultureInfo.InvariantCulture))).Where(e => e.At >= since)];
    }

    public static async Task<IReadOnlyList<Entry>> FromDatabaseAsync(Databases databases, DateTimeOffset since, CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("select space, hash, done_at from erasure where state = 'done' and hash is not null and done_at >= $1 order by done_at");
        command.Parameters.Add(new() { Value = since.UtcDateTime });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var entries = new List<Entry>();
        while (await reader.ReadAsync(ct))
            entries.Add(new Entry(reader.GetString(0), (byte[])reader[1], reader.GetFieldValue<DateTimeOffset>(2)));
        return entries;
    }

    /// <summary>Erases these again in a restored database. Returns how many were found in it.</summary>
    public static async Task<int> ReplayAsync(Databases databases, IReadOnlyList<Entry> entries, TimeProvider clock, CancellationToken ct)
    {
        var found = 0;
        foreach (var entry in entries)
        {
            await using var command = databases.Worker.CreateCommand("""
                insert into erasure (hash, space, person_id, asked_at, state, reason) select $2, $1, person_id, $3, 'confirmed', 'restore' from address where space = $1 and hash = $2 limit 1
                """);
            command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = entry.Space }, new() { Value = entry.Hash }, new() { Value = entry.At.UtcDateTime } });
            found += await command.ExecuteNonQueryAsync(ct);
        }
        if (found > 0)
            await new Retention(databases, clock).RunAsync(ct);
        return found;
    }
}

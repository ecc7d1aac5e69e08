using System.Globalization;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.People;

/// <summary>Whose data was erased, by keyed hash only, in a file beside the database: a restored backup forgets them again before anybody sees it.</summary>
public static class ErasureLog
{
    /// <param name="Until">What was recorded up to it was erased; what the person said since was not.</param>
    public sealed record Entry(string Space, byte[] Hash, DateTimeOffset At, DateTimeOffset Until);

    /// <summary>Adds what was erased since the file's last line.</summary>
    public static async Task AppendAsync(string file, Databases databases, CancellationToken ct)
    {
        var last = (await ReadAsync(file, DateTimeOffset.MinValue, ct)).Select(e => e.At).DefaultIfEmpty(DateTimeOffset.MinValue.AddDays(1)).Max();
        var lines = (await FromDatabaseAsync(databases, last.AddTicks(10), ct)).Select(e => $"{e.At.UtcDateTime:O} {e.Space} {Convert.ToHexStringLower(e.Hash)} {e.Until.UtcDateTime:O}");
        await File.AppendAllLinesAsync(file, lines, ct);
    }

    public static async Task<IReadOnlyList<Entry>> ReadAsync(string file, DateTimeOffset since, CancellationToken ct)
    {
        if (!File.Exists(file))
            return [];
        return [.. (await File.ReadAllLinesAsync(file, ct)).Select(l => l.Split(' ')).Where(p => p.Length is 3 or 4) // without its end: written by an older build
            .Select(p => new Entry(p[1], Convert.FromHexString(p[2]), DateTimeOffset.Parse(p[0], CultureInfo.InvariantCulture), DateTimeOffset.Parse(p[^1].Contains(':', StringComparison.Ordinal) ? p[^1] : p[0], CultureInfo.InvariantCulture))).Where(e => e.At >= since)];
    }

    public static async Task<IReadOnlyList<Entry>> FromDatabaseAsync(Databases databases, DateTimeOffset since, CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("select space, hash, done_at, coalesce((to_jsonb(e) ->> 'confirmed_at')::timestamptz, done_at) from erasure e where state = 'done' and hash is not null and done_at >= $1 order by done_at"); // a database before a restore may be of an older build
        command.Parameters.Add(new() { Value = since.UtcDateTime });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var entries = new List<Entry>();
        while (await reader.ReadAsync(ct))
            entries.Add(new Entry(reader.GetString(0), (byte[])reader[1], reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<DateTimeOffset>(3)));
        return entries;
    }

    /// <summary>Erases these again in a restored database. Returns how many were found in it.</summary>
    public static async Task<int> ReplayAsync(Databases databases, IReadOnlyList<Entry> entries, TimeProvider clock, CancellationToken ct)
    {
        var found = 0;
        foreach (var entry in entries)
        {
            await using var command = databases.Worker.CreateCommand("""
                insert into erasure (hash, space, person_id, asked_at, confirmed_at, state, reason) select $2, $1, person_id, $3, $4, 'confirmed', 'restore' from address where space = $1 and hash = $2 limit 1
                """);
            command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = entry.Space }, new() { Value = entry.Hash }, new() { Value = entry.At.UtcDateTime }, new() { Value = entry.Until.UtcDateTime } });
            found += await command.ExecuteNonQueryAsync(ct);
        }
        if (found > 0)
            await new Retention(databases, clock).RunAsync(ct);
        return found;
    }
}

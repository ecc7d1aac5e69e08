using System.Security.Cryptography;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Host.Keeping;

/// <summary>Re-encrypts everything that is sealed with an older key. Resumable: what is done shows in the data itself. Works as the worker, whose policy shows it every row.</summary>
public sealed class KeyRotation(string connectionString)
{
    private const int Batch = 500;

    private static readonly (string Table, string[] Key, string Column, string Purpose)[] Sealed =
    [
        ("inbox", ["id"], "sealed", "event"), ("raw_call", ["id"], "sealed", "raw"), ("address", ["space", "hash"], "sealed", "address"), ("outbox", ["id"], "body", "outbox"), ("outbox", ["id"], "provider_sealed", "provider id"),
        ("channel_account", ["id"], "settings", "account"), ("officer", ["id"], "contact", "officer contact"), ("circle", ["id"], "bootstrap_key", "circle"), ("data_protection_key", ["id"], "sealed", "data protection"),
        ("helpline_operator", ["officer_id"], "number", "helpline operator"), ("outbox", ["id"], "template_values", "outbox"), ("media", ["id"], "reference", "media reference"), ("media", ["id"], "key_sealed", "media key"),
        ("officer", ["id"], "totp", "officer totp"), ("circle", ["id"], "outside_line", "officer contact"),
        ("provider_copy", ["id"], "address", "address"), ("provider_copy", ["id"], "provider_id", "provider id"),
        ("learned_model", ["id"], "sealed", "learned model"), ("transcription", ["media_id"], "key_sealed", "media key"), ("training_text", ["item_id"], "sealed", "training"), ("line_test", ["outbox_id"], "sealed", "address"),
    ];

    /// <summary>"table.column" of everything that is sealed under the master key.</summary>
    internal static IReadOnlyList<string> Columns { get; } = [.. Sealed.Select(s => $"{s.Table}.{s.Column}").Order(StringComparer.Ordinal)];

    private readonly string _worker = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 0, Options = $"-c role={Databases.WorkerRole}" }.ConnectionString;

    /// <param name="Values">How many were sealed anew.</param>
    /// <param name="Unreadable">How many no key of the ring opens: damaged, or of another deployment. They stay as they are.</param>
    public readonly record struct Outcome(long Values, long Unreadable);

    /// <summary>Until a whole pass finds nothing more to do.</summary>
    public async Task<Outcome> RunAsync(KeyRing keys, Action<string> say, CancellationToken ct)
    {
        var total = 0L;
        while (true)
        {
            var (found, unreadable) = (0L, 0L);
            foreach (var (table, key, column, purpose) in Sealed)
            {
                var pass = await PassAsync(keys, table, key, column, purpose, ct);
                found += pass.Values;
                unreadable += pass.Unreadable;
                if (pass.Values > 0)
                    say($"{table}.{column}: {pass.Values} done");
            }
            total += found;
            if (found == 0)
                return new Outcome(total, unreadable);
        }
    }

    /// <summary>Hosts that run with a ring whose current key is another: what they seal now would be lost with the old key.</summary>
    public async Task<long> HostsBehindAsync(KeyRing keys, CancellationToken ct)
    {
        await using var connection = await OpenAsync(ct);
        await using var command = new NpgsqlCommand("select count(*) from pg_stat_activity where datname = current_database() and application_name like 'cea listener%' and application_name <> $1", connection)
        {
            Parameters = { new() { Value = $"cea listener {keys.Current}" } },
        };
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    // One connection reads on, another one writes: one scan a pass however much there is. A value that changed in between is left to the next pass.
    private async Task<Outcome> PassAsync(KeyRing keys, string table, string[] key, string column, string purpose, CancellationToken ct)
    {
        var (values, unreadable) = (0L, 0L);
        await using var reading = await OpenAsync(ct);
        await using var writing = await OpenAsync(ct);
        await using var read = new NpgsqlCommand($"select {column}, {string.Join(", ", key)} from {table} where length({column}) > 16 and substring({column} from 2 for 4) <> $1", reading) { Parameters = { new() { Value = Convert.FromHexString(keys.Current) } } };
        await using var reader = await read.ExecuteReaderAsync(ct);
        var update = $"update {table} set {column} = $1 where {column} = $2 and {string.Join(" and ", key.Select((k, i) => $"{k} = ${i + 3}"))}";
        var rows = new List<NpgsqlBatchCommand>();
        while (await reader.ReadAsync(ct))
        {
            var old = (byte[])reader[0];
            byte[] anew;
            try
            {
                anew = keys.Seal(keys.Open(old, purpose), purpose);
            }
            catch (CryptographicException)
            {
                unreadable++;
                continue;
            }
            var row = new NpgsqlBatchCommand(update) { Parameters = { new() { Value = anew }, new() { Value = old } } };
            for (var i = 1; i <= key.Length; i++)
                row.Parameters.Add(new() { Value = reader.GetValue(i) });
            rows.Add(row);
            if (rows.Count == Batch)
                values += await WriteAsync(writing, rows, ct);
        }
        values += await WriteAsync(writing, rows, ct);
        return new Outcome(values, unreadable);
    }

    // Die here: the batch is written or not, and the next run sees in each value which.
    private static async Task<int> WriteAsync(NpgsqlConnection connection, List<NpgsqlBatchCommand> rows, CancellationToken ct)
    {
        if (rows.Count == 0)
            return 0;
        await using var batch = new NpgsqlBatch(connection);
        foreach (var row in rows)
            batch.BatchCommands.Add(row);
        rows.Clear();
        return await batch.ExecuteNonQueryAsync(ct);
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken ct)
    {
        var connection = new NpgsqlConnection(_worker);
        await connection.OpenAsync(ct);
        return connection;
    }
}

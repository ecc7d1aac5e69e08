using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Host.Keeping;

/// <summary>Re-encrypts everything that is sealed with an older key. Resumable: what is done shows in the data itself. Old keys are dropped when nothing needs them.</summary>
public sealed class KeyRotation(string connectionString)
{
    private const int Batch = 500;

    private static readonly (string Table, string Id, string Column, string Purpose)[] Sealed =
    [
        ("inbox", "id", "sealed", "event"), ("raw_call", "id", "sealed", "raw"), ("address", "hash", "sealed", "address"), ("outbox", "id", "body", "outbox"), ("outbox", "id", "provider_sealed", "provider id"),
        ("channel_account", "id", "settings", "account"), ("officer", "id", "contact", "officer contact"), ("circle", "id", "bootstrap_key", "circle"), ("data_protection_key", "id", "sealed", "data protection"),
    ];

    /// <returns>How many values were sealed anew.</returns>
    public async Task<int> RunAsync(KeyRing keys, Action<string> say, CancellationToken ct)
    {
        var current = Convert.FromHexString(keys.Current);
        var total = 0;
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Options = "-c row_security=off" }.ConnectionString);
        await connection.OpenAsync(ct);
        foreach (var (table, id, column, purpose) in Sealed)
        {
            int done;
            do
            {
                await using var transaction = await connection.BeginTransactionAsync(ct);
                var rows = new List<(object Id, byte[] Value)>();
                await using (var read = new NpgsqlCommand($"select {id}, {column} from {table} where length({column}) > 16 and substring({column} from 2 for 4) <> $1 limit {Batch} for update skip locked", connection) { Parameters = { new() { Value = current } } })
                {
                    await using var reader = await read.ExecuteReaderAsync(ct);
                    while (await reader.ReadAsync(ct))
                        rows.Add((reader.GetValue(0), (byte[])reader[1]));
                }
                await using var batch = new NpgsqlBatch(connection, transaction);
                foreach (var (rowId, value) in rows)
                    batch.BatchCommands.Add(new($"update {table} set {column} = $2 where {id} = $1") { Parameters = { new() { Value = rowId }, new() { Value = keys.Seal(keys.Open(value, purpose), purpose) } } });
                if (rows.Count > 0)
                    await batch.ExecuteNonQueryAsync(ct);
                await transaction.CommitAsync(ct);
                done = rows.Count;
                total += done;
            }
            while (done == Batch);
            say($"{table}.{column}: done");
        }
        return total;
    }
}

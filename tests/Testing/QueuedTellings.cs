using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Testing;

/// <summary>A telling to many, queued on a line: so many people, each with an address and one row that is due.</summary>
public static class QueuedTellings
{
    public const string Text = "El punto de agua de la plaza abre desde el lunes de 7 a 15 h.";

    /// <summary>Their telephones: the prefix with seven digits behind it.</summary>
    public static string Phone(string prefix, int n) => $"{prefix}{n + 1_000_000}";

    public static async Task QueueAsync(string connectionString, KeyRing keys, string account, int count, string prefix = "+5098", short lane = Outgoing.TellingLane)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var people = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7()).ToList();
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        await using (var copy = await connection.BeginBinaryImportAsync("copy person (id, created_at, last_heard_at) from stdin (format binary)"))
        {
            foreach (var person in people)
                await copy.WriteRowAsync(default, person, now, now);
            await copy.CompleteAsync();
        }
        await using (var copy = await connection.BeginBinaryImportAsync("copy address (space, hash, sealed, person_id) from stdin (format binary)"))
        {
            for (var n = 0; n < count; n++)
                await copy.WriteRowAsync(default, "tel", keys.Hash("tel", Phone(prefix, n)), keys.Seal(Phone(prefix, n), "address"), people[n]);
            await copy.CompleteAsync();
        }
        await using (var copy = await connection.BeginBinaryImportAsync("copy outbox (id, audience_id, person_id, account_id, lane, purpose, body, state, due_at, created_at) from stdin (format binary)"))
        {
            for (var n = 0; n < count; n++)
            {
                await copy.StartRowAsync();
                await copy.WriteAsync(Guid.CreateVersion7());
                await copy.WriteAsync(1, NpgsqlDbType.Integer);
                await copy.WriteAsync(people[n]);
                await copy.WriteAsync(account);
                await copy.WriteAsync(lane, NpgsqlDbType.Smallint);
                await copy.WriteAsync(lane >= Outgoing.SurveyLane ? "notice" : "reply");
                await copy.WriteAsync(keys.Seal(Text, "outbox"));
                await copy.WriteAsync("due");
                await copy.WriteAsync(now);
                await copy.WriteAsync(now);
            }
            await copy.CompleteAsync();
        }
        await transaction.CommitAsync();
        await using var analyze = new NpgsqlCommand("analyze person, address, outbox", connection);
        await analyze.ExecuteNonQueryAsync();
    }
}

using Cea.Feedback.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Replies;

/// <summary>A text of the service's own to a person: an acknowledgement, the answer to a keyword, a survey's question.</summary>
/// <param name="ItemId">In whose conversation it stands; null: in none.</param>
/// <param name="Purpose"><c>ack</c>, <c>word</c> or <c>survey</c>.</param>
/// <param name="Menu">It is the menu of languages: a bare number answers it.</param>
internal sealed record OwnText(Guid? ItemId, int AudienceId, Guid PersonId, string AccountId, string Text, string Language, string Purpose, short Lane, bool Menu = false)
{
    /// <summary>Notes and queues it, in the caller's transaction.</summary>
    public IEnumerable<NpgsqlBatchCommand> Commands(KeyRing keys, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now);
        if (ItemId is { } item)
        {
            yield return Command("insert into message (id, item_id, person_id, audience_id, direction, kind, account_id, lang, at, recorded_at, text) values ($1, $2, $3, $4, 'out', $5, $6, $7, $8, $8, $9)",
                id, item, PersonId, AudienceId, Purpose, AccountId, Language, now.UtcDateTime, Text);
        }
        var (segments, unicode) = SmsSegments.Count(Text);
        yield return Command("""
            insert into outbox (id, message_id, item_id, audience_id, person_id, account_id, lane, purpose, body, segments, unicode, lang, state, due_at, created_at, menu)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'due', $13, $13, $14)
            """, id, Uuid(ItemId is null ? null : id), Uuid(ItemId), AudienceId, PersonId, AccountId, Lane, Purpose, keys.Seal(Text, "outbox"), (short)segments, unicode, Language, now.UtcDateTime, Menu);
    }

    private static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(value as NpgsqlParameter ?? new() { Value = value });
        return command;
    }

    private static NpgsqlParameter Uuid(Guid? id) => new() { Value = (object?)id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };
}

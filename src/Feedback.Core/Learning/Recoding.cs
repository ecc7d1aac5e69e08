using System.Security.Cryptography;
using System.Text.Json;
using Cea.Feedback.Classification;
using Cea.Feedback.Items;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Learning;

/// <summary>
/// Reads every item anew that nobody has confirmed and whose text is not sealed. What was suggested before stays in its history. The machine only raises: urgency never falls, and
/// what is now read as more sensitive goes to check-first, a closed item only when it is read as class 2, and then it is open again.
/// </summary>
internal sealed class Recoding(Databases databases, KeyRing keys, ITextClassifier reader, WakeUp wakeUp, TimeProvider clock)
{
    private const int Lot = 100;

    /// <summary>To the end; each item its own transaction, with how far it has come.</summary>
    public async Task<LearningOutcome> RunAsync(LearningTask task, TimeSpan lease, CancellationToken ct)
    {
        var (at, changed) = (task.Cursor, 0);
        while (true)
        {
            var facts = await TriageFacts.ReadAsync(databases.Worker, clock.GetUtcNow(), ct);
            var lot = await ReadAsync(at, ct);
            foreach (var item in lot)
                changed += await TryAsync(item, task, facts, ct) ? 1 : 0;
            at = lot.Count > 0 ? lot[^1].Id : at;
            // Dying before this: the lot is looked at again, and what was recoded already is found the same.
            await using var command = databases.Worker.CreateCommand("""
                update learning_task set cursor = $3, looked = looked + $4, lease_until = $5, finished_at = case when $6 then $7 end, outcome = case when $6 then 'done' end
                where id = $1 and attempt = $2 and finished_at is null
                """);
            foreach (var value in new object[] { task.Id, task.Attempt, at, lot.Count(o => o.CircleId == Circle.Open.Id), (clock.GetUtcNow() + lease).UtcDateTime, lot.Count < Lot, clock.GetUtcNow().UtcDateTime })
                command.Parameters.Add(new() { Value = value });
            if (await command.ExecuteNonQueryAsync(ct) != 1)
                throw new InvalidOperationException("a lease was lost");
            if (lot.Count < Lot)
                return new("recode", "done", changed);
        }
    }

    // One that cannot be opened any more, or was in the way of another, stays as it is and stops none of the rest.
    private async Task<bool> TryAsync(Old item, LearningTask task, TriageFacts facts, CancellationToken ct)
    {
        try
        {
            return await RecodeAsync(item, task, facts, ct);
        }
        catch (Exception one) when (one is CryptographicException or PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected })
        {
            return false;
        }
    }

    private async Task<List<Old>> ReadAsync(Guid after, CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand($"""
            select i.id, i.audience_id, i.circle_id, i.sensitivity, i.status, i.service_point_id, i.team_id, i.suggested_type, i.suggested_topics, i.suggested_urgency, s.text, p.stated_lang, i.last_message_at
            from item i
            cross join lateral (
                select string_agg(m.text, E'\n' order by m.at, m.id) as text, bool_or(m.sealed is not null) as locked from message m
                where m.item_id = i.id and m.direction = 'in' and {Message.Stands}) s
            left join person p on p.id = i.person_id
            where i.id > $1 and i.confirmed_at is null and i.anonymised_at is null and i.circle_id <> 1 and not s.locked and length(s.text) > 0 and i.suggestion ->> 'model' is distinct from $2
            order by i.id limit $3
            """);
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = reader.Version });
        command.Parameters.Add(new() { Value = Lot });
        await using var r = await command.ExecuteReaderAsync(ct);
        var rows = new List<Old>();
        while (await r.ReadAsync(ct))
        {
            rows.Add(new(r.GetGuid(0), r.GetInt32(1), r.GetInt16(2), r.GetInt16(3), r.GetString(4), r.IsDBNull(5) ? null : r.GetInt32(5), r.GetInt32(6), r.GetString(7), (string[])r[8], r.GetString(9),
                r.GetString(10), r.IsDBNull(11) ? null : r.GetString(11), r.GetFieldValue<DateTimeOffset>(12)));
        }
        return rows;
    }

    private async Task<bool> RecodeAsync(Old item, LearningTask task, TriageFacts facts, CancellationToken ct)
    {
        var coded = Coded.Of(reader.Read(item.Text, item.StatedLanguage), facts.Codebook, reader.Version, null, new Dictionary<string, string>());
        var (type, topics) = coded.Type == "incomplete" ? (item.Type, item.Topics) : (coded.Type, coded.Topics);
        var urgency = Coded.Higher(coded.Urgency, item.Urgency);
        var rises = (coded.Circle.Id == Circle.CheckFirst.Id && item.CircleId == Circle.Open.Id || coded.Sensitivity > item.Sensitivity) && (item.Status != "closed" || coded.Sensitivity == 2);
        if (!rises && type == item.Type && topics.SequenceEqual(item.Topics) && urgency == item.Urgency)
            return false;
        // A closed item that does not rise keeps codes of its class: none may name what only a circle should read.
        if (!rises && (coded.Sensitivity > item.Sensitivity || coded.Circle.Id == Circle.CheckFirst.Id && item.CircleId == Circle.Open.Id))
            return false;
        var audience = rises ? await Rising.AudienceAsync(databases, item.Id, item.ServicePointId, item.Text, facts, ct) : item.AudienceId;

        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var mine = Sql.Command(connection, """
            select 1 from item where id = $1 and confirmed_at is null and anonymised_at is null and audience_id = $2 and suggested_urgency = $3 and suggested_topics = $4 and last_message_at = $5 for update
            """, item.Id, item.AudienceId, item.Urgency, item.Topics, item.LastMessageAt.UtcDateTime))
        {
            if (await mine.ExecuteScalarAsync(ct) is null)
                return false; // somebody was faster, an officer or a further message: what it is now stands
        }
        var now = clock.GetUtcNow();
        await Sql.RunAsync(connection, "select count_item($1, -1)", ct, item.Id);
        await Sql.RunAsync(connection, "update item set suggested_type = $2, suggested_topics = $3, suggested_urgency = $4, suggested_sensitivity = greatest(suggested_sensitivity, $5), suggestion = $6::jsonb where id = $1", ct,
            item.Id, type, topics, urgency, coded.Sensitivity, coded.SuggestionJson);
        await Sql.RunAsync(connection, "insert into code_change (item_id, audience_id, at, before, after) values ($1, $2, $3, $4::jsonb, $5::jsonb)", ct, item.Id, item.AudienceId, now.UtcDateTime,
            Json(new { type = item.Type, topics = item.Topics, urgency = item.Urgency }), Json(new { type, topics, urgency }));
        await Sql.RunAsync(connection, "select count_item($1, 1)", ct, item.Id);
        if (rises)
            await Rising.ToScreenersAsync(connection, keys, item.Id, audience, Math.Max(item.Sensitivity, coded.Sensitivity), item.TeamId, coded.Alarming, facts, now, ct);
        else if (Coded.RankOf(urgency) > Coded.RankOf(item.Urgency) && item.Status is "new" or "in_progress" or "referred")
            await Rising.HurryAsync(connection, item.Id, item.AudienceId, item.CircleId, item.Sensitivity, item.TeamId, urgency, topics, facts, now, ct);
        if (item.CircleId == Circle.Open.Id) // how many a circle holds is not counted where others see it
            await Sql.RunAsync(connection, "update learning_task set changed = changed + 1 where id = $1 and attempt = $2", ct, task.Id, task.Attempt);
        await transaction.CommitAsync(ct);
        wakeUp.Ring(WakeUp.Items, item.AudienceId, audience);
        return true;
    }

    private static string Json(object codes) => JsonSerializer.Serialize(codes, JsonSerializerOptions.Web);

    private sealed record Old(
        Guid Id, int AudienceId, short CircleId, short Sensitivity, string Status, int? ServicePointId, int TeamId, string Type, string[] Topics, string Urgency, string Text, string? StatedLanguage, DateTimeOffset LastMessageAt);
}

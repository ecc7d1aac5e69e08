using Cea.Feedback.Replies;
using Cea.Feedback.Routing;
using Cea.Feedback.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Standards;

/// <summary>What one sweep of the clocks did.</summary>
public readonly record struct EscalationRound(int Told, IReadOnlyList<(short CircleId, string Step)> NobodyOnCall);

/// <summary>
/// Overdue clocks tell a named person on his own line, without content: first who is on call for the circle or team, then the supervisors who may see the item. With fewer than two
/// of a circle on call all of it is told at once, and a critical item is brought up no oftener than others (S18).
/// Never anybody who may not; with nobody of a circle left its contact outside is told that something waits, and nothing of it (S4). A class 2 item is brought up again every day while it is open.
/// </summary>
public sealed class Escalation(Databases databases, KeyRing keys, TimeProvider clock)
{
    private const int Most = 200;
    private static readonly TimeSpan Daily = TimeSpan.FromHours(24);

    public async Task<EscalationRound> RunAsync(string publicUrl, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var due = new List<Overdue>();
        await using (var command = new NpgsqlCommand("""
            select c.item_id, c.step, c.escalated, c.audience_id, i.circle_id, i.team_id, i.assignee_id, i.urgency, i.sensitivity
            from clock c join item i on i.id = c.item_id
            where c.met_at is null and c.next_at <= $1 and (i.status <> 'closed' or i.unread_at is not null) order by c.next_at limit $2 for update of c skip locked
            """, connection) { Parameters = { new() { Value = now.UtcDateTime }, new() { Value = Most } } })
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                due.Add(new Overdue(reader.GetGuid(0), reader.GetString(1), reader.GetInt32(2), reader.GetInt32(3), reader.GetInt16(4), reader.GetInt32(5), reader.IsDBNull(6) ? null : reader.GetInt32(6), reader.GetString(7), reader.GetInt16(8)));
            }
        }
        var nobody = new List<(short, string)>();
        var told = 0;
        foreach (var overdue in due)
        {
            var (people, onCall) = await WhoAsync(connection, overdue, now, ct);
            if (people.Count == 0)
            {
                nobody.Add((overdue.CircleId, overdue.Step));
                told += await TellOutsideAsync(connection, overdue, now, ct);
            }
            foreach (var (officerId, contact, language) in people)
                told += await TellAsync(connection, overdue, officerId, contact, language, publicUrl, now, ct);
            var next = now + (overdue.Sensitivity == 2 || overdue.Escalated >= 2 ? Daily : overdue.Urgency == "critical" && (overdue.CircleId == 0 || onCall >= RotaList.Fewest) ? TimeSpan.FromMinutes(15) : TimeSpan.FromHours(4));
            await using var moved = new NpgsqlCommand("update clock set escalated = escalated + 1, next_at = $3 where item_id = $1 and step = $2", connection)
            {
                Parameters = { new() { Value = overdue.ItemId }, new() { Value = overdue.Step }, new() { Value = next.UtcDateTime } },
            };
            await moved.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
        return new EscalationRound(told, nobody);
    }

    // First round: who is on call. Later rounds, or with nobody on call: the circle's supervisors and alternates; for open items the team's assignee and supervisors.
    private static async Task<(List<(int OfficerId, byte[]? Contact, string Language)> People, int OnCall)> WhoAsync(NpgsqlConnection connection, Overdue overdue, DateTimeOffset now, CancellationToken ct)
    {
        const string MaySee = "exists (select 1 from officer_access x where x.officer_id = o.id and $1 = any (x.audiences)) and o.active";
        await using var command = new NpgsqlCommand($"""
            with on_call as (
                select distinct o.id, o.contact, o.language from rota r join officer o on o.id = r.officer_id
                where r.starts_at <= $2 and r.ends_at > $2 and (r.circle_id = $3 or ($3 = 0 and r.team_id = $4)) and {MaySee}
            ), above as (
                select o.id, o.contact, o.language from officer o
                where {MaySee} and ('supervisor' = any (o.roles) or o.id = $5 or exists (select 1 from circle_member m where m.officer_id = o.id and m.circle_id = $3 and $3 > 0))
            )
            select id, contact, language, (select count(*)::int from on_call) from on_call where $6 = 0
            union select id, contact, language, (select count(*)::int from on_call) from above where $6 > 0 or (select count(*) from on_call) < case when $3 > 0 then $7 else 1 end
            limit 20
            """, connection)
        {
            Parameters =
            {
                new() { Value = overdue.AudienceId }, new() { Value = now.UtcDateTime }, new() { Value = overdue.CircleId }, new() { Value = overdue.TeamId },
                new() { Value = (object?)overdue.AssigneeId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer }, new() { Value = overdue.Escalated }, new() { Value = RotaList.Fewest },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var people = new List<(int, byte[]?, string)>();
        var onCall = 0;
        while (await reader.ReadAsync(ct))
        {
            people.Add((reader.GetInt32(0), reader.IsDBNull(1) ? null : (byte[])reader[1], reader.GetString(2)));
            onCall = reader.GetInt32(3);
        }
        return (people, onCall);
    }

    private async Task<int> TellAsync(NpgsqlConnection connection, Overdue overdue, int officerId, byte[]? contact, string language, string publicUrl, DateTimeOffset now, CancellationToken ct)
    {
        await using (var note = new NpgsqlCommand("insert into item_event (item_id, audience_id, at, what, detail) values ($1, $2, $3, 'escalated', jsonb_build_object('step', $4::text, 'to', $5::int, 'sent', $6::boolean))", connection)
        {
            Parameters = { new() { Value = overdue.ItemId }, new() { Value = overdue.AudienceId }, new() { Value = now.UtcDateTime }, new() { Value = overdue.Step }, new() { Value = officerId }, new() { Value = contact is not null } },
        })
            await note.ExecuteNonQueryAsync(ct);
        if (contact is null)
            return 0;
        var account = OfficerContact.Open(keys, contact).AccountId;
        var text = language switch
        {
            "fr" => $"Cea : un dossier vous attend ({overdue.Step}). {publicUrl}/items?view=overdue",
            "es" => $"Cea: un caso le espera ({overdue.Step}). {publicUrl}/items?view=overdue",
            "ar" => $"Cea: حالة بانتظارك ({overdue.Step}). {publicUrl}/items?view=overdue",
            _ => $"Cea: an item is waiting for you ({overdue.Step}). {publicUrl}/items?view=overdue",
        };
        var (segments, unicode) = SmsSegments.Count(text);
        await using var queue = new NpgsqlCommand("""
            insert into outbox (id, item_id, audience_id, officer_id, account_id, lane, purpose, body, segments, unicode, lang, state, due_at, created_at) values ($1, $2, $3, $4, $5, 0, 'escalation', $6, $8, $9, $10, 'due', $7, $7)
            """, connection)
        {
            Parameters =
            {
                new() { Value = Guid.CreateVersion7(now) }, new() { Value = overdue.ItemId }, new() { Value = overdue.AudienceId }, new() { Value = officerId }, new() { Value = account },
                new() { Value = keys.Seal(text, "outbox") }, new() { Value = now.UtcDateTime }, new() { Value = (short)segments }, new() { Value = unicode }, new() { Value = language is "fr" or "es" or "ar" ? language : "en" },
            },
        };
        await queue.ExecuteNonQueryAsync(ct);
        return 1;
    }

    private async Task<int> TellOutsideAsync(NpgsqlConnection connection, Overdue overdue, DateTimeOffset now, CancellationToken ct)
    {
        if (overdue.CircleId == 0)
            return 0;
        byte[]? line;
        await using (var find = new NpgsqlCommand("select outside_line from circle where id = $1", connection) { Parameters = { new() { Value = overdue.CircleId } } })
            line = await find.ExecuteScalarAsync(ct) as byte[];
        if (line is null)
            return 0;
        string society;
        await using (var name = new NpgsqlCommand("select value from deployment where name = 'society'", connection))
            society = await name.ExecuteScalarAsync(ct) as string ?? "Red Cross Red Crescent";
        await using var queue = new NpgsqlCommand("""
            with note as (insert into item_event (item_id, audience_id, at, what, detail) values ($2, $3, $7, 'escalated_outside', jsonb_build_object('step', $8::text)))
            insert into outbox (id, item_id, audience_id, circle_id, account_id, lane, purpose, body, segments, state, due_at, created_at) values ($1, $2, $3, $4, $5, 0, 'escalation', $6, 1, 'due', $7, $7)
            """, connection)
        {
            Parameters =
            {
                new() { Value = Guid.CreateVersion7(now) }, new() { Value = overdue.ItemId }, new() { Value = overdue.AudienceId }, new() { Value = overdue.CircleId }, new() { Value = OfficerContact.Open(keys, line).AccountId },
                new() { Value = keys.Seal($"Cea, {society}: a confidential report waits and nobody who may open it is left. Please see to it with them.", "outbox") }, new() { Value = now.UtcDateTime }, new() { Value = overdue.Step },
            },
        };
        await queue.ExecuteNonQueryAsync(ct);
        return 1;
    }

    private sealed record Overdue(Guid ItemId, string Step, int Escalated, int AudienceId, short CircleId, int TeamId, int? AssigneeId, string Urgency, short Sensitivity);
}

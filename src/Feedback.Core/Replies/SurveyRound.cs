using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Feedback.Storage;
using Cea.Feedback.Texts;
using Npgsql;

namespace Cea.Feedback.Replies;

/// <summary>Asks the one question after closing. Never of who has, or had, anything restricted; of minors; of who spoke for others; or of who opted out (S8). Nobody is asked at night: a "no" that is said then answers nothing.</summary>
public sealed class SurveyRound(Databases databases, KeyRing keys, TimeProvider clock)
{
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        if (!(await TellingHours.ReadAsync(connection, ct)).IsOpen(now))
            return 0;
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var due = new List<(Guid ItemId, Guid PersonId, int Audience, string Account, string Code, string Language)>();
        await using (var command = new NpgsqlCommand("""
            select s.item_id, s.person_id, s.audience_id, i.account_id, i.receipt_code, coalesce(p.stated_lang, nullif(i.lang, 'und'), p.detected_lang, 'en')
            from survey s join item i on i.id = s.item_id join person p on p.id = s.person_id left join person_guard g on g.person_id = s.person_id
            where s.asked_at is null and s.due_at <= $1 and i.status = 'closed' and i.circle_id = 0 and i.checked and not i.minor and i.speaks_for = 'self' and i.account_id is not null
              and not coalesce(g.ever_restricted, false)
              and not exists (select 1 from opt_out x join address a on a.hash = x.hash where a.person_id = s.person_id and x.account_id = i.account_id)
            order by s.due_at limit 200 for no key update of s, i skip locked
            """, connection) { Parameters = { new() { Value = now.UtcDateTime } } })
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                due.Add((reader.GetGuid(0), reader.GetGuid(1), reader.GetInt32(2), reader.GetString(3), reader.GetString(4), reader.GetString(5)));
        }
        foreach (var (itemId, personId, audience, account, code, language) in due)
        {
            var said = TextBook.Default.Say(language, "survey", new Dictionary<string, string> { ["code"] = ReceiptCode.Read(code) });
            await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new("update survey set asked_at = $2 where item_id = $1") { Parameters = { new() { Value = itemId }, new() { Value = now.UtcDateTime } } } } };
            foreach (var command in new OwnText(itemId, audience, personId, account, said.Text, said.Language, "survey", Outgoing.SurveyLane).Commands(keys, now))
                batch.BatchCommands.Add(command);
            await batch.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
        return due.Count;
    }
}

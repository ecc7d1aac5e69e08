using System.Globalization;
using Cea.Feedback.Items;
using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using Cea.Feedback.Texts;
using Npgsql;

namespace Cea.Feedback.Media;

/// <summary>
/// The end of a file whose size showed only when it was to be fetched: noted, and the person is told, as where the size was known at once. Whatever the codes (S7): it says that a file was sent, which the
/// sender knows. Once for a message, however many files it had, while it is an answer to it; and to who was told so much within the hour that it may be a machine, nothing more.
/// </summary>
internal sealed class TooLarge(Databases databases, KeyRing keys, TimeProvider clock)
{
    // Later it is no answer any more, but a text of its own, and those have their rules (S8).
    private static readonly TimeSpan IsAnAnswer = TimeSpan.FromMinutes(15);

    /// <param name="canSay">Whether the line takes texts.</param>
    /// <returns>Whether something waits to be sent.</returns>
    public async Task<bool> EndAsync(Guid media, int attempt, long most, bool canSay, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // The person first, then the item, then the file: as triage, and who moves or erases, take them.
        await Sql.RunAsync(connection, "select 1 from person where id = (select e.person_id from media m join message e on e.id = m.message_id where m.id = $1) for no key update", ct, media);
        await Sql.RunAsync(connection, "select 1 from item where id = (select item_id from media where id = $1) for no key update", ct, media);
        if (await Sql.RunAsync(connection, "update media set state = 'too_large', error = null, reference = null, due_at = $3 where id = $1 and attempt = $2 and state = 'pending'", ct, media, attempt, now.UtcDateTime) == 0)
            return false;
        var told = canSay ? await Sql.ListAsync(connection, """
            select m.item_id, m.audience_id, p.id, m.account_id, coalesce(p.stated_lang, nullif(e.lang, 'und'), 'en') from media m join message e on e.id = m.message_id join person p on p.id = e.person_id
            where m.id = $1 and e.recorded_at > $5 and not exists (select 1 from erasure r where r.person_id = p.id and r.state <> 'asked') and not exists (select 1 from opt_out x join address a on a.hash = x.hash where a.person_id = p.id and x.account_id = m.account_id)
              and (select count(*) from outbox o where o.person_id = p.id and o.purpose in ('ack', 'word') and o.created_at > $2 and o.created_at <= $3) < $4
              and not exists (select 1 from media other where other.message_id = m.message_id and other.id <> m.id and other.state = 'too_large')
            """, r => (Item: r.IsDBNull(0) ? (Guid?)null : r.GetGuid(0), Audience: r.GetInt32(1), Person: r.GetGuid(2), Account: r.GetString(3), Language: r.GetString(4)), ct,
            media, (now - Triage.AutomaticWithin).UtcDateTime, now.UtcDateTime, Triage.MostAutomatic, (now - IsAnAnswer).UtcDateTime) : [];
        foreach (var to in told)
        {
            var said = TextBook.Default.Say(to.Language, "file_too_large", Values(most));
            await using var batch = new NpgsqlBatch(connection);
            foreach (var command in new OwnText(to.Item, to.Audience, to.Person, to.Account, said.Text, said.Language, "word", Outgoing.AckLane).Commands(keys, now))
                batch.BatchCommands.Add(command);
            await batch.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
        return told.Count > 0;
    }

    /// <summary>What the text says of the limit, in whole megabytes.</summary>
    internal static Dictionary<string, string> Values(long most) => new() { ["mb"] = (most / 1_000_000).ToString(CultureInfo.InvariantCulture) };
}

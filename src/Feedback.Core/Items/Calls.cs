using Cea.Feedback.Classification;
using Cea.Feedback.Intake;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.Texts;
using Npgsql;

namespace Cea.Feedback.Items;

/// <summary>
/// Telephone calls: each leaves one record, in whatever order its parts come. What was said in it is a message like any other; who says nothing three times within a day
/// asks for attention, and gets one restricted item (S19).
/// </summary>
internal sealed class Calls(KeyRing keys, DateTimeOffset now)
{
    public const int SilentCalls = 3;
    public static readonly TimeSpan Within = TimeSpan.FromHours(24);

    /// <summary>A call ends by then, whatever the provider tells.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(4);

    // What was said may come a little after the word that the call has ended.
    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(10), LooksAgain = TimeSpan.FromMinutes(5);

    /// <summary>What was said in a call, and what the caller wished, on the item that it made or joined.</summary>
    public void Said(TriageWriter writer, Prepared m, PersonState? person, Guid itemId, int audienceId)
    {
        if (m.Received.Fields.GetValueOrDefault("wants") == "call_back")
        {
            writer.Event(itemId, audienceId, "call_back_asked");
            if (person is not null)
                writer.Add("insert into consent (person_id, item_id, kind, answer, version, at) values ($1, $2, 'contact_back', 'yes', $3, $4)", person.Id, itemId, TextBook.NoticeVersion, m.SpokenAt);
        }
        if (m.Received.Fields.GetValueOrDefault("recording") == "failed")
            writer.Event(itemId, audienceId, "recording_lost");
        if (m.Received.Call is not { } call)
            return;
        writer.Add("""
            insert into phone_call (account_id, key, person_id, began_at, outcome, item_id) values ($1, $2, $3, $4, 'message', $5)
            on conflict (account_id, key) do update set outcome = 'message', item_id = excluded.item_id, person_id = coalesce(phone_call.person_id, excluded.person_id)
            """, m.AccountId, Key(m.AccountId, call), person?.Id, m.SpokenAt, itemId);
        writer.Add(Hurry, m.AccountId, keys.Hash($"seen {m.AccountId}", $"{call} {CallStage.Began}"));
    }

    /// <summary>A stage of a call. Null: settled; else how long to wait for the rest of it.</summary>
    public async Task<TimeSpan?> ReportedAsync(NpgsqlConnection connection, TriageWriter writer, Caller caller, CancellationToken ct)
    {
        var (report, person) = (caller.Report, caller.Person);
        var ends = report.Stage == CallStage.Ended || (report.Stage == CallStage.Began && now - caller.ReceivedAt > Longest);
        await using var keep = new NpgsqlCommand("""
            insert into phone_call (account_id, key, person_id, began_at, ended_at, outcome, taken_by, taken_at)
            select $1, $2, $3, $4, case when $5 then $6 end, case when $7 then 'answered' end, o.id, case when o.id is not null then $4 end from (select 1) one left join officer o on o.id = $8
            on conflict (account_id, key) do update set person_id = coalesce(phone_call.person_id, excluded.person_id), began_at = least(phone_call.began_at, excluded.began_at),
                ended_at = coalesce(phone_call.ended_at, excluded.ended_at), outcome = coalesce(phone_call.outcome, excluded.outcome),
                taken_by = coalesce(phone_call.taken_by, excluded.taken_by), taken_at = coalesce(phone_call.taken_at, excluded.taken_at)
            returning outcome is not null, ended_at is not null, item_id is not null
            """, connection)
        {
            Parameters =
            {
                new() { Value = caller.AccountId }, new() { Value = Key(caller.AccountId, report.Call) }, new() { Value = (object?)person?.Id ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid },
                new() { Value = caller.ReceivedAt.UtcDateTime }, new() { Value = ends }, new() { Value = now.UtcDateTime }, new() { Value = report.Stage == CallStage.Answered },
                new() { Value = (object?)report.TakenBy ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer },
            },
        };
        bool spoke, ended, hasItem;
        await using (var reader = await keep.ExecuteReaderAsync(ct))
        {
            await reader.ReadAsync(ct);
            (spoke, ended, hasItem) = (reader.GetBoolean(0), reader.GetBoolean(1), reader.GetBoolean(2));
        }
        if (person is not null)
            writer.Add("update person set last_heard_at = greatest(last_heard_at, $2) where id = $1", person.Id, caller.ReceivedAt);
        if (report.Stage != CallStage.Began)
            writer.Add(Hurry, caller.AccountId, keys.Hash($"seen {caller.AccountId}", $"{report.Call} {CallStage.Began}"));
        if (spoke || hasItem)
            return null;
        if (!ended)
            return report.Stage == CallStage.Began ? LooksAgain : null;
        if (report.Stage == CallStage.Began && !ends)
            return null; // its end is looked at by itself
        if (now - caller.ReceivedAt < Settles)
            return Settles;
        if (person is not null)
            await SilentAsync(connection, writer, caller, person, ct);
        return null;
    }

    private async Task SilentAsync(NpgsqlConnection connection, TriageWriter writer, Caller caller, PersonState person, CancellationToken ct)
    {
        await using var find = new NpgsqlCommand("""
            select count(*) filter (where item_id is null), (array_agg(item_id) filter (where item_id in (select id from item where status <> 'closed')))[1]
            from phone_call where person_id = $1 and began_at > $2 and outcome is null and ended_at is not null
            """, connection) { Parameters = { new() { Value = person.Id }, new() { Value = (now - Within).UtcDateTime } } };
        long silent;
        Guid? item;
        await using (var reader = await find.ExecuteReaderAsync(ct))
        {
            await reader.ReadAsync(ct);
            (silent, item) = (reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetGuid(1));
        }
        if (item is null && silent < SilentCalls)
            return;
        if (item is null)
        {
            item = caller.RowId;
            caller.MakeItem(writer);
            writer.Event(caller.RowId, caller.AudienceId, "silent_calls", $$"""{"calls":{{silent}}}""");
        }
        else if (person.Items.FirstOrDefault(i => i.Id == item) is { } known)
        {
            writer.Event(known.Id, known.AudienceId, "silent_calls", $$"""{"calls":{{silent}}}""");
            writer.LookAgain(known, caller.ReceivedAt);
        }
        // Further ones of the same day are of the same item, for as long as it is open.
        writer.Add("update phone_call set item_id = $3 where person_id = $1 and began_at > $2 and outcome is null and ended_at is not null and item_id is null", person.Id, now - Within, item.Value);
    }

    /// <summary>Restricted first, high, and nothing known: whoever screens decides whether somebody goes and looks.</summary>
    public static Coded Silence(Coding.Codebook codebook, string version) =>
        Coded.Of(Reading.Unreadable, codebook, version, null, new Dictionary<string, string>()) with { Type = "incomplete", Topics = ["other"], Urgency = "high", Sensitivity = 1, Circle = Circle.CheckFirst };

    private byte[] Key(string accountId, string call) => keys.Hash($"call {accountId}", call);

    // The word that it began waits for its end: now it can be settled. One that is being looked at is left alone.
    private const string Hurry = "update inbox i set due_at = now() from seen s where s.account_id = $1 and s.key = $2 and i.id = s.message_id and i.due_at > now() + interval '61 seconds'";

    /// <summary>A stage of a call with whose it is.</summary>
    internal sealed record Caller(Guid RowId, string AccountId, DateTimeOffset ReceivedAt, CallReported Report, PersonState? Person, int AudienceId, Action<TriageWriter> MakeItem);
}

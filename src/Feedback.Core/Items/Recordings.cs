using Cea.Feedback.Classification;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Texts;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Items;

/// <summary>
/// What somebody of ours wrote down for who spoke to him. It is an item of its own, of the caller where the call was put through to the recorder; nothing of a wish to talk in
/// confidence is read by the machine.
/// </summary>
internal static class Recordings
{
    /// <summary>Kind of the only message of a confidential record: how to reach the person, never what happened.</summary>
    public const string ConfidentialKind = "confidential";

    /// <summary>A wish to talk in confidence goes to the strictest circle, which shares on (S2): high, class 2, whatever was written.</summary>
    public static Coded Code(Coded coded, MessageReceived message, TriageFacts facts, string version) => message is SpeechRecorded { Recorded.Confidential: true }
        ? Coded.Of(Reading.Unreadable, facts.Codebook, version, null, message.Fields) with { Type = "request", Topics = ["other"], Urgency = "high", Sensitivity = 2, Circle = facts.Circles.Values.MaxBy(c => c.Strictness)!, Alarming = true }
        : coded;

    /// <summary>Line and person of the call, locked as for a message of his own; unchanged without a call, or when it was not put through to the recorder.</summary>
    public static async Task<(Prepared Message, PersonState? Person)> CallerAsync(NpgsqlConnection connection, TriageWriter writer, Prepared m, CancellationToken ct)
    {
        if (m.Recorded is not { Call: { } call } recorded)
            return (m, null);
        await writer.WriteAsync(ct); // the call may be of this very lot
        while (true)
        {
            // The person first, then the call, as everywhere: two who lock them the other way about would wait for each other.
            await using var find = new NpgsqlCommand("select person_id from phone_call where id = $1 and taken_by = $2", connection) { Parameters = { new() { Value = call }, new() { Value = recorded.By } } };
            var found = await find.ExecuteScalarAsync(ct);
            if (found is null)
                return (m, null);
            PersonState? person = null;
            if (found is Guid of)
            {
                await using var locked = new NpgsqlCommand("select id from person where id = $1 for no key update", connection) { Parameters = { new() { Value = of } } };
                person = await locked.ExecuteScalarAsync(ct) is Guid id ? new PersonState { Id = id, IsNew = false } : null;
            }
            await using var take = new NpgsqlCommand("update phone_call set record_id = coalesce(record_id, $3) where id = $1 and taken_by = $2 and person_id is not distinct from $4 returning account_id", connection)
            {
                Parameters = { new() { Value = call }, new() { Value = recorded.By }, new() { Value = m.Id }, new() { Value = found, NpgsqlDbType = NpgsqlDbType.Uuid } },
            };
            if (await take.ExecuteScalarAsync(ct) is not string line)
                continue; // whose it is was told in between
            m = m with { AccountId = line };
            if (person is not null)
                writer.Heard(m, person);
            return (m, person);
        }
    }

    /// <summary>What was recorded with it, on the item that it made.</summary>
    /// <param name="mayClose">False: told on the spot by the very person that is complained of.</param>
    public static void Keep(TriageWriter writer, Prepared m, PersonState? person, TriageFacts facts, DateTimeOffset now, bool mayClose)
    {
        var recorded = m.Recorded!;
        writer.Add("update item set recorded_by = $2, recorder_sees_until = $3 where id = $1", m.Id, recorded.By, recorded.SeesUntil);
        foreach (var (kind, answer) in recorded.Consents.Where(c => person is not null || c.Key is Consents.Share or Consents.Quote)) // nobody can be reached: nothing is promised
        {
            writer.Add("insert into consent (person_id, item_id, kind, answer, version, at, recorded_by) values ($1, $2, $3, $4, $5, $6, $7)",
                new NpgsqlParameter { Value = (object?)person?.Id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid }, m.Id, kind, answer, TextBook.NoticeVersion, now, recorded.By);
        }
        if (recorded.Interrupted)
            Event(writer, m, recorded, "call_interrupted", now);
        if (recorded.Confidential)
            Event(writer, m, recorded, "wants_confidence", now);
        if (recorded.Speaker is { IsEmpty: false } facts_)
            KeepSpeaker(writer, m, facts_, facts);
        if (recorded.Told is { IsEmpty: false } told)
            Tell(writer, m, person, recorded, told.Value.Trim(), facts, now, mayClose);
    }

    // Told in the call closes an open item at once; what is restricted or unchecked, in danger, or about the recorder's own answer is looked at first.
    private static void Tell(TriageWriter writer, Prepared m, PersonState? person, RecordedSpeech recorded, string told, TriageFacts facts, DateTimeOffset now, bool mayClose)
    {
        var id = Guid.CreateVersion7(now);
        var seal = facts.Circles[m.Coded.Circle.Id].Seals;
        writer.Add("""
            insert into message (id, item_id, person_id, audience_id, direction, kind, author_id, lang, at, recorded_at, text, sealed) values ($1, $2, $3, $4, 'out', 'told', $5, $6, $7, $8, $9, $10)
            """, id, m.Id, new NpgsqlParameter { Value = (object?)person?.Id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid }, m.AudienceId, recorded.By, m.Language, m.SpokenAt, now,
            new NpgsqlParameter { Value = seal ? DBNull.Value : told, NpgsqlDbType = NpgsqlDbType.Text },
            new NpgsqlParameter { Value = seal ? CircleKeys.Seal(told, [facts.CircleKeys[m.Coded.Circle.Id]]) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea });
        if (!recorded.Settles)
            return;
        Event(writer, m, recorded, ToldOnTheSpot.Event, now);
        if (!mayClose || m.Coded.Circle.Id != Circle.Open.Id || m.Coded.Urgency == "critical")
            return;
        writer.Add("""
            update item set status = 'closed', seen_at = $2, first_answer_at = $2, resolved_at = $2, resolution = $3, loop_closed_at = $2, loop_method = $4, next_due_at = null where id = $1
            """, m.Id, now, id.ToString(), ToldOnTheSpot.Method);
        writer.Add("update clock set met_at = $2 where item_id = $1 and met_at is null", m.Id, now);
        Event(writer, m, recorded, "closed", now);
    }

    private static void KeepSpeaker(TriageWriter writer, Prepared m, SpeakerFacts said, TriageFacts facts)
    {
        var row = new Speaker();
        row.Keep(said, m.Coded.Circle.Id == Circle.Open.Id ? [] : [facts.CircleKeys[m.Coded.Circle.Id]]);
        writer.Add("""
            insert into speaker (item_id, sex, age_band, diversity, seeing, hearing, walking, remembering, self_care, communicating, group_size, sealed) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            """, m.Id, Text(row.Sex), Text(row.AgeBand), row.Diversity, Text(row.Seeing), Text(row.Hearing), Text(row.Walking), Text(row.Remembering), Text(row.SelfCare), Text(row.Communicating),
            new NpgsqlParameter { Value = (object?)row.GroupSize ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer }, new NpgsqlParameter { Value = (object?)row.Sealed ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea });
    }

    private static void Event(TriageWriter writer, Prepared m, RecordedSpeech recorded, string what, DateTimeOffset now) =>
        writer.Add("insert into item_event (item_id, audience_id, at, officer_id, what) values ($1, $2, $3, $4, $5)", m.Id, m.AudienceId, now, recorded.By, what);

    private static NpgsqlParameter Text(string? text) => new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}

using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Items;

/// <summary>
/// What somebody added with a receipt code goes to the item of the code, for as long as it is open or was done a short while ago; else, or coded above it, it is an item of its own of the
/// same person, linked to it. The code opens nothing: nobody is answered and no keyword but the confidential one counts.
/// </summary>
internal static class Additions
{
    /// <summary>The item and its person (null: nobody can be answered), locked as for a message of his own. Null item: what the code stands for is no item, or none yet.</summary>
    public static async Task<(PersonState? Person, KnownItem? Item)> FindAsync(NpgsqlConnection connection, TriageWriter writer, string code, CancellationToken ct)
    {
        await writer.WriteAsync(ct); // it may be of this very lot
        const string item = "from receipt r join message m on m.id = r.message_id join item i on i.id = m.item_id";
        PersonState? person = null;
        await using (var locked = new NpgsqlCommand($"select p.id {item} join person p on p.id = i.person_id where r.code = $1 for no key update of p", connection) { Parameters = { new() { Value = code } } })
        {
            if (await locked.ExecuteScalarAsync(ct) is Guid id)
                person = new PersonState { Id = id, IsNew = false };
        }
        await Sql.RunAsync(connection, $"select 1 {item} where r.code = $1 for no key update of i", ct, code); // before it is read: as somebody leaves it who moves or closes it meanwhile
        await using var command = new NpgsqlCommand($"""
            select i.id, i.receipt_code, i.status, i.audience_id, a.circles, i.circle_id, i.sensitivity, i.urgency, i.topics, i.suggested_urgency, i.suggested_topics, i.last_message_at, greatest(i.resolved_at, i.loop_closed_at), i.team_id,
                   i.spoken_at, i.confirmed_at is not null, i.handler_before_id is not null and i.first_answer_at is null, {PersonState.Leaves}
            {item} join audience a on a.id = i.audience_id where r.code = $1
            """, connection) { Parameters = { new() { Value = code } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct))
            return (null, null);
        var known = new KnownItem
        {
            Id = reader.GetGuid(0), Code = reader.GetString(1), Status = reader.GetString(2), AudienceId = reader.GetInt32(3), Circles = (short[])reader[4], CircleId = reader.GetInt16(5), Sensitivity = reader.GetInt16(6), Urgency = reader.GetString(7),
            Topics = (string[])reader[8], SuggestedUrgency = reader.GetString(9), SuggestedTopics = (string[])reader[10], LastMessageAt = reader.GetFieldValue<DateTimeOffset>(11), DoneAt = reader.IsDBNull(12) ? null : reader.GetFieldValue<DateTimeOffset>(12),
            TeamId = reader.GetInt32(13), SpokenAt = reader.GetFieldValue<DateTimeOffset>(14), Confirmed = reader.GetBoolean(15), IsUnansweredComplaint = reader.GetBoolean(16), Leaves = reader.GetBoolean(17),
        };
        person?.Items.Add(known);
        return (person, known);
    }

    /// <summary>Where it goes, and whether that opens it again.</summary>
    public static (KnownItem? Item, bool Reopen) Place(Prepared m, KnownItem? item, DateTimeOffset now) => item switch
    {
        null or { Leaves: true } => (null, false),
        _ when !Joining.Holds(m.Coded.Circle, item.CircleId) => (null, false),
        { IsOpen: true } => (item, false),
        { DoneAt: { } at } when now - at < Joining.ReopenWithin => (item, Joining.Reopens(m)),
        _ => (null, false),
    };
}

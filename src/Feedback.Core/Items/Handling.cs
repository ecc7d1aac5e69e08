using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Items;

/// <summary>
/// Complaints about how somebody was answered (S4): a complaint about staff or about missing answers, of a person with an earlier item that somebody handles, or handled within 14
/// days; and an item that a complaint or a "no" to our question opens again. Each goes to somebody else than that handler, who neither works on it nor, in a circle, sees it.
/// </summary>
internal static class Handling
{
    private static readonly string[] Topics = ["information_language", "staff_conduct"];

    public static bool IsAbout(string type, IEnumerable<string> topics) => type is "complaint" or "incident_report" && topics.Any(Topics.Contains);

    /// <summary>The complaint that the person has made already and that nobody has answered: one complaint in four messages is one item.</summary>
    public static KnownItem? Unanswered(Prepared m, PersonState? person) =>
        IsAbout(m.Coded.Type, m.Coded.Topics) ? person?.Items.LastOrDefault(i => i.IsOpen && !i.Leaves && i.IsUnansweredComplaint && Joining.Holds(m.Coded.Circle, i.CircleId)) : null;

    /// <summary>The person's latest item that somebody handled, and who.</summary>
    /// <param name="itemId">Only what came before it; null: the message has no item yet.</param>
    /// <param name="openOnly">For what everybody will see: a circle's item must not show through its handler (S2).</param>
    public static async Task<Handled?> EarlierAsync(NpgsqlConnection connection, Guid personId, Guid? itemId, bool openOnly, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select item_id, handler_id, circle_id, sensitivity from earlier_handler($1, $2, $3)", connection)
        {
            Parameters = { new() { Value = personId }, new() { Value = (object?)itemId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid }, new() { Value = openOnly } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) && !reader.IsDBNull(1) ? new(reader.GetGuid(0), reader.GetInt32(1), reader.GetInt16(2), reader.GetInt16(3)) : null;
    }

    /// <summary>An earlier item, its handler, and where it lies.</summary>
    internal readonly record struct Handled(Guid ItemId, int HandlerId, short CircleId, short Sensitivity);
}

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

    /// <summary>The person's latest item that somebody handled, and who.</summary>
    /// <param name="itemId">Only what came before it; null: the message has no item yet.</param>
    public static async Task<(Guid ItemId, int HandlerId)?> EarlierAsync(NpgsqlConnection connection, Guid personId, Guid? itemId, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select item_id, handler_id from earlier_handler($1, $2)", connection)
        {
            Parameters = { new() { Value = personId }, new() { Value = (object?)itemId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) && !reader.IsDBNull(1) ? (reader.GetGuid(0), reader.GetInt32(1)) : null;
    }
}

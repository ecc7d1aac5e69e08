using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Replies;

/// <summary>
/// Finds where a claimed test goes, in the claim's transaction, and keeps it from who shall get nothing: who opted out of the line, and a number that is guarded (S8). That the line has taken the
/// test is written for all of them alike; it is all that an administrator ever sees (S2).
/// </summary>
internal sealed class TestAddress(NpgsqlConnection connection, KeyRing keys)
{
    /// <summary>The test could not go out in the time in which somebody waits for it.</summary>
    public const string Late = "test_late";

    public async Task<(OutboxClaim Claim, string? Refused)> FindAsync(OutboxClaim claim, DateTimeOffset now, CancellationToken ct)
    {
        await using var take = new NpgsqlCommand("""
            update line_test t set shown_from = coalesce(t.shown_from, t.at + (floor(extract(epoch from $2 - t.at) / extract(epoch from $4)) + 1)::float8 * $4) where t.outbox_id = $1 and t.sealed is not null and t.at >= $3
            returning t.space, t.sealed, exists (select 1 from opt_out x where x.account_id = t.account_id and x.hash = t.hash),
                exists (select 1 from address a where a.space = t.space and a.hash = t.hash
                        and (exists (select 1 from person_guard g where g.person_id = a.person_id and g.ever_restricted) or exists (select 1 from item i where i.person_id = a.person_id and i.circle_id = 1)))
            """, connection)
        {
            Parameters = { new() { Value = claim.Id }, new() { Value = now.UtcDateTime }, new() { Value = (now - LineTestRow.GoesOutWithin).UtcDateTime }, new() { Value = LineTestRow.Step } },
        };
        await using var reader = await take.ExecuteReaderAsync(ct);
        var refused = !await reader.ReadAsync(ct) ? Late
            : reader.GetBoolean(2) ? SendFailure.PersonOptedOut.Code
            : reader.GetBoolean(3) ? "held" : null;
        return refused is null ? (claim with { Address = new ContactAddress(reader.GetString(0), keys.OpenText((byte[])reader[1], "address")) }, null) : (claim with { Text = null }, refused);
    }
}

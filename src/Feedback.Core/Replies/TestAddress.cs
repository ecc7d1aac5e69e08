using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Replies;

/// <summary>Finds where a claimed test goes, in the claim's transaction, and keeps it from who shall get nothing: who opted out of the line, and a number that is guarded (S8).</summary>
internal sealed class TestAddress(NpgsqlConnection connection, KeyRing keys)
{
    /// <summary>The test could not go out in the time in which somebody waits for it.</summary>
    public const string Late = "test_late";

    public async Task<(OutboxClaim Claim, string? Refused)> FindAsync(OutboxClaim claim, DateTimeOffset now, CancellationToken ct)
    {
        await using var find = new NpgsqlCommand("""
            select t.space, t.sealed, t.at, exists (select 1 from opt_out x where x.account_id = t.account_id and x.hash = t.hash),
                exists (select 1 from address a where a.space = t.space and a.hash = t.hash
                        and (exists (select 1 from person_guard g where g.person_id = a.person_id and g.ever_restricted) or exists (select 1 from item i where i.person_id = a.person_id and i.circle_id = 1)))
            from line_test t where t.outbox_id = $1 and t.sealed is not null
            """, connection) { Parameters = { new() { Value = claim.Id } } };
        await using var reader = await find.ExecuteReaderAsync(ct);
        var there = await reader.ReadAsync(ct);
        var refused = !there || reader.GetFieldValue<DateTimeOffset>(2) < now - LineTestRow.GoesOutWithin ? Late
            : reader.GetBoolean(3) ? SendFailure.PersonOptedOut.Code
            : reader.GetBoolean(4) ? "held" : null;
        return refused is null ? (claim with { Address = new ContactAddress(reader.GetString(0), keys.OpenText((byte[])reader[1], "address")) }, null) : (claim with { Text = null }, refused);
    }
}

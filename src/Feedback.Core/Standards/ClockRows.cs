namespace Cea.Feedback.Standards;

/// <summary>How clocks stand in the database.</summary>
internal static class ClockRows
{
    /// <summary>
    /// Starts clocks of an item on which something is said, or found, that makes more of it: $1 item, $2 audience, $3 steps, $4 due times. What runs keeps the earlier time; what was seen or answered is to be
    /// seen and answered again, and whatever else is met stays met.
    /// </summary>
    public const string Start = """
        insert into clock (item_id, step, audience_id, due_at, next_at) select $1, s, $2, d, d from unnest($3::text[], $4::timestamptz[]) as c (s, d)
        on conflict (item_id, step) do update set met_at = case when clock.step in ('seen', 'answer') then null else clock.met_at end, escalated = case when clock.met_at is null then clock.escalated else 0 end,
            due_at = case when clock.met_at is null then least(clock.due_at, excluded.due_at) when clock.step in ('seen', 'answer') then excluded.due_at else clock.due_at end,
            next_at = case when clock.met_at is null then least(clock.next_at, excluded.due_at) when clock.step in ('seen', 'answer') then excluded.due_at else clock.next_at end
        """;

    /// <summary>Starts them anew: $1 item, $2 audience, $3 steps, $4 due times.</summary>
    public const string StartAgain = """
        insert into clock (item_id, step, audience_id, due_at, next_at) select $1, s, $2, d, d from unnest($3::text[], $4::timestamptz[]) as c (s, d)
        on conflict (item_id, step) do update set due_at = excluded.due_at, next_at = excluded.due_at, met_at = null, escalated = 0
        """;

    /// <summary>What is due next on the item $1.</summary>
    public const string Next = "update item set next_due_at = (select min(due_at) from clock where item_id = $1 and met_at is null) where id = $1";
}

using Cea.Feedback.Items;
using Cea.Feedback.Media;
using Cea.Feedback.Standards;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Safeguarding;

/// <summary>What the machine does with an item that it finds to be more than it was taken for: it goes to the screeners, or its clocks run shorter. Never the other way.</summary>
internal static class Rising
{
    /// <summary>Of the screeners, without whom the text names and whom the item was kept from before (S4). Made outside of the item's transaction.</summary>
    public static async Task<int> AudienceAsync(Databases databases, Guid item, int? servicePointId, string text, TriageFacts facts, CancellationToken ct)
    {
        var (alternateOnly, excluded) = Coded.Withheld(Circle.CheckFirst, servicePointId, text, facts.People);
        await using var command = databases.Worker.CreateCommand("select array_remove(a.excluded || i.handler_before_id, null), a.alternate_only from item i join audience a on a.id = i.audience_id where i.id = $1");
        command.Parameters.Add(new() { Value = item });
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            if (await reader.ReadAsync(ct))
                (excluded, alternateOnly) = ([.. excluded.Concat((int[])reader[0]).Distinct().Order()], alternateOnly || reader.GetBoolean(1));
        }
        return await AudienceIds.FindOrMakeAsync(databases.Worker, [Circle.CheckFirst.Id], servicePointId, alternateOnly, excluded, ct);
    }

    /// <summary>To the screeners, sealed: nobody outside them goes on reading it. A closed one is open again.</summary>
    /// <param name="audience">Theirs, of <see cref="AudienceAsync"/>.</param>
    public static async Task ToScreenersAsync(NpgsqlConnection connection, KeyRing keys, Guid item, int audience, short sensitivity, int team, bool alarming, TriageFacts facts, DateTimeOffset now, CancellationToken ct)
    {
        var key = facts.CircleKeys[Circle.CheckFirst.Id];
        foreach (var (id, text) in await Sql.ListAsync(connection, "select id, text from message where item_id = $1 and text is not null", r => (r.GetGuid(0), r.GetString(1)), ct, item))
            await Sql.RunAsync(connection, "update message set text = null, sealed = $2 where id = $1", ct, id, CircleKeys.Seal(text, key));
        foreach (var (id, own) in await Sql.ListAsync(connection, "select id, key_sealed from media where item_id = $1 and key_sealed is not null for update", r => (r.GetGuid(0), (byte[])r[1]), ct, item))
            await Sql.RunAsync(connection, "update media set key_sealed = null, key_circles = $2 where id = $1", ct, id, CircleKeys.Seal((ReadOnlySpan<byte>)keys.Open(own, MediaFetching.FileKey), key));
        await Speaker.SealAsync(connection, item, key, ct);
        await Sql.RunAsync(connection, "delete from raw_call where id in (select id from message where item_id = $1)", ct, item);
        await Sql.RunAsync(connection, """
            update item set status = 'in_progress', resolved_at = null, loop_closed_at = null, loop_method = null, loop_impossible = null, closing_outbox_id = null, reopened = reopened + 1
            where id = $1 and status in ('resolved', 'closed')
            """, ct, item);
        await Sql.RunAsync(connection, "delete from survey where item_id = $1 and asked_at is null", ct, item);
        await ShiftAsync(connection, item, audience, sensitivity, team, ClockPlan.Unchecked(now, alarming), now, ct);
    }

    /// <summary>Into another audience of the screeners, with the clock of their check.</summary>
    public static async Task ShiftAsync(NpgsqlConnection connection, Guid item, int audience, short sensitivity, int team, PlannedClock check, DateTimeOffset now, CancellationToken ct)
    {
        await Sql.RunAsync(connection, "select shift_item($1, $2, $3, $4, false, $5, $6, $7)", ct, item, audience, Circle.CheckFirst.Id, sensitivity, team, new[] { check.Step }, new[] { check.DueAt.UtcDateTime });
        await Sql.RunAsync(connection, "insert into item_event (item_id, audience_id, at, what) values ($1, $2, $3, 'moved')", ct, item, audience, now.UtcDateTime);
    }

    /// <summary>The shorter clocks hold from now: earlier nobody could know.</summary>
    public static async Task HurryAsync(NpgsqlConnection connection, Guid item, int audience, short circleId, short sensitivity, int team, string urgency, string[] topics, TriageFacts facts, DateTimeOffset now, CancellationToken ct)
    {
        var clocks = ClockPlan.Of(facts.Running(urgency, circleId), sensitivity, topics, now, facts.Standards, facts.Calendars.GetValueOrDefault(team) ?? WorkingCalendar.Always).ToList();
        await Sql.RunAsync(connection, ClockRows.Start, ct, item, audience, clocks.Select(c => c.Step).ToArray(), clocks.Select(c => c.DueAt.UtcDateTime).ToArray());
        await Sql.RunAsync(connection, ClockRows.Next, ct, item);
        await Sql.RunAsync(connection, "update item set unread_at = coalesce(unread_at, $2) where id = $1 and seen_at is not null", ct, item, now.UtcDateTime);
    }
}

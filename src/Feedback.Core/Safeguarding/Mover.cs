using Cea.Feedback.Coding;
using Cea.Feedback.Items;
using Cea.Feedback.Standards;
using Cea.Feedback.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Cea.Feedback.Safeguarding;

/// <summary>Moves an item to another circle: texts sealed or opened, conflict of interest looked at, team and clocks anew, counts with it.</summary>
public sealed class Mover(FeedbackDb db, Databases databases, ItemTexts texts, TimeProvider clock)
{
    /// <param name="circleId">Where it goes; 0: open.</param>
    /// <param name="sharedWith">Further circles that may see it: the stricter one keeps it and shares on (S2).</param>
    public async Task MoveAsync(Item item, short circleId, short sensitivity, IReadOnlyList<short> sharedWith, CancellationToken ct)
    {
        var facts = await TriageFacts.ReadAsync(databases.Worker, clock.GetUtcNow(), ct);
        var circle = facts.Circles[circleId];
        var text = await texts.FirstTextAsync(item, ct) ?? throw new RuleException("sealed_to_others");
        // Everything that was said, and everybody who would see it: in a later message, or in a circle that it is shared with, may be his name (S4).
        var said = await texts.SaidAsync(item, ct);
        var shared = sharedWith.Where(c => c > 1 && c != circleId && facts.Circles.ContainsKey(c)).Distinct().ToArray();
        var (alternateOnly, excluded) = Coded.Withheld(circle, item.ServicePointId, said, facts.People);
        excluded = [.. excluded.Concat(shared.SelectMany(c => Coded.Withheld(facts.Circles[c], item.ServicePointId, said, facts.People).Excluded)).Distinct().Order()];
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var complained = item.PersonId is { } person && Handling.IsAbout(item.Type, item.Topics) ? await Handling.EarlierAsync(connection, person, item.Id, openOnly: circleId == Circle.Open.Id, ct) : null;
        if (complained is { } c)
        {
            item.HandlerBeforeId = c.HandlerId;
            if (facts.People.Any(p => p.OfficerId == c.HandlerId && (p.CircleId == circleId || shared.Contains(p.CircleId))))
                excluded = [.. excluded.Append(c.HandlerId).Distinct().Order()];
        }
        var audience = await AudienceIds.FindOrMakeAsync(connection, [circleId, .. shared], circleId == 0 ? null : item.ServicePointId, alternateOnly, excluded, ct);
        await texts.RewriteAsync(item, audience, ct);
        var team = Routing.Router.TeamOf(facts.Rules, facts.Codebook, item.Topics, item.ServicePointId, item.Lang, item.Urgency, circleId, item.Channel);
        var screened = circleId != Circle.CheckFirst.Id;
        var clocks = !screened ? [ClockPlan.Unchecked(item.RecordedAt, alarming: true)] : item.IsOpen || item.UnreadAt is not null
            ? ClockPlan.Of(facts.Running(item.Urgency, circleId), sensitivity, item.Topics, item.SpokenAt, facts.Standards, facts.Calendars.GetValueOrDefault(team) ?? WorkingCalendar.Always).Where(c => item.IsOpen || c.Step == "seen").ToList() : [];
        texts.Event(item, "moved");
        await db.SaveChangesAsync(ct);
        var steps = clocks.Select(c => c.Step).ToArray();
        var due = clocks.Select(c => c.DueAt.UtcDateTime).ToArray();
        if (circleId == 0)
            await db.Database.ExecuteSqlAsync($"insert into open_search (item_id, text, search) values ({item.Id}, {text}, to_tsvector('cea', {text})) on conflict (item_id) do update set text = excluded.text, search = excluded.search", ct);
        if (complained is { } of && circleId == 0)
            await db.Database.SqlQuery<int?>($"select assign_other({item.Id}, {of.HandlerId}, {audience}) as \"Value\"").SingleAsync(ct);
        var moved = await db.Database.SqlQuery<bool>($"select move_item({item.Id}, {audience}, {circleId}, {sensitivity}, {screened}, {team}, {steps}, {due}) as \"Value\"").SingleAsync(ct);
        if (!moved)
            throw new RuleException("item_not_found");
        foreach (var entry in db.ChangeTracker.Entries().ToList())
            entry.State = EntityState.Detached; // it may be out of this officer's sight now
    }

    /// <summary>An item that only the alternate saw becomes its circles' own, those it may be about left out. Texts stay sealed to the same keys; clocks that run go on.</summary>
    public async Task ReleaseAsync(Item item, Audience from, int[] excluded, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync($"select 1 from item where id = {item.Id} for no key update", ct); // before the new audience: else whoever has the item waits for that, and this for the item
        var audience = await AudienceIds.FindOrMakeAsync((NpgsqlConnection)db.Database.GetDbConnection(), from.Circles, from.ServicePointId, alternateOnly: false, excluded, ct);
        var running = await db.Clocks.AsNoTracking().Where(c => c.ItemId == item.Id && c.MetAt == null).ToListAsync(ct);
        await db.SaveChangesAsync(ct);
        var steps = running.Select(c => c.Step).ToArray();
        var due = running.Select(c => c.DueAt.UtcDateTime).ToArray();
        if (!await db.Database.SqlQuery<bool>($"select move_item({item.Id}, {audience}, {item.CircleId}, {item.Sensitivity}, {item.Checked}, {item.TeamId}, {steps}, {due}) as \"Value\"").SingleAsync(ct))
            throw new RuleException("item_not_found");
        foreach (var entry in db.ChangeTracker.Entries().ToList())
            entry.State = EntityState.Detached;
    }
}

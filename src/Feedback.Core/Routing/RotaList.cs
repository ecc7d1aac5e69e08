using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Routing;

public sealed record RotaTurnRow(int Id, short? CircleId, int? TeamId, int OfficerId, string Officer, DateTimeOffset StartsAt, DateTimeOffset EndsAt);

/// <summary>Somebody to be on call for: a circle or a team, who may take a turn, and since when in the coming days fewer than two are on call (S18).</summary>
public sealed record RotaGroup(short? CircleId, int? TeamId, string Name, bool MayChange, IReadOnlyList<OfficerName> Officers, int OnCallNow, DateTimeOffset? ThinFrom, IReadOnlyList<RotaTurnRow> Turns);

public sealed record RotaShown(IReadOnlyList<RotaGroup> Groups, TimeZoneInfo Zone);

/// <summary>Who is on call. Turns of a circle are its members', who also plan them; turns of a team the administrators'.</summary>
public sealed record RotaList : IRead<RotaShown>
{
    public const int LookAheadDays = 14, Fewest = 2;

    public Right Needs => Right.SignedIn;

    internal sealed class Handler(FeedbackDb db, Officer officer, TimeProvider clock) : IRequestHandler<RotaList, RotaShown>
    {
        public async Task<RotaShown> Handle(RotaList request, CancellationToken ct)
        {
            if (!officer.May(Right.ManageCircles) && !officer.May(Right.ManageSettings))
                throw new RuleException("not_allowed");
            var now = clock.GetUtcNow();
            var names = await db.Officers.Where(o => o.Active).ToDictionaryAsync(o => o.Id, o => o.DisplayName, ct);
            var turns = (await db.Rota.AsNoTracking().Where(r => r.EndsAt > now).OrderBy(r => r.StartsAt).ToListAsync(ct))
                .Select(r => new RotaTurnRow(r.Id, r.CircleId, r.TeamId, r.OfficerId, names.GetValueOrDefault(r.OfficerId, ""), r.StartsAt, r.EndsAt)).ToList();
            var circlePeople = (await db.CircleMembers.AsNoTracking().Where(m => m.ConfirmedAt != null).ToListAsync(ct)).ToLookup(m => m.CircleId, m => m.OfficerId);
            var teamPeople = (await db.TeamMembers.AsNoTracking().ToListAsync(ct)).ToLookup(m => m.TeamId, m => m.OfficerId);
            var groups = (await db.Circles.OrderBy(c => c.Strictness).Select(c => new { c.Id, c.Code }).ToListAsync(ct))
                .Select(c => Group(c.Id, null, c.Code, circlePeople[c.Id].Contains(officer.Id) && officer.May(Right.ManageCircles), circlePeople[c.Id], [.. turns.Where(t => t.CircleId == c.Id)]))
                .Concat((await db.Teams.Where(t => t.Active).OrderBy(t => t.Name).Select(t => new { t.Id, t.Name }).ToListAsync(ct))
                .Select(t => Group(null, t.Id, t.Name, officer.May(Right.ManageSettings), teamPeople[t.Id], [.. turns.Where(r => r.TeamId == t.Id)])));
            return new RotaShown([.. groups], await DeploymentValues.ZoneAsync(db, ct));

            RotaGroup Group(short? circle, int? team, string name, bool mayChange, IEnumerable<int> people, IReadOnlyList<RotaTurnRow> own) =>
                new(circle, team, name, mayChange, [.. people.Where(names.ContainsKey).Select(p => new OfficerName(p, names[p])).OrderBy(p => p.Name)], OnCall(own, now), circle is null ? null : ThinFrom(own, now), own);
        }

        private static int OnCall(IEnumerable<RotaTurnRow> turns, DateTimeOffset at) => turns.Where(t => t.Officer.Length > 0 && t.StartsAt <= at && t.EndsAt > at).Select(t => t.OfficerId).Distinct().Count();

        // The number on call changes only where a turn begins or ends.
        private static DateTimeOffset? ThinFrom(IReadOnlyList<RotaTurnRow> turns, DateTimeOffset now)
        {
            var moments = turns.SelectMany(t => new[] { t.StartsAt, t.EndsAt }).Append(now).Where(m => m >= now && m < now.AddDays(LookAheadDays)).Distinct().Order();
            foreach (var moment in moments)
            {
                if (OnCall(turns, moment) < Fewest)
                    return moment;
            }
            return null;
        }
    }
}

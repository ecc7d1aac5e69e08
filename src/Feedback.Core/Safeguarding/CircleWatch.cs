using Cea.Feedback.Officers;
using Cea.Feedback.Routing;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Safeguarding;

/// <summary>How many may open what a circle holds, and how many of them are on call now.</summary>
public sealed record CircleWatchRow(string Code, int Holders, int OnCall)
{
    public bool TooFewHolders => Holders < RotaList.Fewest;

    /// <summary>Critical clocks do not run (S18).</summary>
    public bool TooFewOnCall => OnCall < RotaList.Fewest;
}

/// <summary>How the reader's own circles are watched, so that their pages say when it is by too few; of check-first also for who screens without being let in yet (S1).</summary>
public sealed record CircleWatch : IRead<IReadOnlyList<CircleWatchRow>>
{
    /// <summary>SQL: of each circle that has any, how many members are on call now.</summary>
    public const string OnCallNow = """
        select r.circle_id as "CircleId", count(distinct r.officer_id)::int as "OnCall" from rota r
        join circle_member m on m.circle_id = r.circle_id and m.officer_id = r.officer_id and m.confirmed_at is not null join officer o on o.id = r.officer_id and o.active
        where r.starts_at <= now() and r.ends_at > now() group by 1
        """;

    public Right Needs => Right.ReadItems;

    private sealed record CircleOnCall(short CircleId, int OnCall);

    /// <summary>How many members of each circle are on call; a circle without any has no entry.</summary>
    internal static async Task<IReadOnlyDictionary<short, int>> OnCallAsync(FeedbackDb db, CancellationToken ct) =>
        (await db.Database.SqlQueryRaw<CircleOnCall>(OnCallNow).ToListAsync(ct)).ToDictionary(c => c.CircleId, c => c.OnCall);

    internal sealed class Handler(FeedbackDb db, Officer officer) : IRequestHandler<CircleWatch, IReadOnlyList<CircleWatchRow>>
    {
        public async Task<IReadOnlyList<CircleWatchRow>> Handle(CircleWatch request, CancellationToken ct)
        {
            var screens = officer.May(Right.Screen);
            var mine = await db.Circles.AsNoTracking().Where(c => (screens && c.Id == Circle.CheckFirst.Id) || db.CircleMembers.Any(m => m.CircleId == c.Id && m.OfficerId == officer.Id && m.ConfirmedAt != null)).OrderBy(c => c.Strictness).Select(c => new
            {
                c.Id, c.Code, Holders = db.CircleMembers.Count(m => m.CircleId == c.Id && m.ConfirmedAt != null && m.WrappedKey != null && db.Officers.Any(o => o.Id == m.OfficerId && o.Active)),
            }).ToListAsync(ct);
            if (mine.Count == 0)
                return [];
            var onCall = await OnCallAsync(db, ct);
            return [.. mine.Select(c => new CircleWatchRow(c.Code, c.Holders, onCall.GetValueOrDefault(c.Id)))];
        }
    }
}

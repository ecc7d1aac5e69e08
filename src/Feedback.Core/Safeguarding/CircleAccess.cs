using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Safeguarding;

/// <summary>Whether the present officer belongs to a circle: no role does (S3).</summary>
internal static class CircleAccess
{
    /// <summary>Refuses who is no confirmed member.</summary>
    /// <exception cref="RuleException">not_of_the_circle.</exception>
    public static async Task MineAsync(FeedbackDb db, Officer officer, short circleId, CancellationToken ct)
    {
        if (!await db.CircleMembers.AnyAsync(m => m.CircleId == circleId && m.OfficerId == officer.Id && m.ConfirmedAt != null, ct))
            throw new RuleException("not_of_the_circle");
    }

    public static void Announce(FeedbackDb db, short circleId, string what, int about, Officer by, DateTimeOffset now) =>
        db.CircleNotices.Add(new CircleNotice { CircleId = circleId, At = now, What = what, OfficerId = about, ById = by.Id });

    /// <summary>Rows of a circle are changed by one at a time, so that two parallel removals do not leave nobody.</summary>
    public static async Task<CircleRow> LockAsync(FeedbackDb db, short circleId, CancellationToken ct) =>
        await db.Circles.FromSql($"select * from circle where id = {circleId} for update").FirstOrDefaultAsync(ct) ?? throw new RuleException("circle_not_found");
}

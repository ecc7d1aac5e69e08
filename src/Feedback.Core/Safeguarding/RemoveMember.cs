using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Safeguarding;

/// <summary>A member takes somebody out of his circle, or leaves it, or withdraws a proposal. Two who hold the key always stay: a circle of one cannot clear anybody.</summary>
public sealed record RemoveMember(short CircleId, int OfficerId, Guid ClientId) : IWrite<int>
{
    private const int Fewest = 2;

    public Right Needs => Right.ManageCircles;

    public object? AuditDetail => new { circle = CircleId, officer = OfficerId };

    internal sealed class Handler(FeedbackDb db, Officer officer, TimeProvider clock) : IRequestHandler<RemoveMember, int>
    {
        public async Task<int> Handle(RemoveMember request, CancellationToken ct)
        {
            await CircleAccess.LockAsync(db, request.CircleId, ct);
            await CircleAccess.MineAsync(db, officer, request.CircleId, ct);
            var member = await db.CircleMembers.FindAsync([request.CircleId, request.OfficerId], ct) ?? throw new RuleException("member_not_found");
            if (member.ConfirmedAt is not null && await db.CircleMembers.CountAsync(m => m.CircleId == request.CircleId && m.OfficerId != request.OfficerId && m.ConfirmedAt != null && m.WrappedKey != null, ct) < Fewest)
                throw new RuleException("circle_too_small");

            var now = clock.GetUtcNow();
            await db.Rota.Where(r => r.CircleId == request.CircleId && r.OfficerId == request.OfficerId && r.StartsAt > now).ExecuteDeleteAsync(ct);
            await db.Rota.Where(r => r.CircleId == request.CircleId && r.OfficerId == request.OfficerId && r.EndsAt > now).ExecuteUpdateAsync(r => r.SetProperty(x => x.EndsAt, now), ct);
            db.CircleMembers.Remove(member);
            CircleAccess.Announce(db, request.CircleId, member.ConfirmedAt is null ? "withdrawn" : "removed", request.OfficerId, officer, now);
            return request.OfficerId;
        }
    }
}

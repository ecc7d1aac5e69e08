using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Safeguarding;

/// <summary>A member proposes somebody for his circle, for named service points or all. In force only when another member confirms (S3).</summary>
public sealed record ProposeMember(short CircleId, int OfficerId, IReadOnlyList<int>? ServicePoints, bool Alternate, Guid ClientId) : IWrite<int>
{
    public Right Needs => Right.ManageCircles;

    public object? AuditDetail => new { circle = CircleId, officer = OfficerId };

    internal sealed class Handler(FeedbackDb db, Officer officer, TimeProvider clock) : IRequestHandler<ProposeMember, int>
    {
        public async Task<int> Handle(ProposeMember request, CancellationToken ct)
        {
            await CircleAccess.MineAsync(db, officer, request.CircleId, ct);
            if (request.OfficerId == officer.Id)
                throw new RuleException("not_for_yourself");
            var check = new FieldCheck();
            check.Need(await db.Officers.AnyAsync(o => o.Id == request.OfficerId && o.Active && o.PublicKey != null && o.PasswordHash != null, ct), "officer", "needed");
            check.Need(request.ServicePoints is null || (request.ServicePoints.Count > 0 && await db.ServicePoints.CountAsync(s => request.ServicePoints.Contains(s.Id), ct) == request.ServicePoints.Count), "service_points", "needed");
            check.Refuse();
            if (await db.CircleMembers.AnyAsync(m => m.CircleId == request.CircleId && m.OfficerId == request.OfficerId, ct))
                throw new RuleException("already_member");

            db.CircleMembers.Add(new CircleMember
            {
                CircleId = request.CircleId, OfficerId = request.OfficerId, ServicePoints = request.ServicePoints is { } places ? [.. places] : null, Alternate = request.Alternate,
                ProposedBy = officer.Id, ProposedAt = clock.GetUtcNow(),
            });
            CircleAccess.Announce(db, request.CircleId, "proposed", request.OfficerId, officer, clock.GetUtcNow());
            return request.OfficerId;
        }
    }
}

using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Learning;

/// <summary>
/// Members of a sealing circle let the classifier learn from what they confirm from then on: one proposes it, a second allows it. Copies of those texts are kept under the
/// deployment's key, shown to nobody; before that, none.
/// </summary>
public sealed record AllowTraining(short CircleId, Guid ClientId) : IWrite<short>
{
    public Right Needs => Right.ManageCircles;

    public object? AuditDetail => new { circle = CircleId };

    internal sealed class Handler(FeedbackDb db, Officer officer, TimeProvider clock) : IRequestHandler<AllowTraining, short>
    {
        public async Task<short> Handle(AllowTraining request, CancellationToken ct)
        {
            var circle = await CircleAccess.LockAsync(db, request.CircleId, ct);
            await CircleAccess.MineAsync(db, officer, request.CircleId, ct);
            if (!circle.Seals || circle.Id == Circle.CheckFirst.Id)
                throw new RuleException("circle_not_found");
            var consent = await db.TrainingConsents.FindAsync([circle.Id], ct);
            if (consent is null)
            {
                db.TrainingConsents.Add(new TrainingConsent { CircleId = circle.Id, ProposedBy = officer.Id, ProposedAt = clock.GetUtcNow() });
            }
            else
            {
                if (consent.ProposedBy == officer.Id)
                    throw new RuleException("second_person_needed");
                (consent.AllowedBy, consent.AllowedAt) = (officer.Id, clock.GetUtcNow());
            }
            CircleAccess.Announce(db, circle.Id, consent is null ? "learning_proposed" : "learning_allowed", officer.Id, officer, clock.GetUtcNow());
            return circle.Id;
        }
    }
}

/// <summary>Any one member ends it: the copies are destroyed with it, and the next model is trained without them.</summary>
public sealed record StopTraining(short CircleId, Guid ClientId) : IWrite<short>
{
    public Right Needs => Right.ManageCircles;

    public object? AuditDetail => new { circle = CircleId };

    internal sealed class Handler(FeedbackDb db, Officer officer, TimeProvider clock) : IRequestHandler<StopTraining, short>
    {
        public async Task<short> Handle(StopTraining request, CancellationToken ct)
        {
            await CircleAccess.LockAsync(db, request.CircleId, ct);
            await CircleAccess.MineAsync(db, officer, request.CircleId, ct);
            if (await db.TrainingConsents.Where(c => c.CircleId == request.CircleId).ExecuteDeleteAsync(ct) > 0)
                CircleAccess.Announce(db, request.CircleId, "learning_stopped", officer.Id, officer, clock.GetUtcNow());
            return request.CircleId;
        }
    }
}

using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Routing;

/// <summary>Takes a turn off the rota. The page warns where fewer than two are left on call.</summary>
public sealed record DeleteRotaTurn(int Id, short? CircleId, Guid ClientId) : IWrite<int>
{
    public Right Needs => CircleId is null ? Right.ManageSettings : Right.ManageCircles;

    public object? AuditDetail => new { turn = Id, circle = CircleId };

    internal sealed class Handler(FeedbackDb db, Officer officer) : IRequestHandler<DeleteRotaTurn, int>
    {
        public async Task<int> Handle(DeleteRotaTurn request, CancellationToken ct)
        {
            if (request.CircleId is { } circle)
                await CircleAccess.MineAsync(db, officer, circle, ct);
            var turn = await db.Rota.FirstOrDefaultAsync(r => r.Id == request.Id && r.CircleId == request.CircleId, ct) ?? throw new RuleException("turn_not_found");
            db.Rota.Remove(turn);
            return turn.Id;
        }
    }
}

using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Intake;

/// <summary>Lets dead letters be tried again from the start, after whatever stopped them was mended.</summary>
/// <param name="Id">Which; null: all that are listed.</param>
public sealed record RetryDeadLetter(Guid? Id, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.ManageAccounts;

    internal sealed class Handler(FeedbackDb db, WakeUp wakeUp) : IRequestHandler<RetryDeadLetter, bool>
    {
        public async Task<bool> Handle(RetryDeadLetter request, CancellationToken ct)
        {
            var alive = await db.Database.SqlQuery<bool>($"select retry_dead_letter(id) as \"Value\" from dead_letters() where id = coalesce(cast({request.Id} as uuid), id)").ToListAsync(ct);
            if (!alive.Contains(true))
                throw new RuleException("dead_letter_not_found");
            wakeUp.Ring(WakeUp.Triage);
            return true;
        }
    }
}

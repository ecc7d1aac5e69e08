using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Intake;

/// <summary>Lets dead letters be tried again from the start, after whatever stopped them was mended.</summary>
/// <param name="Id">Which; null: all.</param>
public sealed record RetryDeadLetter(Guid? Id, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.ManageAccounts;

    internal sealed class Handler(FeedbackDb db, WakeUp wakeUp) : IRequestHandler<RetryDeadLetter, bool>
    {
        public async Task<bool> Handle(RetryDeadLetter request, CancellationToken ct)
        {
            var again = request.Id is { } id
                ? await db.Database.SqlQuery<bool>($"select retry_dead_letter({id}) as \"Value\"").SingleAsync(ct)
                : await db.Database.SqlQuery<int>($"select retry_dead_letters() as \"Value\"").SingleAsync(ct) > 0;
            if (!again)
                throw new RuleException("dead_letter_not_found");
            wakeUp.Ring(WakeUp.Triage);
            return true;
        }
    }
}

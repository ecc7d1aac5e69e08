using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;

namespace Cea.Feedback.Intake;

/// <summary>Holds a line's sendings for some minutes; 0 lets them go on. What comes in is taken all the time.</summary>
public sealed record PauseAccount(string Id, int Minutes, Guid ClientId) : IWrite<string>
{
    private const int Longest = 7 * 24 * 60;

    public Right Needs => Right.ManageAccounts;

    public object? AuditDetail => new { account = Id, Minutes };

    internal sealed class Handler(FeedbackDb db, TimeProvider clock) : IRequestHandler<PauseAccount, string>
    {
        public async Task<string> Handle(PauseAccount request, CancellationToken ct)
        {
            var check = new FieldCheck();
            check.Need(request.Minutes is >= 0 and <= Longest, "minutes", "out_of_range");
            check.Refuse();
            var row = await db.Accounts.FindAsync([request.Id], ct) ?? throw new RuleException("account_not_found");
            row.PausedUntil = request.Minutes == 0 ? null : clock.GetUtcNow().AddMinutes(request.Minutes);
            return row.Id;
        }
    }
}

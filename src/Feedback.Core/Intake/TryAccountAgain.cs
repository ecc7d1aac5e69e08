using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;

namespace Cea.Feedback.Intake;

/// <summary>The provider had refused our credentials or number and somebody has put it right: sending begins again.</summary>
public sealed record TryAccountAgain(string Id, Guid ClientId) : IWrite<string>
{
    public Right Needs => Right.ManageAccounts;

    public object? AuditDetail => new { account = Id };

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<TryAccountAgain, string>
    {
        public async Task<string> Handle(TryAccountAgain request, CancellationToken ct)
        {
            var row = await db.Accounts.FindAsync([request.Id], ct) ?? throw new RuleException("account_not_found");
            (row.Broken, row.PausedUntil, row.CheckedAt, row.CheckFound) = (null, null, null, null);
            return row.Id;
        }
    }
}

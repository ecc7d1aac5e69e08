using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;

namespace Cea.Feedback.Intake;

/// <summary>
/// Says who sees what people write on a line, and who sees that they write. Whoever writes it, or takes what the page suggests, confirms that it is so here; without it a line made in the
/// pages is not opened.
/// </summary>
public sealed record WriteRiskNote(string Id, string Note, bool Confirmed, Guid ClientId) : IWrite<string>
{
    public const int Longest = 2000;

    public Right Needs => Right.ManageAccounts;

    public object? AuditDetail => new { account = Id };

    internal sealed class Handler(FeedbackDb db, Officer officer, TimeProvider clock) : IRequestHandler<WriteRiskNote, string>
    {
        public async Task<string> Handle(WriteRiskNote request, CancellationToken ct)
        {
            var row = await db.Accounts.FindAsync([request.Id], ct) ?? throw new RuleException("account_not_found");
            var check = new FieldCheck();
            var note = check.Text(request.Note.ReplaceLineEndings("\n"), "risk_note", Longest);
            check.Need(request.Confirmed, "risk_confirmed", "confirm_first");
            check.Refuse();
            (row.RiskNote, row.RiskNotedAt, row.RiskNotedBy) = (note, clock.GetUtcNow(), officer.Id);
            return row.Id;
        }
    }
}

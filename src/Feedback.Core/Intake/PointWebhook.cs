using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;

namespace Cea.Feedback.Intake;

/// <summary>Somebody has the provider of a line call us. This writes who it was; the call to the provider follows, when no transaction is open (<see cref="AccountCheck.PointHereAsync"/>).</summary>
public sealed record PointWebhook(string Id, Guid ClientId) : IWrite<string>
{
    public Right Needs => Right.ManageAccounts;

    public object? AuditDetail => new { account = Id };

    internal sealed class Handler(FeedbackDb db, ChannelKinds kinds) : IRequestHandler<PointWebhook, string>
    {
        public async Task<string> Handle(PointWebhook request, CancellationToken ct)
        {
            var row = await db.Accounts.FindAsync([request.Id], ct) ?? throw new RuleException("account_not_found");
            return kinds.Find(row.Kind) is ISetsWebhook ? row.Id : throw new RuleException("cannot_be_checked");
        }
    }
}

using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;

namespace Cea.Feedback.Routing;

/// <summary>Takes a rule away; never the default, without which messages would wait.</summary>
public sealed record DeleteRule(int Id, Guid ClientId) : IWrite<int>
{
    public Right Needs => Right.ManageSettings;

    public object? AuditDetail => new { rule = Id };

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<DeleteRule, int>
    {
        public async Task<int> Handle(DeleteRule request, CancellationToken ct)
        {
            await RuleOrder.LockAsync(db, ct);
            var rule = await db.Rules.FindAsync([request.Id], ct) ?? throw new RuleException("rule_not_found");
            if (rule.IsDefault)
                throw new RuleException("default_rule_stays");
            db.Rules.Remove(rule);
            return rule.Id;
        }
    }
}

using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Routing;

/// <summary>Moves a rule one place up or down. The default stays last.</summary>
public sealed record MoveRule(int Id, bool Up, Guid ClientId) : IWrite<int>
{
    public Right Needs => Right.ManageSettings;

    public object? AuditDetail => new { rule = Id, Up };

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<MoveRule, int>
    {
        public async Task<int> Handle(MoveRule request, CancellationToken ct)
        {
            await RuleOrder.LockAsync(db, ct);
            var rules = await db.Rules.Where(r => !r.IsDefault).OrderBy(r => r.Position).ThenBy(r => r.Id).ToListAsync(ct);
            var at = rules.FindIndex(r => r.Id == request.Id);
            if (at < 0)
                throw new RuleException(await db.Rules.AnyAsync(r => r.Id == request.Id, ct) ? "default_rule_stays" : "rule_not_found");
            var to = Math.Clamp(at + (request.Up ? -1 : 1), 0, rules.Count - 1);
            (rules[at], rules[to]) = (rules[to], rules[at]);
            for (var i = 0; i < rules.Count; i++)
                rules[i].Position = i + 1;
            return to + 1;
        }
    }
}

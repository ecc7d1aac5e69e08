using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Routing;

public sealed record RuleRow(int Id, string? Topic, int? ServicePointId, string? Lang, string? Urgency, short? CircleId, string? Channel, int TeamId, bool IsDefault);

public sealed record RuleChoice(int Id, string Name);

/// <summary>The rules in the order in which they are asked, and what a rule may name.</summary>
public sealed record RulesShown(IReadOnlyList<RuleRow> Rules, IReadOnlyList<RuleChoice> Teams, IReadOnlyList<RuleChoice> ServicePoints, IReadOnlyList<RuleChoice> Circles, Codebook Codebook);

public sealed record RuleList : IRead<RulesShown>
{
    public Right Needs => Right.ManageSettings;

    internal sealed class Handler(FeedbackDb db, CodebookInUse inUse) : IRequestHandler<RuleList, RulesShown>
    {
        public async Task<RulesShown> Handle(RuleList request, CancellationToken ct) => new(
            await db.Rules.OrderBy(r => r.IsDefault).ThenBy(r => r.Position).ThenBy(r => r.Id)
                .Select(r => new RuleRow(r.Id, r.Topic, r.ServicePointId, r.Lang, r.Urgency, r.CircleId, r.Channel, r.TeamId, r.IsDefault)).ToListAsync(ct),
            await db.Teams.Where(t => t.Active).OrderBy(t => t.Name).Select(t => new RuleChoice(t.Id, t.Name)).ToListAsync(ct),
            await db.ServicePoints.Where(s => s.Active).OrderBy(s => s.Name).Select(s => new RuleChoice(s.Id, s.Name)).ToListAsync(ct),
            await db.Circles.OrderBy(c => c.Strictness).Select(c => new RuleChoice(c.Id, c.Code)).ToListAsync(ct),
            await inUse.ReadAsync(db, ct));
    }
}

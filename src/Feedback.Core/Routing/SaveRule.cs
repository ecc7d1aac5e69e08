using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Routing;

/// <summary>Makes a rule, before the default, or changes one. Of the default only the team changes: it fits everything. With no rules yet, the first one made is the default.</summary>
public sealed record SaveRule(int? Id, string? Topic, int? ServicePointId, string? Lang, string? Urgency, short? CircleId, string? Channel, int TeamId, bool Default, Guid ClientId) : IWrite<int>
{
    public Right Needs => Right.ManageSettings;

    public object? AuditDetail => new { rule = Id, team = TeamId };

    internal sealed class Handler(FeedbackDb db, CodebookInUse inUse, ChannelKinds kinds) : IRequestHandler<SaveRule, int>
    {
        public async Task<int> Handle(SaveRule request, CancellationToken ct)
        {
            await RuleOrder.LockAsync(db, ct);
            var rule = request.Id is { } id ? await db.Rules.FindAsync([id], ct) ?? throw new RuleException("rule_not_found")
                : (request.Default ? await db.Rules.FirstOrDefaultAsync(r => r.IsDefault, ct) : null) ?? new RoutingRule { IsDefault = request.Default };
            await CheckAsync(request, rule.IsDefault, ct);

            rule.TeamId = request.TeamId;
            if (!rule.IsDefault)
                (rule.Topic, rule.ServicePointId, rule.Lang, rule.Urgency, rule.CircleId, rule.Channel) = (request.Topic, request.ServicePointId, request.Lang, request.Urgency, request.CircleId, request.Channel);
            if (rule.Id == 0)
            {
                rule.Position = 1 + await db.Rules.MaxAsync(r => (int?)r.Position, ct) ?? 1;
                db.Rules.Add(rule);
            }
            await db.SaveChangesAsync(ct);
            return rule.Id;
        }

        private async Task CheckAsync(SaveRule request, bool isDefault, CancellationToken ct)
        {
            var check = new FieldCheck();
            check.Need(await db.Teams.AnyAsync(t => t.Id == request.TeamId && t.Active, ct), "team", "needed");
            if (!isDefault)
            {
                var codebook = await inUse.ReadAsync(db, ct);
                check.Need(request.Topic is null || codebook.Find("topic", request.Topic) is not null || codebook.Find("group", request.Topic) is not null, "topic", "unknown");
                check.Need(request.ServicePointId is null || await db.ServicePoints.AnyAsync(s => s.Id == request.ServicePointId, ct), "service_point", "unknown");
                check.Need(request.Lang is null || (request.Lang.Length is 2 or 3 && request.Lang.All(char.IsAsciiLetterLower)), "lang", "unknown");
                check.Need(request.Urgency is null || Codebook.Urgencies.Contains(request.Urgency), "urgency", "unknown");
                check.Need(request.CircleId is null || await db.Circles.AnyAsync(c => c.Id == request.CircleId, ct), "circle", "unknown");
                check.Need(request.Channel is null || kinds.Find(request.Channel) is not null, "channel", "unknown");
                check.Need(request is not { Topic: null, ServicePointId: null, Lang: null, Urgency: null, CircleId: null, Channel: null }, "topic", "rule_names_nothing");
            }
            check.Refuse();
        }
    }
}

/// <summary>Rules change one at a time: their order is one thing.</summary>
internal static class RuleOrder
{
    private const long Lock = 0x72756c65; // any number, the same everywhere

    public static Task<int> LockAsync(FeedbackDb db, CancellationToken ct) => db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock({Lock})", ct);
}

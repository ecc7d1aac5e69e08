using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Replies;

/// <summary>An officer answers by an approved template: the only way once the line's window has closed. <paramref name="Values"/> are for the places that he is asked for, in their order.</summary>
public sealed record ReplyWithTemplate(Guid ItemId, int TemplateId, IReadOnlyList<PersonalText> Values, bool Closes, Guid ClientId) : IWrite<Guid>
{
    public Right Needs => Right.Reply;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { template = TemplateId, closes = Closes };

    /// <inheritdoc cref="Items.ResolveItem.Heard"/>
    public int? Heard { get; init; }

    internal sealed class Handler(FeedbackDb db, ReplyTargets targets) : IRequestHandler<ReplyWithTemplate, Guid>
    {
        public async Task<Guid> Handle(ReplyWithTemplate request, CancellationToken ct)
        {
            var target = await targets.FindAsync(request.ItemId, request.Closes, request.Heard, ct);
            var template = await db.Templates.AsNoTracking().SingleOrDefaultAsync(t => t.Id == request.TemplateId && t.AccountId == target.Account.Id && t.State == "approved" && t.Purpose == MessageTemplate.Reply, ct)
                ?? throw new RuleException("template_not_found");
            var asked = new Queue<PersonalText>(request.Values);
            var values = new List<string>();
            foreach (var place in template.Places)
            {
                values.Add(MessageTemplate.Value(place switch
                {
                    MessageTemplate.Code => ReceiptCode.Read(target.Item.ReceiptCode),
                    MessageTemplate.Society => await db.Deployment.Where(d => d.Name == DeploymentValues.Society).Select(d => d.Value).SingleOrDefaultAsync(ct) ?? "Red Cross Red Crescent",
                    _ => asked.TryDequeue(out var typed) ? typed.Value : null,
                }));
            }
            if (values.Any(v => v.Length is 0 or > MessageTemplate.LongestValue))
                throw new RuleException("template_values");
            var said = MessageTemplate.Say(template.Body, values);
            return await targets.QueueAsync(target, said, [said], request.Closes, (template, values), ct);
        }
    }
}

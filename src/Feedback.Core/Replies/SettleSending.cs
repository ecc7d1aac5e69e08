using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Replies;

/// <summary>
/// An officer decides about a sending that failed or is in doubt: send it again (as a new sending; the old one stays as it is), or take it as sent. What is held on a guarded number
/// a cleared person may send as well; to everybody else it looks like any other that waits.
/// </summary>
public sealed record SettleSending(Guid ItemId, Guid OutboxId, bool Again, Guid ClientId) : IWrite<Guid>
{
    public Right Needs => Right.Reply;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { outbox = OutboxId, again = Again };

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, ContactGuard guard, Officer officer, TimeProvider clock) : IRequestHandler<SettleSending, Guid>
    {
        public async Task<Guid> Handle(SettleSending request, CancellationToken ct)
        {
            var item = await texts.FindAsync(request.ItemId, ct);
            var old = await db.Outbox.FromSql($"select * from outbox where id = {request.OutboxId} and item_id = {item.Id} for update").SingleOrDefaultAsync(ct) ?? throw new RuleException("item_not_found");
            var held = old.State == "held" && request.Again && await guard.CircleAsync(item, ct) is not 0;
            if ((old.State is not ("in_doubt" or "failed") && !held) || old.SettledBy is not null || old.Body.Length == 0)
                throw new RuleException("not_in_doubt");
            old.SettledBy = officer.Id;
            var now = clock.GetUtcNow();
            if (!request.Again)
            {
                old.State = "sent";
                old.SentAt ??= now;
                texts.Event(item, "taken_as_sent");
                return old.Id;
            }
            var when = old.PersonId is null ? new ContactWhen(now, null, null) : await guard.WhenAsync(item, old.AccountId, ct);
            var again = new Outgoing
            {
                Id = Guid.CreateVersion7(now), MessageId = old.MessageId, ItemId = old.ItemId, AudienceId = old.AudienceId, PersonId = old.PersonId, OfficerId = old.OfficerId, AccountId = old.AccountId, Lane = old.Lane >= Outgoing.SurveyLane ? old.Lane : Outgoing.ReplyLane, Part = old.Part,
                Purpose = old.Purpose, Body = old.Body, Segments = old.Segments, Unicode = old.Unicode, Lang = old.Lang, State = "due", DueAt = when.From, CreatedAt = now, TemplateId = old.TemplateId, TemplateValues = old.TemplateValues,
                ReleasedBy = when.By, NotAfter = when.NotAfter,
            };
            db.Outbox.Add(again);
            if (held)
                old.State = "cancelled";
            else if (old.State == "in_doubt")
                (old.State, old.ErrorCode) = ("failed", "in_doubt");
            if (item.ClosingOutboxId == old.Id)
                item.ClosingOutboxId = again.Id;
            texts.Event(item, "sent_again");
            return again.Id;
        }
    }
}

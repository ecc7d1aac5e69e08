using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Replies;

/// <summary>
/// An officer answers. The answer is queued in the same transaction: a reply that shows is a reply that goes out. With <paramref name="Closes"/> it also tells the
/// person of the outcome: the loop closes when it has reached him.
/// </summary>
public sealed record ReplyToItem(Guid ItemId, PersonalText Text, bool Closes, Guid ClientId) : IWrite<Guid>
{
    public Right Needs => Right.Reply;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { closes = Closes, length = Text.Value.Length };

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, KeyRing keys, IntakeBoard board, ChannelKinds kinds, TimeProvider clock) : IRequestHandler<ReplyToItem, Guid>
    {
        public async Task<Guid> Handle(ReplyToItem request, CancellationToken ct)
        {
            if (request.Text.IsEmpty)
                throw new RuleException("text_empty");
            var item = await texts.FindAsync(request.ItemId, ct);
            item.Answer(clock.GetUtcNow());
            if (request.Closes && item.ResolvedAt is null)
                throw new RuleException("resolve_first");
            if (item.PersonId is null || item.AccountId is null || !board.Snapshot.Accounts.TryGetValue(item.AccountId, out var account) || kinds.Find(account.Kind) is not { Traits.CanSend: true } channel)
                throw new RuleException("cannot_reply");
            if (item.CircleId > 0 && await db.Database.SqlQuery<bool>($"select must_record_safe_contact({item.Id}) as \"Value\"").SingleAsync(ct))
                throw new RuleException("safe_contact_needed");
            var text = request.Text.Value.Trim();
            if (text.Length > channel.Traits.MaxLength && !channel.Traits.SplitsLongText)
                throw new RuleException("text_too_long");

            var message = await texts.AddAsync(item, "out", "reply", text, item.Lang, ct);
            var parts = LongTexts.Split(text, channel.Traits.MaxLength);
            var now = clock.GetUtcNow();
            Outgoing? last = null;
            foreach (var (part, i) in parts.Select((p, i) => (p, i)))
            {
                last = new Outgoing
                {
                    Id = Guid.CreateVersion7(now), MessageId = message.Id, ItemId = item.Id, AudienceId = item.AudienceId, PersonId = item.PersonId, AccountId = item.AccountId, Lane = Outgoing.ReplyLane, Purpose = "reply",
                    Body = keys.Seal(part, "outbox"), Segments = (short)(channel.Traits.CountsSegments ? SmsSegments.Count(part).Segments : 1), State = "due", DueAt = now.AddMilliseconds(i), CreatedAt = now.AddMilliseconds(i),
                };
                db.Outbox.Add(last);
            }
            if (request.Closes)
            {
                item.ClosingOutboxId = last!.Id;
                item.LoopMethod = "follow_up_message";
            }
            await texts.MeetAsync(item, ["seen", "answer"], ct);
            return message.Id;
        }
    }
}

/// <summary>Texts longer than one sending, split at word borders; a surrogate pair is never cut.</summary>
public static class LongTexts
{
    public static IReadOnlyList<string> Split(string text, int most)
    {
        var parts = new List<string>();
        var rest = text;
        while (rest.Length > most)
        {
            var cut = rest.LastIndexOfAny([' ', '\n', '\t'], most - 1, most / 2);
            if (cut <= 0)
                cut = char.IsLowSurrogate(rest[most]) ? most - 1 : most;
            parts.Add(rest[..cut].TrimEnd());
            rest = rest[cut..].TrimStart();
        }
        if (rest.Length > 0)
            parts.Add(rest);
        return parts;
    }
}

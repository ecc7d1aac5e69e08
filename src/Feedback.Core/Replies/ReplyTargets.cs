using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Storage;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Replies;

/// <summary>Until when free text may be sent to a person on a line: so long after his last message there. Afterwards only approved templates.</summary>
public sealed record ReplyWindow(DateTimeOffset? ClosesAt, bool Open)
{
    /// <param name="heard">The person's last message on this line; null: none.</param>
    public static ReplyWindow Of(DateTimeOffset? heard, TimeSpan window, DateTimeOffset now) => heard is { } at ? new(at + window, at + window > now + ReplyTargets.Margin) : new(null, false);
}

/// <summary>Where an answer to an item would go, after everything that forbids one.</summary>
public sealed record ReplyTarget(Item Item, ChannelAccount Account, IChannel Channel, ReplyWindow? Window, ContactWhen When)
{
    /// <summary>The person has said more than the officer had before him: it waits to be read and answered, whatever goes out now.</summary>
    public bool HasMore { get; init; }
}

/// <summary>Finds where an answer goes; the same refusals for free text and templates, in pages and API.</summary>
public sealed class ReplyTargets(FeedbackDb db, ItemTexts texts, ContactGuard guard, KeyRing keys, IntakeBoard board, ChannelKinds kinds, TimeProvider clock)
{
    /// <summary>A sending takes a moment: in the last minute the window counts as closed.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    /// <exception cref="RuleException">item_not_found, item_closed, resolve_first, cannot_reply, said_meanwhile, contact_by_supervisor, safe_contact_needed, not_the_handler.</exception>
    public async Task<ReplyTarget> FindAsync(Guid itemId, bool closes, int? heard, CancellationToken ct)
    {
        var item = await texts.FindAsync(itemId, ct);
        item.Answer(clock.GetUtcNow());
        if (closes && item.ResolvedAt is null)
            throw new RuleException("resolve_first");
        if (closes)
            await texts.NothingMoreThanAsync(item, heard, ct);
        if (item.PersonId is null || item.AccountId is null || !board.Snapshot.Accounts.TryGetValue(item.AccountId, out var account) || kinds.Find(account.Kind) is not { Traits.CanSend: true } channel)
            throw new RuleException("cannot_reply");
        return new ReplyTarget(item, account, channel, await WindowAsync(item, channel.Traits, ct), await guard.WhenAsync(item, account.Id, ct)) { HasMore = await texts.HasMoreAsync(item, heard, ct) };
    }

    /// <summary>Null: free text at any time. What the officer may not see does not count: the sender looks at all of it.</summary>
    public async Task<ReplyWindow?> WindowAsync(Item item, ChannelTraits? traits, CancellationToken ct)
    {
        if (traits?.Window is not { } window)
            return null;
        var heard = await db.Messages.Where(m => m.PersonId == item.PersonId && m.AccountId == item.AccountId && m.Direction == "in").MaxAsync(m => (DateTimeOffset?)m.At, ct);
        return ReplyWindow.Of(heard, window, clock.GetUtcNow());
    }

    /// <summary>Queues one answer, split where it is longer than one sending of the line, and meets the clocks.</summary>
    public async Task<Guid> QueueAsync(ReplyTarget target, string text, IReadOnlyList<string> parts, bool closes, (MessageTemplate Template, IReadOnlyList<string> Values)? template, CancellationToken ct)
    {
        var (item, now) = (target.Item, clock.GetUtcNow());
        var message = await texts.AddAsync(item, "out", "reply", text, item.Lang, ct);
        Outgoing? last = null;
        foreach (var (part, i) in parts.Select((p, i) => (p, i)))
        {
            var (segments, unicode) = SmsSegments.Count(part);
            last = new Outgoing
            {
                Id = Guid.CreateVersion7(now), MessageId = message.Id, ItemId = item.Id, AudienceId = item.AudienceId, PersonId = item.PersonId, AccountId = target.Account.Id, Lane = Outgoing.ReplyLane, Part = (short)i, Purpose = "reply", Body = keys.Seal(part, "outbox"),
                Segments = (short)(target.Channel.Traits.CountsSegments ? segments : 1), Unicode = unicode, Lang = item.Lang, State = "due", DueAt = target.When.From.AddMilliseconds(i), CreatedAt = now.AddMilliseconds(i),
                TemplateId = template?.Template.Id, TemplateValues = template is { } t ? MessageTemplate.Seal(keys, t.Values) : null, ReleasedBy = target.When.By, NotAfter = target.When.NotAfter,
            };
            db.Outbox.Add(last);
        }
        if (closes)
        {
            item.ClosingOutboxId = last!.Id;
            item.LoopMethod = "follow_up_message";
        }
        if (!target.HasMore)
            await texts.MeetAsync(item, ["seen", "answer"], ct);
        return message.Id;
    }
}

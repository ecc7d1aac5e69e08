using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.People;

/// <summary>Shows a person's address once, to call back; with a reason that is kept as a note, and in the audit. The result is never kept: a repeat of the same click shows nothing.</summary>
public sealed record RevealAddress(Guid ItemId, string Reason, Guid ClientId) : IWrite<Revealed>
{
    private const int LongestReason = 200;

    public Right Needs => Right.RevealAddress;
    public Guid? AboutItem => ItemId;

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, ContactGuard guard, KeyRing keys) : IRequestHandler<RevealAddress, Revealed>
    {
        public async Task<Revealed> Handle(RevealAddress request, CancellationToken ct)
        {
            if (string.IsNullOrWhiteSpace(request.Reason))
                throw new RuleException("reason_needed");
            var item = await texts.FindAsync(request.ItemId, ct);
            if ((await guard.WhenAsync(item, SafeContact.ByCall, ct)).From > texts.Now)
                throw new RuleException("outside_safe_hours");
            var sealedAddress = await db.Database.SqlQuery<byte[]>($"select sealed as \"Value\" from address where person_id = {item.PersonId} limit 1").SingleOrDefaultAsync(ct) ?? throw new RuleException("cannot_reply");
            var reason = request.Reason.Trim();
            await texts.AddAsync(item, "note", "reveal", reason.Length > LongestReason ? reason[..LongestReason] : reason, null, ct);
            texts.Event(item, "address_revealed");
            return new Revealed(keys.OpenText(sealedAddress, "address"));
        }
    }
}

/// <summary>The address, for the page that asked; it is left out wherever the result is stored.</summary>
public sealed record Revealed([property: System.Text.Json.Serialization.JsonIgnore] string? Value);

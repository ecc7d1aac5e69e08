using System.Text.Json;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.People;

/// <summary>Shows a person's address once, to call back; with a reason, and in the audit. The result is never kept: a repeat of the same click shows nothing.</summary>
public sealed record RevealAddress(Guid ItemId, string Reason, Guid ClientId) : IWrite<Revealed>
{
    public Right Needs => Right.RevealAddress;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { reason = Reason.Length > 200 ? Reason[..200] : Reason };

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, KeyRing keys) : IRequestHandler<RevealAddress, Revealed>
    {
        public async Task<Revealed> Handle(RevealAddress request, CancellationToken ct)
        {
            if (string.IsNullOrWhiteSpace(request.Reason))
                throw new RuleException("reason_needed");
            var item = await texts.FindAsync(request.ItemId, ct);
            if (item.CircleId > 0 && await db.Database.SqlQuery<bool>($"select must_record_safe_contact({item.Id}) as \"Value\"").SingleAsync(ct))
                throw new RuleException("safe_contact_needed");
            var sealedAddress = await db.Database.SqlQuery<byte[]>($"select sealed as \"Value\" from address where person_id = {item.PersonId} limit 1").SingleOrDefaultAsync(ct) ?? throw new RuleException("cannot_reply");
            texts.Event(item, "address_revealed");
            return new Revealed(keys.OpenText(sealedAddress, "address"));
        }
    }
}

/// <summary>The address, for the page that asked; it is left out wherever the result is stored.</summary>
public sealed record Revealed([property: System.Text.Json.Serialization.JsonIgnore] string? Value);

/// <summary>A cleared person records how this person may be contacted: only then does anything but an acknowledgement go out on the number (S8).</summary>
public sealed record RecordSafeContact(Guid ItemId, string Channel, string Hours, string Opening, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.Reply;
    public Guid? AboutItem => ItemId;

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, Officer officer) : IRequestHandler<RecordSafeContact, bool>
    {
        public async Task<bool> Handle(RecordSafeContact request, CancellationToken ct)
        {
            if (string.IsNullOrWhiteSpace(request.Channel) || string.IsNullOrWhiteSpace(request.Hours))
                throw new RuleException("text_empty");
            var item = await texts.FindAsync(request.ItemId, ct);
            var how = JsonSerializer.Serialize(new { by = officer.Id, at = texts.Now, channel = request.Channel, hours = request.Hours, opening = request.Opening }, JsonSerializerOptions.Web);
            if (!await db.Database.SqlQuery<bool>($"select record_safe_contact({item.Id}, {how}::jsonb) as \"Value\"").SingleAsync(ct))
                throw new RuleException("item_not_found");
            texts.Event(item, "safe_contact_recorded");
            return true;
        }
    }
}

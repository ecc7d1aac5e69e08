using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.People;

/// <summary>A person's wish that everything about him be destroyed.</summary>
public sealed class Erasure
{
    public const string WithFocalPoint = "focal_point";

    public long Id { get; set; }
    public Guid PersonId { get; set; }
    public DateTimeOffset AskedAt { get; set; }

    /// <summary>What was recorded up to it is to be destroyed. Null: not confirmed, or before this was kept: everything.</summary>
    public DateTimeOffset? ConfirmedAt { get; set; }

    /// <summary>asked, confirmed, focal_point, done, held.</summary>
    public string State { get; set; } = "";
    public DateTimeOffset? DoneAt { get; set; }
    public int? DecidedBy { get; set; }
    public string? Reason { get; set; }
}

/// <summary>Something that keeps a person's data from being destroyed; looked at again every 90 days.</summary>
public sealed class Hold
{
    public Guid PersonId { get; set; }
    public string Reason { get; set; } = "";
    public int? OwnerId { get; set; }
    public DateTimeOffset ReviewAt { get; set; }
}

/// <summary>
/// The focal point decides on a wish to be erased: the contact and everything open goes and the report is kept, or all is held for now. Either way with a reason from
/// the fixed list, so that no word about the case stands outside it.
/// </summary>
public sealed record DecideErasure(long Id, Guid ItemId, bool RemoveContact, string Reason, Guid ClientId) : IWrite<long>
{
    public static readonly IReadOnlyList<string> Reasons = ["investigation_open", "safety_of_child", "safety_of_person", "legal_duty", "persons_wish"];
    private const int ReviewDays = 90;

    public Right Needs => Right.Screen;

    public Guid? AboutItem => ItemId;

    public object? AuditDetail => new { RemoveContact, Reason };

    internal sealed class Handler(FeedbackDb db, Officer officer, TimeProvider clock) : IRequestHandler<DecideErasure, long>
    {
        public async Task<long> Handle(DecideErasure request, CancellationToken ct)
        {
            var check = new FieldCheck();
            check.OneOf(request.Reason, Reasons, "reason");
            check.Refuse();
            var erasure = await db.Erasures.FirstOrDefaultAsync(e => e.Id == request.Id, ct) ?? throw new RuleException("erasure_not_found");
            var item = await db.Items.AsNoTracking().FirstOrDefaultAsync(i => i.Id == request.ItemId && i.PersonId == erasure.PersonId && i.CircleId != 0, ct) ?? throw new RuleException("erasure_not_found");
            if (erasure.State != Erasure.WithFocalPoint)
                throw new RuleException("changed_meanwhile");

            var now = clock.GetUtcNow();
            (erasure.State, erasure.DecidedBy, erasure.Reason) = (request.RemoveContact ? "confirmed" : "held", officer.Id, request.Reason);
            if (!request.RemoveContact && !await db.Holds.AnyAsync(h => h.PersonId == erasure.PersonId && h.Reason == request.Reason, ct))
                db.Holds.Add(new Hold { PersonId = erasure.PersonId, Reason = request.Reason, OwnerId = officer.Id, ReviewAt = now.AddDays(ReviewDays) });
            db.ItemEvents.Add(new ItemEvent { ItemId = item.Id, AudienceId = item.AudienceId, At = now, OfficerId = officer.Id, What = request.RemoveContact ? "erasure_contact_removed" : "erasure_held" });
            return erasure.Id;
        }
    }
}

using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Safeguarding;

/// <summary>Of an item that was withheld: whom it may be about, and whether an alternate has decided to keep it.</summary>
public sealed record ConflictShown(IReadOnlyList<string> MayBeAbout, bool Kept);

/// <summary>
/// The alternate decides about an item that was withheld for conflict of interest (S4): keep it, let the circle see it but not those it may be about, or let all of the
/// circle see it. Until then nobody else learns of it; those it may be about do not see this form, since they do not see the item.
/// </summary>
public sealed record DecideConflict(Guid ItemId, string Decision, Guid ClientId) : IWrite<bool>
{
    public const string Keep = "keep", ToTheOthers = "to_the_others", ToAll = "to_all";

    public static readonly IReadOnlyList<string> Decisions = [Keep, ToTheOthers, ToAll];

    public Right Needs => Right.Assign;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { decision = Decision };

    /// <summary>The circle lets somebody else look first; screeners decide about sensitivity instead.</summary>
    internal static bool Waits(Audience audience, Item item) => audience.AlternateOnly && item.CircleId > Circle.CheckFirst.Id;

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, Officer officer, Mover mover) : IRequestHandler<DecideConflict, bool>
    {
        public async Task<bool> Handle(DecideConflict request, CancellationToken ct)
        {
            if (!Decisions.Contains(request.Decision))
                throw new RuleException("unknown_code");
            var item = await texts.FindAsync(request.ItemId, ct);
            var audience = await db.Audiences.AsNoTracking().SingleAsync(a => a.Id == item.AudienceId, ct);
            if (!Waits(audience, item))
                throw new RuleException("not_withheld");
            // Whoever recorded it sees it too until his shift ends, and decides nothing.
            if (!await db.CircleMembers.AnyAsync(m => m.OfficerId == officer.Id && m.Alternate && m.ConfirmedAt != null && audience.Circles.Contains(m.CircleId), ct) || audience.Excluded.Contains(officer.Id))
                throw new RuleException("only_the_alternate");
            texts.Event(item, request.Decision == Keep ? "conflict_kept" : "conflict_released");
            if (request.Decision != Keep)
                await mover.ReleaseAsync(item, audience, request.Decision == ToAll ? [] : audience.Excluded, ct);
            return true;
        }
    }
}

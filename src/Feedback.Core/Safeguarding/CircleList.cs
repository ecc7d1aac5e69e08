using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Safeguarding;

/// <summary>A member or somebody proposed. <see cref="HoldsKey"/> is false after his password was reset, until another member grants it again.</summary>
public sealed record CircleMemberRow(
    int OfficerId, string Name, bool Active, bool Alternate, IReadOnlyList<int>? ServicePoints, bool Confirmed, bool HoldsKey, int? ProposedBy, string? ProposedByName, string? ConfirmedByName, DateTimeOffset Since);

public sealed record CircleNoticeRow(DateTimeOffset At, string What, string About, string? By);

/// <summary>A circle: people, warnings, announcements; nothing of what it holds.</summary>
public sealed record CircleShown(
    short Id, string Code, bool Seals, string? OutsideContact, IReadOnlyList<CircleMemberRow> Members, int OnCallNow, bool Mine, IReadOnlyList<CircleNoticeRow> Notices, bool HasOutsideLine)
{
    /// <summary>Where somebody who wants to talk in confidence can call.</summary>
    public string? ConfidentialPhone { get; init; }

    /// <summary>The one to which such a wish goes: the strictest.</summary>
    public bool TakesConfidential { get; init; }
}

public sealed record CirclesShown(IReadOnlyList<CircleShown> Circles, IReadOnlyList<OfficerName> Officers);

/// <summary>The circles. Administrators see who is a member; announcements are for members only.</summary>
public sealed record CircleList : IRead<CirclesShown>
{
    public Right Needs => Right.SignedIn;

    internal sealed class Handler(FeedbackDb db, Officer officer, TimeProvider clock) : IRequestHandler<CircleList, CirclesShown>
    {
        private const int NoticeDays = 90;

        public async Task<CirclesShown> Handle(CircleList request, CancellationToken ct)
        {
            if (!officer.May(Right.ManageCircles) && !officer.May(Right.ManageUsers) && !officer.May(Right.ReadAudit))
                throw new RuleException("not_allowed");
            var now = clock.GetUtcNow();
            var people = await db.Officers.Where(o => o.PasswordHash != null).OrderBy(o => o.DisplayName).Select(o => new { o.Id, o.DisplayName, o.Active, o.PublicKey }).ToListAsync(ct);
            var names = people.ToDictionary(p => p.Id, p => p.DisplayName);
            var members = (await db.CircleMembers.AsNoTracking().ToListAsync(ct)).ToLookup(m => m.CircleId);
            var since = now.AddDays(-NoticeDays);
            var notices = (await db.CircleNotices.AsNoTracking().Where(n => n.At >= since).OrderByDescending(n => n.Id).ToListAsync(ct)).ToLookup(n => n.CircleId);
            string? Name(int? id) => id is { } known ? names.GetValueOrDefault(known) : null;

            var circles = await db.Circles.AsNoTracking().OrderBy(c => c.Strictness).ToListAsync(ct);
            var onCall = await CircleWatch.OnCallAsync(db, ct);
            return new CirclesShown(
                [.. circles.Select(c =>
                {
                    var mine = members[c.Id].Any(m => m.OfficerId == officer.Id && m.ConfirmedAt is not null);
                    return new CircleShown(c.Id, c.Code, c.Seals, c.OutsideContact,
                        [.. members[c.Id].OrderBy(m => m.ConfirmedAt is null).ThenBy(m => Name(m.OfficerId)).Select(m => new CircleMemberRow(m.OfficerId, Name(m.OfficerId) ?? "", people.Any(p => p.Id == m.OfficerId && p.Active), m.Alternate,
                            m.ServicePoints, m.ConfirmedAt is not null, m.WrappedKey is not null, m.ProposedBy, Name(m.ProposedBy), Name(m.ConfirmedBy), m.ConfirmedAt ?? m.ProposedAt))],
                        onCall.GetValueOrDefault(c.Id), mine,
                        mine ? [.. notices[c.Id].Select(n => new CircleNoticeRow(n.At, n.What, Name(n.OfficerId) ?? "", Name(n.ById)))] : [], c.OutsideLine is not null)
                    {
                        ConfidentialPhone = c.ConfidentialPhone, TakesConfidential = c.Strictness == circles.Max(x => x.Strictness),
                    };
                })],
                [.. people.Where(p => p.Active && p.PublicKey is not null).Select(p => new OfficerName(p.Id, p.DisplayName))]);
        }
    }
}

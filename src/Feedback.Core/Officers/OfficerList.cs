using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Officers;

/// <summary>An officer as administrators see him. The address of his own line is never shown, only on which account it is.</summary>
public sealed record OfficerRow(
    int Id, string UserName, string Name, IReadOnlyList<string> OtherNames, IReadOnlyList<string> Roles, string Language, int? ServicePointId, string? ContactAccount, bool Active, bool LockedOut, bool MustChangePassword, bool TotpOn);

/// <summary>Everybody who can sign in.</summary>
public sealed record OfficerList : IRead<IReadOnlyList<OfficerRow>>
{
    public Right Needs => Right.ManageUsers;

    internal sealed class Handler(FeedbackDb db, KeyRing keys, TimeProvider clock) : IRequestHandler<OfficerList, IReadOnlyList<OfficerRow>>
    {
        public async Task<IReadOnlyList<OfficerRow>> Handle(OfficerList request, CancellationToken ct)
        {
            var officers = await db.Officers.AsNoTracking().Where(o => o.PasswordHash != null).OrderByDescending(o => o.Active).ThenBy(o => o.DisplayName).ToListAsync(ct);
            return [.. officers.Select(o => new OfficerRow(o.Id, o.UserName ?? "", o.DisplayName, o.OtherNames, o.Roles, o.Language, o.ServicePointId,
                o.Contact is { } contact ? OfficerContact.Open(keys, contact).AccountId : null, o.Active, o.LockoutEnd > clock.GetUtcNow(), o.MustChangePassword, o.TotpConfirmedAt is not null))];
        }
    }
}

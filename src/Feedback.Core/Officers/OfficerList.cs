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

    internal sealed class Handler(FeedbackDb db, KeyRing keys) : IRequestHandler<OfficerList, IReadOnlyList<OfficerRow>>
    {
        public async Task<IReadOnlyList<OfficerRow>> Handle(OfficerList request, CancellationToken ct)
        {
            var officers = await db.Officers.AsNoTracking().Where(o => o.PasswordHash != null).OrderByDescending(o => o.Active).ThenBy(o => o.DisplayName).ToListAsync(ct);
            var locked = (await db.Database.SqlQuery<byte[]>($"select hash as \"Value\" from sign_in_try where kind = 'name' and count >= {SignInTries.MostOfName} and since > now() - make_interval(mins => {SignInTries.WaitMinutes})").ToListAsync(ct))
                .Select(Convert.ToHexString).ToHashSet();
            return [.. officers.Select(o => new OfficerRow(o.Id, o.UserName ?? "", o.DisplayName, o.OtherNames, o.Roles, o.Language, o.ServicePointId,
                o.Contact is { } contact ? OfficerContact.Open(keys, contact).AccountId : null, o.Active, locked.Contains(Convert.ToHexString(SignInTries.HashOf(keys, o.NormalizedUserName))), o.MustChangePassword, o.TotpConfirmedAt is not null))];
        }
    }
}

using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Officers;

/// <summary>
/// Gives an officer a new password. His private key is lost with the old one, and with it his place in every circle until another member grants it again: otherwise
/// whoever resets passwords could read what circles hold. Where he alone holds a circle's key, what is sealed to it is lost for ever; that must be said yes to.
/// </summary>
public sealed record ResetPassword(int Id, string Password, bool AcceptLoss, Guid ClientId) : IWrite<int>
{
    public Right Needs => Right.ManageUsers;

    public object? AuditDetail => new { officer = Id, AcceptLoss };

    public override string ToString() => nameof(ResetPassword);

    internal sealed class Handler(FeedbackDb db, Officer officer, KeyRing keys, TimeProvider clock) : IRequestHandler<ResetPassword, int>
    {
        public async Task<int> Handle(ResetPassword request, CancellationToken ct)
        {
            var user = await db.Officers.FromSql($"select * from officer where id = {request.Id} for no key update").FirstOrDefaultAsync(ct) ?? throw new RuleException("officer_not_found");
            var check = new FieldCheck();
            check.Need(request.Password.Length >= OfficerAccounts.ShortestPassword, "password", "too_short");
            check.Refuse();

            foreach (var member in await db.CircleMembers.Where(m => m.OfficerId == user.Id).ToListAsync(ct))
                await TakeKeyAsync(member, request.AcceptLoss, ct);

            var (pub, priv) = CircleKeys.NewPair();
            user.PublicKey = pub;
            user.LockKey(priv, request.Password);
            user.PasswordHash = OfficerAccounts.Hash(user, request.Password);
            user.MustChangePassword = true;
            await db.Database.ExecuteSqlAsync($"delete from sign_in_try where kind = 'name' and hash = {SignInTries.HashOf(keys, user.NormalizedUserName)}", ct);
            await db.Database.ExecuteSqlAsync($"select end_recorder_sight({user.Id})", ct);
            user.SecurityStamp = Guid.CreateVersion7().ToString("N");
            user.ConcurrencyStamp = Guid.CreateVersion7().ToString("N");
            return user.Id;
        }

        // His clearance is suspended: another member, who holds the key and is not the one who has set the password, confirms it anew. So is what was only proposed.
        private async Task TakeKeyAsync(CircleMember member, bool acceptLoss, CancellationToken ct)
        {
            member.ResetBy = officer.Id;
            CircleAccess.Announce(db, member.CircleId, "password_reset", member.OfficerId, officer, clock.GetUtcNow());
            if (member.ConfirmedAt is null)
                return;
            var circle = await db.Circles.FirstAsync(c => c.Id == member.CircleId, ct);
            var others = await db.CircleMembers.AnyAsync(m => m.CircleId == member.CircleId && m.OfficerId != member.OfficerId && m.ConfirmedAt != null && m.WrappedKey != null, ct);
            if (!others && circle.BootstrapKey is null)
            {
                if (!acceptLoss)
                    throw new RuleException("last_key_holder");
                var (pub, priv) = CircleKeys.NewPair();
                (circle.PublicKey, circle.BootstrapKey) = (pub, keys.Seal(priv, "circle"));
                CircleAccess.Announce(db, circle.Id, "key_renewed", member.OfficerId, officer, clock.GetUtcNow());
            }
            (member.WrappedKey, member.ConfirmedBy, member.ConfirmedAt, member.ProposedBy) = (null, null, null, null);
        }
    }
}

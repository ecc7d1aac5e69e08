using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Safeguarding;

/// <summary>
/// A second member confirms whom another proposed; his own key opens the circle's, which is wrapped to the new member. Once two hold it, the copy under the deployment's
/// key is destroyed: from then on nobody outside the circle can open what is sealed to it.
/// </summary>
public sealed record ConfirmMember(short CircleId, int OfficerId, Guid ClientId) : IWrite<int>
{
    private const int HoldersNeeded = 2;

    public Right Needs => Right.ManageCircles;

    public object? AuditDetail => new { circle = CircleId, officer = OfficerId };

    internal sealed class Handler(FeedbackDb db, Officer officer, CircleKeyring keyring, TimeProvider clock) : IRequestHandler<ConfirmMember, int>
    {
        public async Task<int> Handle(ConfirmMember request, CancellationToken ct)
        {
            var circle = await CircleAccess.LockAsync(db, request.CircleId, ct);
            await CircleAccess.MineAsync(db, officer, request.CircleId, ct);
            if (request.OfficerId == officer.Id)
                throw new RuleException("not_for_yourself");
            var member = await db.CircleMembers.FindAsync([request.CircleId, request.OfficerId], ct) ?? throw new RuleException("member_not_found");
            if (member.ConfirmedAt is not null)
                throw new RuleException("already_member");
            if (member.ProposedBy == officer.Id)
                throw new RuleException("second_person_needed");
            if (member.ResetBy == officer.Id)
                throw new RuleException("reset_by_you");
            // Locked, so that a new password set at this very moment is either seen here, or suspends what is confirmed here.
            var person = await db.Officers.FromSql($"select * from officer where id = {request.OfficerId} and active for no key update").AsNoTracking().FirstOrDefaultAsync(ct);
            var publicKey = person?.PublicKey ?? throw new RuleException("officer_not_found");
            if (person.MustChangePassword)
                throw new RuleException("own_password_first"); // until then somebody else knows what opens his key
            var circleKey = await keyring.KeyOfAsync(request.CircleId, ct) ?? throw new RuleException("key_locked");

            // After a reset one more of her own, and with it a new pair: had the one who reset it chosen this password in her place, she meets it now, or is locked out and says so.
            if (member.ResetBy is not null)
                await db.Database.ExecuteSqlAsync($"update officer set must_change_password = true where id = {request.OfficerId}", ct);
            member.WrappedKey = CircleKeys.Wrap(circleKey, publicKey);
            (member.ConfirmedBy, member.ConfirmedAt, member.ResetBy) = (officer.Id, clock.GetUtcNow(), null);
            CircleAccess.Announce(db, request.CircleId, "confirmed", request.OfficerId, officer, clock.GetUtcNow());
            await db.SaveChangesAsync(ct);
            if (circle.BootstrapKey is not null && await db.CircleMembers.CountAsync(m => m.CircleId == circle.Id && m.ConfirmedAt != null && m.WrappedKey != null, ct) >= HoldersNeeded)
                circle.BootstrapKey = null;
            return request.OfficerId;
        }
    }
}

using Cea.Feedback.Intake;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Officers;

/// <summary>Changes an officer or switches him off: who is switched off is out at his next click. The last administrator stays.</summary>
public sealed record ChangeOfficer(int Id, OfficerFields Fields, bool Active, Guid ClientId) : IWrite<int>
{
    public Right Needs => Right.ManageUsers;

    public object? AuditDetail => new { officer = Id, roles = Fields.Roles, Active };

    internal sealed class Handler(FeedbackDb db, KeyRing keys, ChannelKinds kinds) : IRequestHandler<ChangeOfficer, int>
    {
        public async Task<int> Handle(ChangeOfficer request, CancellationToken ct)
        {
            var officer = await db.Officers.FindAsync([request.Id], ct) ?? throw new RuleException("officer_not_found");
            var check = new FieldCheck();
            var contact = await request.Fields.CheckAsync(check, db, kinds, ct);
            check.Refuse();
            var administers = request.Active && request.Fields.Roles.Contains(Roles.Administrator);
            if (!administers && !await db.Officers.AnyAsync(o => o.Id != request.Id && o.Active && o.PasswordHash != null && o.Roles.Contains(Roles.Administrator), ct))
                throw new RuleException("last_administrator");

            request.Fields.Fill(officer, contact, keys);
            if (officer.Active && !request.Active)
                officer.SecurityStamp = Guid.CreateVersion7().ToString("N");
            officer.Active = request.Active;
            officer.ConcurrencyStamp = Guid.CreateVersion7().ToString("N");
            return officer.Id;
        }
    }
}

using Cea.Feedback.Intake;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Officers;

/// <summary>
/// Makes an officer. The first password comes with the request (made with the form, so that a double click shows the same one) and must be changed at the first sign-in;
/// it is kept as a hash only. Opens no circle: its members do.
/// </summary>
public sealed record AddOfficer(string UserName, string Password, OfficerFields Fields, Guid ClientId) : IWrite<int>
{
    public Right Needs => Right.ManageUsers;

    public object? AuditDetail => new { roles = Fields.Roles };

    public override string ToString() => nameof(AddOfficer);

    internal sealed class Handler(FeedbackDb db, KeyRing keys, ChannelKinds kinds) : IRequestHandler<AddOfficer, int>
    {
        public async Task<int> Handle(AddOfficer request, CancellationToken ct)
        {
            var check = new FieldCheck();
            var name = check.Text(request.UserName, "user_name", 40);
            check.Need(name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '@') && !name.StartsWith("api-", StringComparison.OrdinalIgnoreCase), "user_name", "user_name_wrong");
            var normalized = name.ToUpperInvariant();
            check.Need(!await db.Officers.AnyAsync(o => o.NormalizedUserName == normalized, ct), "user_name", "taken");
            check.Need(request.Password.Length >= OfficerAccounts.ShortestPassword, "password", "too_short");
            var contact = await request.Fields.CheckAsync(check, db, kinds, ct);
            check.Refuse();

            var (pub, priv) = CircleKeys.NewPair();
            var officer = new OfficerUser
            {
                UserName = name, NormalizedUserName = normalized, SecurityStamp = Guid.CreateVersion7().ToString("N"), LockoutEnabled = true, MustChangePassword = true,
                PublicKey = pub,
            };
            officer.LockKey(priv, request.Password);
            officer.PasswordHash = OfficerAccounts.Hash(officer, request.Password);
            request.Fields.Fill(officer, contact, keys);
            db.Officers.Add(officer);
            await db.SaveChangesAsync(ct);
            return officer.Id;
        }
    }
}

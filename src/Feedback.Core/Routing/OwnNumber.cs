using System.Security.Cryptography;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Routing;

/// <summary>The reader's own telephone: never shown but for its end, by which he knows whether it is still his.</summary>
/// <param name="Confirmed">It was he himself who entered it, with his password.</param>
/// <param name="Ends">Its last two digits; null: none is known, or it is sealed with a key that is not here.</param>
/// <param name="At">When it was entered; null: nobody knows any more.</param>
public sealed record OwnNumberShown(bool Known, bool Confirmed, string? Ends = null, DateTimeOffset? At = null);

/// <summary>Whether a telephone of the reader is known and since when, for the page of his account and where it would ring.</summary>
public sealed record OwnNumber : IRead<OwnNumberShown>
{
    public Right Needs => Right.RecordFeedback;

    internal sealed class Handler(FeedbackDb db, KeyRing keys, Officer officer) : IRequestHandler<OwnNumber, OwnNumberShown>
    {
        public async Task<OwnNumberShown> Handle(OwnNumber request, CancellationToken ct) =>
            await db.Operators.AsNoTracking().SingleOrDefaultAsync(o => o.OfficerId == officer.Id, ct) is { } own ? new OwnNumberShown(true, own.NumberBy == officer.Id, Ends(own.Number), own.NumberAt) : new OwnNumberShown(false, false);

        private string? Ends(byte[] number)
        {
            try
            {
                return keys.OpenText(number, HelplineNumbers.Purpose)[^2..];
            }
            catch (CryptographicException)
            {
                return null;
            }
        }
    }
}

/// <summary>
/// An officer enters his telephone himself, or confirms by it what an administrator entered: whoever manages users could otherwise have the call to a person of a restricted item ring on his own. His present
/// password is asked, so that nobody who sits down at an unlocked screen can.
/// </summary>
public sealed record SaveOwnNumber(TypedAddress Number, string Password, Guid ClientId) : IWrite<bool>
{
    /// <summary>The refusal for a wrong password: the one that counts as a try.</summary>
    public const string PasswordWrong = "password_wrong";

    public Right Needs => Right.RecordFeedback;

    public override string ToString() => nameof(SaveOwnNumber);

    internal sealed class Handler(FeedbackDb db, KeyRing keys, Officer officer, TimeProvider clock) : IRequestHandler<SaveOwnNumber, bool>
    {
        public async Task<bool> Handle(SaveOwnNumber request, CancellationToken ct)
        {
            var number = ContactAddress.Typed(request.Number.Value);
            var check = new FieldCheck();
            check.Need(ContactAddress.IsTelephone(number), "number", "not_a_number");
            check.Need(request.Password.Length > 0, "password", "needed");
            check.Refuse();
            if (!OfficerAccounts.IsPassword(await db.Officers.AsNoTracking().SingleAsync(o => o.Id == officer.Id, ct), request.Password))
                throw new RuleException(PasswordWrong, [new WrongField("password", PasswordWrong)]);
            var own = await db.Operators.FindAsync([officer.Id], ct) ?? db.Operators.Add(new HelplineOperator { OfficerId = officer.Id }).Entity;
            (own.Number, own.NumberBy, own.NumberAt) = (keys.Seal(number, HelplineNumbers.Purpose), officer.Id, clock.GetUtcNow());
            return true;
        }
    }
}

using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Routing;

/// <summary>The reader's own telephone, never shown.</summary>
/// <param name="Confirmed">It was he himself who entered it.</param>
public sealed record OwnNumberShown(bool Known, bool Confirmed);

/// <summary>Whether a telephone of the reader is known, for the page of his account.</summary>
public sealed record OwnNumber : IRead<OwnNumberShown>
{
    public Right Needs => Right.RecordFeedback;

    internal sealed class Handler(FeedbackDb db, Officer officer) : IRequestHandler<OwnNumber, OwnNumberShown>
    {
        public async Task<OwnNumberShown> Handle(OwnNumber request, CancellationToken ct) =>
            await db.Operators.Where(o => o.OfficerId == officer.Id).Select(o => new OwnNumberShown(true, o.NumberBy == officer.Id)).SingleOrDefaultAsync(ct) ?? new OwnNumberShown(false, false);
    }
}

/// <summary>
/// An officer enters his telephone himself, or confirms by it what an administrator entered: whoever manages users could otherwise have the call to a person of a restricted item ring on his own.
/// </summary>
public sealed record SaveOwnNumber(TypedAddress Number, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.RecordFeedback;

    internal sealed class Handler(FeedbackDb db, KeyRing keys, Officer officer) : IRequestHandler<SaveOwnNumber, bool>
    {
        public async Task<bool> Handle(SaveOwnNumber request, CancellationToken ct)
        {
            var number = ContactAddress.Typed(request.Number.Value);
            var check = new FieldCheck();
            check.Need(ContactAddress.IsTelephone(number), "number", "not_a_number");
            check.Refuse();
            var own = await db.Operators.FindAsync([officer.Id], ct) ?? db.Operators.Add(new HelplineOperator { OfficerId = officer.Id }).Entity;
            (own.Number, own.NumberBy) = (keys.Seal(number, HelplineNumbers.Purpose), officer.Id);
            return true;
        }
    }
}

using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;

namespace Cea.Feedback.Safeguarding;

/// <summary>
/// A member says to whom outside the circle something goes when nobody in it is left (S4): who that is, which must be set, and a line for a notice without content; and which
/// telephone operators give to who wants to talk in confidence.
/// </summary>
public sealed record SaveCircle(short CircleId, string OutsideContact, ContactChoice Line, Guid ClientId, string? ConfidentialPhone = null) : IWrite<short>
{
    public Right Needs => Right.ManageCircles;

    public object? AuditDetail => new { circle = CircleId };

    internal sealed class Handler(FeedbackDb db, Officer officer, KeyRing keys, ChannelKinds kinds) : IRequestHandler<SaveCircle, short>
    {
        public async Task<short> Handle(SaveCircle request, CancellationToken ct)
        {
            await CircleAccess.MineAsync(db, officer, request.CircleId, ct);
            var check = new FieldCheck();
            var contact = check.Text(request.OutsideContact, "outside_contact", 200);
            var phone = check.Optional(request.ConfidentialPhone, "confidential_phone", 40);
            check.Need(phone is null || (phone.Count(char.IsAsciiDigit) >= 3 && phone.All(c => char.IsAsciiDigit(c) || c is '+' or ' ' or '-' or '(' or ')' or '*' or '#')), "confidential_phone", "not_a_number");
            var line = await request.Line.CheckAsync(check, db, kinds, ct);
            check.Refuse();
            var circle = await db.Circles.FindAsync([request.CircleId], ct) ?? throw new RuleException("circle_not_found");
            (circle.OutsideContact, circle.ConfidentialPhone) = (contact, phone);
            if (!request.Line.Keep)
                circle.OutsideLine = line?.Seal(keys);
            return circle.Id;
        }
    }
}

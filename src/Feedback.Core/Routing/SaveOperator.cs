using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Cea.Feedback.Texts;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Routing;

/// <summary>
/// Makes an officer an operator of the helpline, or changes what is known of him. An empty number keeps the one that is there. He is called only while a turn of a team is his. No password is asked here, so
/// that nobody confirms a number by it, not even his own: <see cref="SaveOwnNumber"/> does.
/// </summary>
public sealed record SaveOperator(int OfficerId, TypedAddress Number, IReadOnlyList<string> Languages, string Gender, Guid ClientId) : IWrite<bool>
{
    private static readonly string[] Genders = ["", "female", "male"];

    public Right Needs => Right.ManageUsers;

    public object? AuditDetail => new { officer = OfficerId, languages = Languages, gender = Gender };

    internal sealed class Handler(FeedbackDb db, KeyRing keys, Officer officer, TimeProvider clock) : IRequestHandler<SaveOperator, bool>
    {
        public async Task<bool> Handle(SaveOperator request, CancellationToken ct)
        {
            var there = await db.Operators.FindAsync([request.OfficerId], ct);
            var number = ContactAddress.Typed(request.Number.Value);
            var check = new FieldCheck();
            check.Need(await db.Officers.AnyAsync(o => o.Id == request.OfficerId && o.Active, ct), "officer", "unknown");
            check.Need(number.Length > 0 || there is not null, "number", "needed");
            check.Need(number.Length == 0 || ContactAddress.IsTelephone(number), "number", "not_a_number");
            check.Need(request.Languages.Count > 0, "languages", "needed");
            check.Need(request.Languages.All(TextBook.Default.Supports), "languages", "unknown");
            check.OneOf(request.Gender, Genders, "gender");
            check.Refuse();

            there ??= db.Operators.Add(new HelplineOperator { OfficerId = request.OfficerId }).Entity;
            (there.Languages, there.Gender) = ([.. request.Languages.Distinct()], request.Gender);
            if (number.Length > 0)
                (there.Number, there.NumberBy, there.NumberAt) = (keys.Seal(number, HelplineNumbers.Purpose), officer.Id == request.OfficerId ? null : officer.Id, clock.GetUtcNow());
            return true;
        }
    }
}

/// <summary>The officer takes no more calls; his number is forgotten.</summary>
public sealed record RemoveOperator(int OfficerId, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.ManageUsers;

    public object? AuditDetail => new { officer = OfficerId };

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<RemoveOperator, bool>
    {
        public async Task<bool> Handle(RemoveOperator request, CancellationToken ct)
        {
            db.Operators.Remove(await db.Operators.FindAsync([request.OfficerId], ct) ?? throw new RuleException("officer_not_found"));
            return true;
        }
    }
}

internal static class HelplineNumbers
{
    public const string Purpose = "helpline operator";
}

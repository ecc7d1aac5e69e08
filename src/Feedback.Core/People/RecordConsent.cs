using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.Texts;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.People;

/// <summary>What a person may be asked, each apart from the others (S16). Nothing recorded is a no.</summary>
public static class Consents
{
    public const string No = "no", Share = "share", Quote = "quote";

    /// <summary>In the order in which they are asked, each with its answers.</summary>
    public static readonly IReadOnlyList<(string Kind, IReadOnlyList<string> Answers)> All =
        [("contact_back", [No, "yes"]), (Share, [No, "without_name", "with_name"]), ("tell_of_changes", [No, "yes"]), (Quote, [No, "yes"])];
}

/// <summary>What holds now about one matter: the last answer, since when, and who recorded it (null: the person gave it by a message or a call).</summary>
public sealed record ConsentShown(string Kind, string Answer, DateTimeOffset At, string? By);

/// <summary>
/// An officer records what the person said: yes, or no again. Every answer is a row of its own with its day; the last one of its kind holds. It is about this item
/// only, since another may share the number.
/// </summary>
public sealed record RecordConsent(Guid ItemId, string Kind, string Answer, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.Reply;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { kind = Kind, answer = Answer };

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, Officer officer) : IRequestHandler<RecordConsent, bool>
    {
        public async Task<bool> Handle(RecordConsent request, CancellationToken ct)
        {
            if (Consents.All.All(c => c.Kind != request.Kind || !c.Answers.Contains(request.Answer)))
                throw new RuleException("unknown_code");
            var item = await texts.FindAsync(request.ItemId, ct);
            if (item.PersonId is not { } person)
                throw new RuleException("nobody_to_ask");
            if (item.Minor && request is { Kind: Consents.Quote, Answer: not Consents.No })
                throw new RuleException("minors_are_not_quoted"); // S17
            await db.Database.ExecuteSqlAsync($"""
                insert into consent (person_id, item_id, kind, answer, version, at, recorded_by) values ({person}, {item.Id}, {request.Kind}, {request.Answer}, {TextBook.NoticeVersion}, {texts.Now}, {officer.Id})
                """, ct);
            texts.Event(item, "consent_recorded");
            return true;
        }
    }
}

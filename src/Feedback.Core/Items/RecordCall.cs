using System.Text.Json;
using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using Cea.Feedback.Texts;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Items;

/// <summary>What an operator typed while he listened.</summary>
public sealed record CallNote(PersonalText Text, string Language, string? ServicePoint)
{
    public string Speaker { get; init; } = "unknown";
    public string SpeaksFor { get; init; } = "self";
    public string About { get; init; } = "unknown";
    public string Stay { get; init; } = "not_asked";

    /// <summary>Empty; "yes": a child speaks; "at_risk": it is about a child in need or at risk (S17).</summary>
    public string Minor { get; init; } = "";

    /// <summary>By kind of <see cref="Consents"/>; what is not in it was not asked.</summary>
    public IReadOnlyDictionary<string, string> Consents { get; init; } = new Dictionary<string, string>();
    public SpeakerFacts Facts { get; init; } = new();

    /// <summary>One of <see cref="RecordCall.Ends"/>.</summary>
    public string End { get; init; } = RecordCall.ToTeam;

    /// <summary>An approved answer, and what was told beside it or instead.</summary>
    public int? AnswerId { get; init; }

    /// <summary>When the answer that he read out was approved: another one in its place is another answer.</summary>
    public DateTimeOffset? AnswerApprovedAt { get; init; }
    public PersonalText OwnAnswer { get; init; } = new("");

    /// <summary>The call, when it was put through to him by the line.</summary>
    public Guid? Call { get; init; }

    /// <summary>The text says how to reach the person without danger; nothing else is asked or kept.</summary>
    public bool Confidential { get; init; }
}

/// <summary>What is read out to the caller, and what may come next; nothing of what was said.</summary>
public sealed record RecordedCall(string Code, string End, Guid? Call);

/// <summary>
/// Somebody of ours writes down what is said to him on the telephone. It is stored like any message, before he is shown the code; ordinary and confidential records leave the
/// same traces here, so that no administrator's page tells them apart.
/// </summary>
public sealed record RecordCall(CallNote Note, Guid ClientId) : IWrite<RecordedCall>
{
    public const string AccountId = "calls", Channel = "call", ToTeam = "to_team", Told = "told", Interrupted = "interrupted";

    /// <summary>How the call ended: the team takes it on, the person was answered on the spot, or the line broke.</summary>
    public static readonly IReadOnlyList<string> Ends = [ToTeam, Told, Interrupted];

    /// <summary>A language that is none of ours.</summary>
    public const string OtherLanguage = "und";

    public const int LongestText = 20_000, LongestAnswer = 4_000, LongestWay = 500;

    // Of whom no turn in the rota is known.
    private const int UsualShiftHours = 8;

    public Right Needs => Right.RecordFeedback;

    internal sealed class Handler(FeedbackDb db, Inbox inbox, CodebookInUse codebook, KeyRing keys, Officer officer, TimeProvider clock) : IRequestHandler<RecordCall, RecordedCall>
    {
        public async Task<RecordedCall> Handle(RecordCall request, CancellationToken ct)
        {
            var note = request.Note;
            var calls = note.Call is null ? [] : await CallDesk.CallsAsync(db, ct);
            var call = calls.FirstOrDefault(c => c.Id == note.Call);
            var answer = note.AnswerId is { } id ? await db.Answers.AsNoTracking().FirstOrDefaultAsync(a => a.Id == id, ct) : null;
            var check = new FieldCheck();
            check.Need(note.Call is null || call is not null, "call", "unknown");
            check.Need(note.Language == OtherLanguage || TextBook.Default.Supports(note.Language), "language", "unknown");
            check.Need(note.ServicePoint is null || await db.ServicePoints.AnyAsync(p => p.Slug == note.ServicePoint && p.Active, ct), "service_point", "unknown");
            check.Need(note.Consents.All(c => Consents.All.Any(k => k.Kind == c.Key && k.Answers.Contains(c.Value))), "consents", "unknown");
            if (note.Confidential)
                check.Need(note.Text.Value.Trim().Length <= LongestWay, "way", "too_long");
            else
                CheckStory(note, answer, await codebook.ReadAsync(db, ct), check);
            check.Need(answer is null || answer.ValidUntil >= await DeploymentValues.TodayAsync(db, clock, ct), "answer", "answer_over");
            check.Refuse();
            if (answer is not null && answer.ApprovedAt != note.AnswerApprovedAt)
                throw new RuleException("changed_meanwhile"); // else the item is closed with what nobody told

            var told = note.Confidential ? "" : string.Join('\n', new[] { answer?.Text, note.OwnAnswer.Value.Trim() }.Where(t => !string.IsNullOrEmpty(t)));
            var minor = note.Minor.Length > 0 ? note.Minor : note.Facts.IsMinor ? "yes" : null;
            var fields = new Dictionary<string, string> { ["speaker"] = note.Speaker, ["speaks_for"] = note.SpeaksFor, ["about"] = note.About, ["stay"] = note.Stay };
            if (minor is not null)
                fields["minor"] = minor;
            if (note.Call is { } heard)
                fields["client_id"] = heard.ToString(); // nobody is called back before it is an item
            var spoken = new SpeechRecorded
            {
                ExternalId = $"{officer.Id} {request.ClientId} {Typed(note)}", Text = new PersonalText(note.Text.Value.Trim()), StatedLanguage = note.Language == OtherLanguage ? null : note.Language, ServicePoint = note.ServicePoint ?? call?.ServicePoint,
                Channel = Channel, Acknowledged = true, Fields = fields,
                Recorded = new RecordedSpeech(officer.Id, await ShiftEndsAsync(ct))
                {
                    Call = note.Call, Confidential = note.Confidential, Interrupted = !note.Confidential && note.End == Interrupted, Told = told.Length == 0 ? null : new PersonalText(told), Settles = !note.Confidential && note.End == RecordCall.Told,
                    Consents = note.Consents.ToDictionary(c => c.Key, c => minor is not null && c.Key == Consents.Quote ? Consents.No : c.Value), // a child is not quoted (S17)
                    Speaker = note.Confidential ? null : note.Facts,
                },
            };
            try
            {
                // Who closes the page has still sent it: it is stored to the end.
                var receipts = await inbox.StoreAsync(AccountId, [spoken], default, CancellationToken.None);
                return new RecordedCall(receipts[0].Code!, note.Confidential ? ToTeam : note.End, note.Call);
            }
            catch (NotStoredException)
            {
                throw new RuleException("not_stored");
            }
        }

        // A first try may be stored after it was given up. What was changed before the second is a second record then, and never lost behind the first one's code.
        private string Typed(CallNote note) => Convert.ToHexStringLower(keys.Hash("call note", JsonSerializer.Serialize(note, JsonSerializerOptions.Web)));

        private static void CheckStory(CallNote note, ApprovedAnswer? answer, Codebook book, FieldCheck check)
        {
            check.Need(note.End == Interrupted || !note.Text.IsEmpty, "text", "needed");
            check.Need(note.Text.Value.Length <= LongestText, "text", "too_long");
            check.OneOf(note.End, Ends, "end");
            check.Need(book.Find("speaker", note.Speaker) is not null, "speaker", "unknown");
            check.Need(book.Find("speaks_for", note.SpeaksFor) is not null, "speaks_for", "unknown");
            check.Need(book.Find("about", note.About) is not null, "about", "unknown");
            check.Need(book.Find("stay", note.Stay) is not null, "stay", "unknown");
            check.OneOf(note.Minor, ["", "yes", "at_risk"], "minor");
            check.Need(note.AnswerId is null || answer is not null, "answer", "unknown");
            check.Need(note.End != Told || answer is not null || !note.OwnAnswer.IsEmpty, "own_answer", "answer_needed");
            check.Need(note.OwnAnswer.Value.Length <= LongestAnswer, "own_answer", "too_long");
            var facts = note.Facts;
            check.Need(facts.Sex is null || SpeakerFacts.Sexes.Contains(facts.Sex), "sex", "unknown");
            check.Need(facts.AgeBand is null || SpeakerFacts.AgeBands.Contains(facts.AgeBand), "age_band", "unknown");
            check.Need(facts.Diversity.All(SpeakerFacts.Diversities.Contains), "diversity", "unknown");
            check.Need(facts.Difficulty.All(d => SpeakerFacts.Questions.Contains(d.Key) && SpeakerFacts.Difficulties.Contains(d.Value)), "difficulty", "unknown");
            check.Need(facts.GroupSize is null or (> 1 and <= 10_000), "group_size", "out_of_range");
        }

        private async Task<DateTimeOffset> ShiftEndsAsync(CancellationToken ct)
        {
            var now = clock.GetUtcNow();
            return await db.Rota.Where(r => r.OfficerId == officer.Id && r.StartsAt <= now && r.EndsAt > now && r.EndsAt <= now.AddHours(24)).MaxAsync(r => (DateTimeOffset?)r.EndsAt, ct) ?? now.AddHours(UsualShiftHours);
        }
    }
}

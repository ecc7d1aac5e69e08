using System.Text.Json;
using Cea.Feedback.Classification;
using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Items;

/// <summary>
/// An officer types what he hears in a recording. The text is kept with it, is read by the machine like any other, and may raise what the item is, never lower it.
/// Typed again, the later one counts; what a machine heard, it takes the place of.
/// </summary>
public sealed record TypeTranscript(Guid ItemId, Guid MessageId, PersonalText Text, Guid ClientId) : IWrite<Guid>
{
    public const int Longest = 16_000;

    public Right Needs => Right.Reply;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { message = MessageId, length = Text.Value.Length };

    internal sealed class Handler(FeedbackDb db, Databases databases, ItemTexts texts, ITextClassifier classifier, Mover mover) : IRequestHandler<TypeTranscript, Guid>
    {
        public async Task<Guid> Handle(TypeTranscript request, CancellationToken ct)
        {
            var text = request.Text.Value.Trim();
            if (text.Length == 0)
                throw new RuleException("text_empty");
            if (text.Length > Longest)
                throw new RuleException("text_too_long");
            var item = await texts.FindAsync(request.ItemId, ct);
            if (!await db.Messages.AnyAsync(m => m.Id == request.MessageId && m.ItemId == item.Id && m.Direction == "in" && m.Kind == "message", ct))
                throw new RuleException("nothing_to_transcribe");

            var facts = await TriageFacts.ReadAsync(databases.Worker, texts.Now, ct);
            var reading = classifier.Read(text, item.Lang == "und" ? null : item.Lang);
            var coded = Coded.Of(reading, facts.Codebook, classifier.Version, null, new Dictionary<string, string>());
            if (item.Lang == "und" && reading.Language.Code is not ("und" or ""))
                item.Lang = reading.Language.Code;
            var transcript = await texts.AddAsync(item, "in", Message.Transcript, text, item.Lang, ct);
            transcript.ReplacesId = request.MessageId;
            (transcript.PersonId, transcript.AccountId) = (null, null); // nothing that came in on a line: it opens no window, answers no menu and costs nothing
            if (item.ConfirmedAt is null)
                await SuggestAsync(item, coded, ct);
            await db.SaveChangesAsync(ct);
            await MoveAsync(item, coded, text, facts, ct);
            return transcript.Id;
        }

        // Confirmed codes are a person's and stay.
        private async Task SuggestAsync(Item item, Coded coded, CancellationToken ct)
        {
            var before = JsonSerializer.Serialize(new { item.Type, item.Topics, item.Urgency, item.Sensitivity }, JsonSerializerOptions.Web);
            await db.Database.ExecuteCountAsync(item.Id, -1, ct);
            (item.SuggestedType, item.SuggestedTopics, item.SuggestedUrgency, item.SuggestedSensitivity) = coded.Over(item.SuggestedType, item.SuggestedTopics, item.SuggestedUrgency, item.SuggestedSensitivity);
            item.Suggestion = coded.SuggestionJson;
            db.CodeChanges.Add(new CodeChange
            {
                ItemId = item.Id, AudienceId = item.AudienceId, At = texts.Now, Before = before,
                After = JsonSerializer.Serialize(new { type = item.SuggestedType, topics = item.SuggestedTopics, urgency = item.SuggestedUrgency, sensitivity = item.SuggestedSensitivity }, JsonSerializerOptions.Web),
            });
            await db.SaveChangesAsync(ct);
            await db.Database.ExecuteCountAsync(item.Id, 1, ct);
        }

        private async Task MoveAsync(Item item, Coded coded, string text, TriageFacts facts, CancellationToken ct)
        {
            // Whom it names must not be who decides about it (S4): what waits for its check may change its readers.
            if (item.CircleId == Circle.CheckFirst.Id)
            {
                item.Sensitivity = Math.Max(item.Sensitivity, coded.Sensitivity);
                if (Coded.Withheld(Circle.CheckFirst, item.ServicePointId, text, facts.People).Excluded.Length > 0)
                    await mover.MoveAsync(item, Circle.CheckFirst.Id, item.Sensitivity, [], ct);
                return;
            }
            if (item.CircleId == Circle.Open.Id && coded.Circle.Id > Circle.CheckFirst.Id)
                await mover.MoveAsync(item, coded.Circle.Id, coded.Sensitivity, [], ct);
            else if (item.CircleId == Circle.Open.Id)
                await db.Database.ExecuteSqlAsync($"update open_search set text = text || E'\\n' || {text}, search = search || to_tsvector('cea', {text}) where item_id = {item.Id}", ct);
        }
    }
}

using System.Text.Json;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Coding;

/// <summary>An officer confirms or corrects type, topics and urgency. Suggested codes stay beside them. A topic of a higher class moves the item into its circle; going down is for the cleared alone, with <see cref="Safeguarding.DecideSensitivity"/>.</summary>
public sealed record CorrectCodes(Guid ItemId, string Type, string[] Topics, string Urgency, string? Third, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.Code;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { type = Type, topics = Topics, urgency = Urgency };

    /// <summary>How many messages of the person's the officer had before him; null: not told. With more by now the item is not seen by this, and its urgency not lowered.</summary>
    public int? Heard { get; init; }

    /// <summary>False: by a machine, which reads nothing in an officer's place.</summary>
    public bool Reads { get; init; } = true;

    /// <summary>The urgency that he was shown; null: not told. What has risen since is not lowered by a form that still shows the old.</summary>
    public string? UrgencyShown { get; init; }

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, Officer officer, Safeguarding.Mover mover, CodebookInUse codebook, Learning.TrainingCopies copies) : IRequestHandler<CorrectCodes, bool>
    {
        public async Task<bool> Handle(CorrectCodes request, CancellationToken ct)
        {
            var book = await codebook.ReadAsync(db, ct);
            var topics = request.Topics.Where(t => t.Length > 0).Distinct().ToArray();
            if (book.Find("type", request.Type) is null || topics.Length is 0 or > 3 || topics.Any(t => book.Find("topic", t) is null) || !Codebook.Urgencies.Contains(request.Urgency)
                || (request.Third is { Length: > 0 } third && book.Find("third", third) is null))
                throw new RuleException("unknown_code");
            var item = await texts.FindAsync(request.ItemId, ct);
            var floor = Math.Max(book.ClassOf(topics, personal: item.Sensitivity >= 1), (int)item.Sensitivity);
            if (floor == 2 && Coded.RankOf(request.Urgency) < Coded.RankOf("high"))
                throw new RuleException("class2_is_high");
            // The machine may raise urgency; a person who lowers a restricted item must be cleared for it, which seeing it proves.
            var raises = floor > item.Sensitivity; // never refused: what has become more urgent meanwhile stays so
            if (!raises)
                await texts.NotLoweredAsync(item, request.Urgency, request.UrgencyShown, request.Heard, ct);
            var urgency = raises ? Coded.Higher(request.Urgency, item.Urgency) : request.Urgency;
            await db.Database.ExecuteCountAsync(item.Id, -1, ct);
            var before = JsonSerializer.Serialize(new { item.Type, item.Topics, item.Urgency }, JsonSerializerOptions.Web);
            (item.ConfirmedType, item.ConfirmedTopics, item.ConfirmedUrgency, item.ConfirmedBy, item.ConfirmedAt) = (request.Type, topics, urgency, officer.Id, texts.Now);
            item.Third = request.Third is { Length: > 0 } ? request.Third : null;
            db.CodeChanges.Add(new CodeChange
            {
                ItemId = item.Id, AudienceId = item.AudienceId, At = texts.Now, OfficerId = officer.Id, Before = before, After = JsonSerializer.Serialize(new { type = request.Type, topics, urgency }, JsonSerializerOptions.Web),
            });
            if (request.Reads && !await texts.HasMoreAsync(item, request.Heard, ct))
            {
                item.SeenAt ??= texts.Now;
                await texts.MeetAsync(item, ["seen"], ct);
            }
            await db.SaveChangesAsync(ct);
            await db.Database.ExecuteCountAsync(item.Id, 1, ct);
            var sensitivity = (short)floor;
            var circle = book.CircleOf(topics, sensitivity);
            // Of two circles the stricter one keeps it (S2), also within one class.
            var moves = item.CircleId != Safeguarding.Circle.CheckFirst.Id && (sensitivity > item.Sensitivity || circle.Strictness > Safeguarding.Circle.Of(item.CircleId).Strictness);
            await copies.KeepAsync(item, moves ? circle : Safeguarding.Circle.Of(item.CircleId), ct);
            if (moves)
                await mover.MoveAsync(item, circle.Id, sensitivity, [], ct);
            return true;
        }
    }
}

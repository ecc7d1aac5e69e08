using System.Text.Json;
using Cea.Feedback.Coding;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;

namespace Cea.Feedback.Safeguarding;

/// <summary>
/// A cleared person decides what an item is: class and topics together name its circle. Everybody who sees an item may raise it; lowering, passing a check-first
/// item as open, and moving one to a looser circle of its class take a right to screen; and a reason, which stays with the circle as a note.
/// </summary>
public sealed record DecideSensitivity(Guid ItemId, short Class, string Type, string[] Topics, string Urgency, short[] ShareWith, string? Reason, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.Code;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { @class = Class, topics = Topics, urgency = Urgency, shared = ShareWith };

    /// <summary>How many messages of the person's the officer had before him; null: not told. With more by now nothing is lowered or passed: nobody has screened what came meanwhile.</summary>
    public int? Heard { get; init; }

    /// <summary>Urgency and class that he was shown; null: not told. What has risen since is not lowered by a form that still shows the old.</summary>
    public (string Urgency, short Class)? Shown { get; init; }

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, Officer officer, Mover mover, CodebookInUse codebook, Learning.TrainingCopies copies) : IRequestHandler<DecideSensitivity, bool>
    {
        public async Task<bool> Handle(DecideSensitivity request, CancellationToken ct)
        {
            var book = await codebook.ReadAsync(db, ct);
            var topics = request.Topics.Where(t => t.Length > 0).Distinct().ToArray();
            if (request.Class is < 0 or > 2 || topics.Length is 0 or > 3 || topics.Any(t => book.Find("topic", t) is null) || book.Find("type", request.Type) is null || !Codebook.Urgencies.Contains(request.Urgency))
                throw new RuleException("unknown_code");
            var item = await texts.FindAsync(request.ItemId, ct);
            var screening = item.CircleId == Circle.CheckFirst.Id;
            var lowers = request.Class < item.Sensitivity || (request.Class == 0 && item.CircleId != 0) || request.Class < book.ClassOf(topics, personal: false)
                || (item.CircleId > Circle.CheckFirst.Id && book.CircleOf(topics, request.Class).Strictness < Circle.Of(item.CircleId).Strictness);
            var raises = request.Class > item.Sensitivity && !lowers; // never refused: what has become more urgent meanwhile stays so
            if (!raises)
                await texts.NotLoweredAsync(item, request.Urgency, request.Shown?.Urgency, request.Heard, ct);
            if (request.Shown is { } shown && item.Sensitivity > shown.Class && request.Class < item.Sensitivity)
                throw new RuleException("said_meanwhile");
            if (screening || lowers)
                await texts.NothingMoreThanAsync(item, request.Heard, ct);
            if (screening && !officer.May(Right.Screen))
                throw new RuleException("not_allowed");
            if (lowers && !officer.May(Right.Screen))
                throw new RuleException("only_cleared_lowers");
            if (lowers && !screening && string.IsNullOrWhiteSpace(request.Reason))
                throw new RuleException("reason_needed");
            if (request.Class == 2 && Coded.RankOf(request.Urgency) < Coded.RankOf("high"))
                throw new RuleException("class2_is_high");

            var before = JsonSerializer.Serialize(new { item.Type, item.Topics, item.Urgency, item.Sensitivity }, JsonSerializerOptions.Web);
            (item.ConfirmedType, item.ConfirmedTopics, item.ConfirmedUrgency, item.ConfirmedBy, item.ConfirmedAt) = (request.Type, topics, raises ? Coded.Higher(request.Urgency, item.Urgency) : request.Urgency, officer.Id, texts.Now);
            item.SeenAt ??= texts.Now;
            await db.Database.ExecuteCountAsync(item.Id, -1, ct);
            db.CodeChanges.Add(new CodeChange
            {
                ItemId = item.Id, AudienceId = item.AudienceId, At = texts.Now, OfficerId = officer.Id, Before = before,
                After = JsonSerializer.Serialize(new { type = request.Type, topics, urgency = item.ConfirmedUrgency, sensitivity = request.Class }, JsonSerializerOptions.Web),
            });
            if (!string.IsNullOrWhiteSpace(request.Reason))
                await texts.AddAsync(item, "note", "reason", request.Reason.Trim(), null, ct);
            await texts.MeetAsync(item, await texts.HasMoreAsync(item, request.Heard, ct) ? ["check"] : ["check", "seen"], ct);
            await db.SaveChangesAsync(ct);
            await db.Database.ExecuteCountAsync(item.Id, 1, ct);
            if (book.CircleOf(topics, request.Class).Id == Circle.Open.Id)
                await ToldOnTheSpot.CloseAsync(db, texts, item, ct);
            await copies.KeepAsync(item, book.CircleOf(topics, request.Class), ct);
            await mover.MoveAsync(item, book.CircleOf(topics, request.Class).Id, request.Class, request.ShareWith, ct);
            return true;
        }
    }
}

using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.Texts;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Replies;

/// <summary>Somebody who answers people approves what operators may tell: new, changed, or as it stands for longer. His name stands under it.</summary>
public sealed record SaveAnswer(int? Id, string Topic, string Language, string? ServicePoint, string Text, DateOnly? ValidUntil, Guid ClientId) : IWrite<int>
{
    public const int Longest = 1000, LongestDays = 366;

    public Right Needs => Right.Reply;

    public object? AuditDetail => new { id = Id, topic = Topic, lang = Language, until = ValidUntil };

    internal sealed class Handler(FeedbackDb db, CodebookInUse codebook, Officer officer, TimeProvider clock) : IRequestHandler<SaveAnswer, int>
    {
        public async Task<int> Handle(SaveAnswer request, CancellationToken ct)
        {
            var now = clock.GetUtcNow();
            var today = await DeploymentValues.TodayAsync(db, clock, ct);
            var place = request.ServicePoint is { } slug ? await db.ServicePoints.AsNoTracking().FirstOrDefaultAsync(p => p.Slug == slug, ct) : null;
            var check = new FieldCheck();
            check.Need((await codebook.ReadAsync(db, ct)).Find("topic", request.Topic) is not null, "topic", "unknown");
            check.Need(TextBook.Default.Supports(request.Language), "lang", "unknown");
            check.Need(request.ServicePoint is null || place is not null, "service_point", "unknown");
            var text = check.Text(request.Text, "text", Longest);
            check.Need(request.ValidUntil is { } day && day >= today && day <= today.AddDays(LongestDays), "valid_until", "out_of_range");
            check.Refuse();
            var answer = request.Id is { } id ? await db.Answers.FindAsync([id], ct) ?? throw new RuleException("answer_not_found") : db.Answers.Add(new ApprovedAnswer()).Entity;
            (answer.Topic, answer.Lang, answer.ServicePointId, answer.Text) = (request.Topic, request.Language, place?.Id, text);
            (answer.ApprovedBy, answer.ApprovedAt, answer.ValidUntil) = (officer.Id, now, request.ValidUntil!.Value);
            await db.SaveChangesAsync(ct);
            return answer.Id;
        }
    }
}

/// <summary>An answer is told no more; what was told with it stays with the items.</summary>
public sealed record RemoveAnswer(int Id, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.Reply;

    public object? AuditDetail => new { id = Id };

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<RemoveAnswer, bool>
    {
        public async Task<bool> Handle(RemoveAnswer request, CancellationToken ct)
        {
            db.Answers.Remove(await db.Answers.FindAsync([request.Id], ct) ?? throw new RuleException("answer_not_found"));
            return true;
        }
    }
}

using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Replies;

/// <summary>An approved answer, with who stands for it.</summary>
/// <param name="ServicePoint">Slug; null: true everywhere.</param>
public sealed record AnswerRow(int Id, string Topic, string Lang, string? ServicePoint, string? PlaceName, string Text, string ApprovedBy, DateTimeOffset ApprovedAt, DateOnly ValidUntil);

/// <param name="MayChange">The reader may approve answers.</param>
/// <param name="Today">As the deployment's clock on the wall has it.</param>
public sealed record AnswersShown(IReadOnlyList<AnswerRow> Answers, IReadOnlyList<PlaceName> Places, bool MayChange, DateOnly Today);

/// <summary>Every approved answer, also those that are valid no more.</summary>
public sealed record AnswerList : IRead<AnswersShown>
{
    public Right Needs => Right.RecordFeedback;

    internal sealed class Handler(FeedbackDb db, Officer officer, TimeProvider clock) : IRequestHandler<AnswerList, AnswersShown>
    {
        public async Task<AnswersShown> Handle(AnswerList request, CancellationToken ct) =>
            new(await RowsAsync(db, ct), await PlaceName.ActiveAsync(db, ct), officer.May(Right.Reply), await DeploymentValues.TodayAsync(db, clock, ct));
    }

    internal static async Task<IReadOnlyList<AnswerRow>> RowsAsync(FeedbackDb db, CancellationToken ct) => await (
        from answer in db.Answers.AsNoTracking()
        join approver in db.Officers on answer.ApprovedBy equals approver.Id
        join place in db.ServicePoints on answer.ServicePointId equals place.Id into places
        from place in places.DefaultIfEmpty()
        orderby answer.Topic, answer.Lang, answer.Id
        select new AnswerRow(answer.Id, answer.Topic, answer.Lang, place == null ? null : place.Slug, place == null ? null : place.Name, answer.Text, approver.DisplayName, answer.ApprovedAt, answer.ValidUntil)).ToListAsync(ct);
}

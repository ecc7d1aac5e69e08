using Cea.Feedback.Officers;
using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Items;

/// <summary>A call that was put through to the reader. Never a number: only whether there is one to call back.</summary>
/// <param name="ServicePoint">Slug of the line's own.</param>
/// <param name="ReceiptCode">Of what he has written down of it already; null: nothing yet.</param>
public sealed record CallRow(Guid Id, string AccountId, DateTimeOffset TakenAt, bool HasNumber, string? ServicePoint, string? ReceiptCode);

/// <summary>A place that the caller may speak of, or that an answer is of.</summary>
public sealed record PlaceName(string Slug, string Name)
{
    /// <summary>Every active one, by its name.</summary>
    internal static async Task<IReadOnlyList<PlaceName>> ActiveAsync(FeedbackDb db, CancellationToken ct) => await db.ServicePoints.AsNoTracking().Where(p => p.Active).OrderBy(p => p.Name).Select(p => new PlaceName(p.Slug, p.Name)).ToListAsync(ct);
}

/// <summary>What an operator has before him: his calls, the places, the answers that are valid today, and where somebody calls who wants to talk in confidence (null: nobody has said).</summary>
public sealed record CallDeskShown(IReadOnlyList<CallRow> Calls, IReadOnlyList<PlaceName> Places, string? OwnPlace, IReadOnlyList<AnswerRow> Answers, string? ConfidentialPhone, TimeZoneInfo Zone);

public sealed record CallDesk : IRead<CallDeskShown>
{
    public Right Needs => Right.RecordFeedback;

    internal sealed class Handler(FeedbackDb db, Officer officer, TimeProvider clock) : IRequestHandler<CallDesk, CallDeskShown>
    {
        public async Task<CallDeskShown> Handle(CallDesk request, CancellationToken ct)
        {
            var today = await DeploymentValues.TodayAsync(db, clock, ct);
            var own = await db.ServicePoints.Where(p => p.Active && db.Officers.Any(o => o.Id == officer.Id && o.ServicePointId == p.Id)).Select(p => p.Slug).FirstOrDefaultAsync(ct);
            return new CallDeskShown(
                await CallsAsync(db, ct), await PlaceName.ActiveAsync(db, ct), own, [.. (await AnswerList.RowsAsync(db, ct)).Where(a => a.ValidUntil >= today)],
                await db.Circles.AsNoTracking().OrderByDescending(c => c.Strictness).Select(c => c.ConfidentialPhone).FirstOrDefaultAsync(ct), await DeploymentValues.ZoneAsync(db, ct));
        }
    }

    internal static async Task<IReadOnlyList<CallRow>> CallsAsync(FeedbackDb db, CancellationToken ct) => await db.Database.SqlQuery<CallRow>($"""
        select id as "Id", account_id as "AccountId", taken_at as "TakenAt", has_number as "HasNumber", service_point as "ServicePoint", receipt_code as "ReceiptCode" from my_calls()
        """).ToListAsync(ct);
}

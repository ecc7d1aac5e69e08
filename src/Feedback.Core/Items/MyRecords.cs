using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Items;

/// <summary>Something that the reader recorded: his own words until his shift ends (null then, and where they are sealed), and how it stands: received, in_progress, done.</summary>
public sealed record RecordedRow(Guid ItemId, string ReceiptCode, DateTimeOffset RecordedAt, string State, string? Text);

/// <summary>What the reader recorded, the latest first. What became of it shows only by its state, the same for open and restricted items (S6).</summary>
public sealed record MyRecords : IRead<IReadOnlyList<RecordedRow>>
{
    public Right Needs => Right.RecordFeedback;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<MyRecords, IReadOnlyList<RecordedRow>>
    {
        public async Task<IReadOnlyList<RecordedRow>> Handle(MyRecords request, CancellationToken ct) => await db.Database.SqlQuery<RecordedRow>($"""
            select r.item_id as "ItemId", r.receipt_code as "ReceiptCode", r.recorded_at as "RecordedAt", r.state as "State", m.text as "Text"
            from my_recorded() r left join message m on m.id = r.item_id and m.id in (select recorded_words()) order by r.recorded_at desc
            """).ToListAsync(ct);
    }
}

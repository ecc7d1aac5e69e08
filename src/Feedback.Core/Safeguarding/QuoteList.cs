using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Safeguarding;

/// <summary>A text that waits for approval, or has it.</summary>
/// <param name="Mine">The reader wrote it: he does not decide on it.</param>
/// <param name="Doubts">What the service would mask in it as it stands.</param>
public sealed record QuoteRow(Guid ItemId, Guid QuoteId, string ReceiptCode, string Text, string Lang, string? Place, string WrittenBy, DateTimeOffset WrittenAt, bool Mine, string? ApprovedBy, DateTimeOffset? ApprovedAt, IReadOnlyList<MaskedStretch> Doubts);

/// <summary>For who approves: first what waits, the longest waiting on top; then what was approved last.</summary>
public sealed record QuoteList : IRead<IReadOnlyList<QuoteRow>>
{
    public const int Most = 100;

    public Right Needs => Right.ApproveQuotes;

    internal sealed class Handler(FeedbackDb db, QuoteRules rules, Officer officer) : IRequestHandler<QuoteList, IReadOnlyList<QuoteRow>>
    {
        public async Task<IReadOnlyList<QuoteRow>> Handle(QuoteList request, CancellationToken ct)
        {
            var waiting = await db.Quotes.AsNoTracking().Where(q => q.ApprovedAt == null).OrderBy(q => q.WrittenAt).Take(Most).ToListAsync(ct);
            var approved = await db.Quotes.AsNoTracking().Where(q => q.ApprovedAt != null).OrderByDescending(q => q.ApprovedAt).Take(Most).ToListAsync(ct);
            var quotes = waiting.Concat(approved).ToList();
            var ids = quotes.Select(q => q.ItemId).ToList();
            var items = await db.Items.AsNoTracking().Where(i => ids.Contains(i.Id)).Select(i => new { i.Id, i.ReceiptCode, i.Lang, Place = db.ServicePoints.Where(p => p.Id == i.ServicePointId).Select(p => p.Name).FirstOrDefault() }).ToDictionaryAsync(i => i.Id, ct);
            var people = await db.Officers.AsNoTracking().ToDictionaryAsync(o => o.Id, o => o.DisplayName, ct);
            var names = await rules.NamesAsync(ct);
            return [.. quotes.Where(q => items.ContainsKey(q.ItemId)).Select(q => new QuoteRow(q.ItemId, q.Id, items[q.ItemId].ReceiptCode, q.Text, items[q.ItemId].Lang, items[q.ItemId].Place, people.GetValueOrDefault(q.WrittenBy) ?? "",
                q.WrittenAt, q.WrittenBy == officer.Id, q.ApprovedBy is { } by ? people.GetValueOrDefault(by) : null, q.ApprovedAt, q.ApprovedAt is null ? Masking.Find(q.Text, items[q.ItemId].Lang, names) : []))];
        }
    }
}

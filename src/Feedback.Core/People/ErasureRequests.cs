using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.People;

/// <summary>Somebody with a restricted item asked to have everything erased. The item is one that the reader may see.</summary>
public sealed record ErasureRow(long Id, Guid ItemId, string ReceiptCode, DateTimeOffset AskedAt, int Items);

/// <summary>The wishes to be erased that wait for a focal point (S15): only where he sees a restricted item of that person; nobody else learns of it.</summary>
public sealed record ErasureRequests : IRead<IReadOnlyList<ErasureRow>>
{
    public Right Needs => Right.ReadItems;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<ErasureRequests, IReadOnlyList<ErasureRow>>
    {
        public async Task<IReadOnlyList<ErasureRow>> Handle(ErasureRequests request, CancellationToken ct)
        {
            var waiting = await db.Erasures.AsNoTracking().Where(e => e.State == Erasure.WithFocalPoint && db.Items.Any(i => i.PersonId == e.PersonId && i.CircleId != 0)).OrderBy(e => e.AskedAt).ToListAsync(ct);
            var persons = waiting.Select(w => w.PersonId).ToList();
            var items = (await db.Items.Where(i => i.PersonId != null && persons.Contains(i.PersonId.Value) && i.CircleId != 0).OrderByDescending(i => i.RecordedAt).Select(i => new { i.Id, i.PersonId, i.ReceiptCode }).ToListAsync(ct)).ToLookup(i => i.PersonId!.Value);
            return [.. waiting.Select(w => new ErasureRow(w.Id, items[w.PersonId].First().Id, items[w.PersonId].First().ReceiptCode, w.AskedAt, items[w.PersonId].Count()))];
        }
    }
}

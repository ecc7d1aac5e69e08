using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Safeguarding;

/// <summary>Somebody other than its writer lets a masked text leave (S12).</summary>
/// <param name="QuoteId">The text that he has read; another one that came meanwhile is not approved with it.</param>
public sealed record ApproveQuote(Guid ItemId, Guid QuoteId, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.ApproveQuotes;
    public Guid? AboutItem => ItemId;

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, QuoteRules rules, Officer officer) : IRequestHandler<ApproveQuote, bool>
    {
        public async Task<bool> Handle(ApproveQuote request, CancellationToken ct)
        {
            var item = await texts.FindAsync(request.ItemId, ct);
            await rules.HoldAsync(item.Id, ct);
            var quote = await QuoteOf.AnotherAsync(db, item.Id, request.QuoteId, officer, ct);
            if (quote.ApprovedAt is not null)
                throw new RuleException("changed_meanwhile");
            await rules.AcceptAsync(item, quote.Text, ct); // names and places that came since it was written
            (quote.ApprovedBy, quote.ApprovedAt) = (officer.Id, texts.Now);
            texts.Event(item, "quote_approved");
            return true;
        }
    }
}

/// <summary>Somebody other than its writer refuses a text, or takes back one that was approved: it is deleted.</summary>
public sealed record RefuseQuote(Guid ItemId, Guid QuoteId, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.ApproveQuotes;
    public Guid? AboutItem => ItemId;

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, Officer officer) : IRequestHandler<RefuseQuote, bool>
    {
        public async Task<bool> Handle(RefuseQuote request, CancellationToken ct)
        {
            var item = await texts.FindAsync(request.ItemId, ct);
            db.Quotes.Remove(await QuoteOf.AnotherAsync(db, item.Id, request.QuoteId, officer, ct));
            texts.Event(item, "quote_refused");
            return true;
        }
    }
}

internal static class QuoteOf
{
    /// <exception cref="RuleException">changed_meanwhile: it is gone, or another text stands there; quote_own: nobody decides on his own.</exception>
    public static async Task<Quote> AnotherAsync(FeedbackDb db, Guid itemId, Guid quoteId, Officer officer, CancellationToken ct)
    {
        var quote = await db.Quotes.SingleOrDefaultAsync(q => q.ItemId == itemId && q.Id == quoteId, ct) ?? throw new RuleException("changed_meanwhile");
        return quote.WrittenBy == officer.Id ? throw new RuleException("quote_own") : quote;
    }
}

using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Safeguarding;

/// <summary>An officer proposes what of an item may leave, masked; somebody else approves it (S12). A new text takes the place of the one before, and has to be approved anew.</summary>
public sealed record ProposeQuote(Guid ItemId, PersonalText Text, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.Reply;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { length = Text.Value.Length };

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, QuoteRules rules, Officer officer) : IRequestHandler<ProposeQuote, bool>
    {
        public async Task<bool> Handle(ProposeQuote request, CancellationToken ct)
        {
            var item = await texts.FindAsync(request.ItemId, ct);
            await rules.HoldAsync(item.Id, ct);
            var text = await rules.AcceptAsync(item, request.Text.Value ?? "", ct);
            await db.Quotes.Where(q => q.ItemId == item.Id).ExecuteDeleteAsync(ct);
            db.Quotes.Add(new Quote { ItemId = item.Id, Text = text, WrittenBy = officer.Id, WrittenAt = texts.Now });
            texts.Event(item, "quote_proposed");
            return true;
        }
    }
}

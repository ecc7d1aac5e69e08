using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Safeguarding;

/// <summary>What an item's page shows of quoting it.</summary>
/// <param name="Refusal">Why it may not be quoted, a code; null: it may.</param>
/// <param name="Proposal">What was said, masked as far as the service can; empty where it may not be quoted.</param>
/// <param name="Text">The text that waits or was approved; null: none.</param>
public sealed record QuoteDraftView(string? Refusal, string Proposal, string? Text, string? WrittenBy, string? ApprovedBy);

/// <summary>Whether an item may be quoted, and with which words the officer begins.</summary>
public sealed record QuoteDraft(Guid ItemId) : IRead<QuoteDraftView>
{
    public Right Needs => Right.ReadItems;

    internal sealed class Handler(FeedbackDb db, CircleKeyring keyring, QuoteRules rules) : IRequestHandler<QuoteDraft, QuoteDraftView>
    {
        public async Task<QuoteDraftView> Handle(QuoteDraft request, CancellationToken ct)
        {
            var item = await db.Items.AsNoTracking().SingleOrDefaultAsync(i => i.Id == request.ItemId, ct) ?? throw new RuleException("item_not_found");
            var refusal = await rules.RefusalAsync(item.Id, ct);
            var quote = await db.Quotes.AsNoTracking().SingleOrDefaultAsync(q => q.ItemId == item.Id, ct);
            var names = quote is null ? [] : await db.Officers.AsNoTracking().Where(o => o.Id == quote.WrittenBy || o.Id == quote.ApprovedBy).ToDictionaryAsync(o => o.Id, o => o.DisplayName, ct);
            return new QuoteDraftView(refusal, refusal is null ? Masking.Propose(await SaidAsync(item, ct), item.Lang, await rules.NamesAsync(ct)) : "", quote?.Text, quote is null ? null : names.GetValueOrDefault(quote.WrittenBy),
                quote?.ApprovedBy is { } by ? names.GetValueOrDefault(by) : null);
        }

        // The person's words as they hold now: an edit in place of what it replaces, of a recording the last transcript that somebody typed: what only a machine has heard is nobody's words.
        private async Task<string> SaidAsync(Item item, CancellationToken ct)
        {
            var keys = await keyring.KeysAsync(ct);
            var said = await db.Messages.AsNoTracking().Where(m => m.ItemId == item.Id && m.Direction == "in" && m.Kind != Message.MachineTranscript).OrderBy(m => m.At).ThenBy(m => m.Id).ToListAsync(ct);
            var replaced = said.Where(m => m.Kind != Message.Transcript).Select(m => m.ReplacesId).ToHashSet(); // a transcript stands beside its recording
            var transcripts = said.Where(m => m.Kind == Message.Transcript).GroupBy(m => m.ReplacesId).Select(g => g.Last().Id).ToHashSet();
            return string.Join('\n', said.Where(m => !replaced.Contains(m.Id) && (m.Kind != Message.Transcript || transcripts.Contains(m.Id))).Select(m => m.Read(keys)).Where(t => !string.IsNullOrWhiteSpace(t)));
        }
    }
}

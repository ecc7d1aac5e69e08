using System.Globalization;
using System.Text;
using Cea.Feedback.Items;
using Cea.Feedback.Storage;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Safeguarding;

/// <summary>What somebody said, as it may leave: masked by one officer, approved by another (S12). The database drops it when its item or its consent no longer allows it.</summary>
public sealed class Quote
{
    public const int MostLetters = 500;

    public Guid ItemId { get; set; }

    /// <summary>Random, and new with every text: who approves approves what he has read.</summary>
    public Guid Id { get; private set; }
    public int AudienceId { get; set; } = Audience.OpenId;
    public string Text { get; set; } = "";
    public int WrittenBy { get; set; }
    public DateTimeOffset WrittenAt { get; set; }
    public int? ApprovedBy { get; set; }
    public DateTimeOffset? ApprovedAt { get; set; }
}

/// <summary>What may be quoted, and in which words; the same for who proposes and who approves.</summary>
public sealed class QuoteRules(FeedbackDb db, KeyRing keys)
{
    private const int ShortestName = 3, ShortestAddress = 4, TellingDigits = 7;

    /// <summary>Why this item may not be quoted, a code; null: it may.</summary>
    public Task<string?> RefusalAsync(Guid itemId, CancellationToken ct) => db.Database.SqlQuery<string?>($"select quote_refusal({itemId}) as \"Value\"").SingleAsync(ct);

    /// <summary>As it is now, and stays until this transaction ends: a consent taken back meanwhile, or an item moved, waits or is seen.</summary>
    /// <exception cref="RuleException">quote_not_open, minors_are_not_quoted, quote_consent.</exception>
    public async Task HoldAsync(Guid itemId, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync($"select 1 from item where id = {itemId} for update", ct);
        if (await RefusalAsync(itemId, ct) is { } refused)
            throw new RuleException(refused);
    }

    /// <summary>The text as it would be kept.</summary>
    /// <exception cref="RuleException">text_empty, text_too_long, quote_has_number, quote_has_name, quote_has_address.</exception>
    public async Task<string> AcceptAsync(Item item, string typed, CancellationToken ct)
    {
        var text = Cleaned(typed);
        if (text.Length == 0)
            throw new RuleException("text_empty");
        if (text.EnumerateRunes().Count() > Quote.MostLetters)
            throw new RuleException("text_too_long");
        if (Masking.HoldsNumberOrContact(text))
            throw new RuleException("quote_has_number");
        var hidden = await db.ServicePoints.AsNoTracking().Where(p => p.Visibility != "all").Select(p => p.Name).ToListAsync(ct);
        if (Masking.Mentions(text, [.. hidden, .. await OfficersAsync(ct)]))
            throw new RuleException("quote_has_name");
        if (await HoldsAddressAsync(item, text, ct))
            throw new RuleException("quote_has_address");
        return text;
    }

    public async Task<MaskingNames> NamesAsync(CancellationToken ct) => new(await OfficersAsync(ct), await db.ServicePoints.AsNoTracking().Select(p => p.Name).ToListAsync(ct));

    private async Task<List<string>> OfficersAsync(CancellationToken ct) =>
        [.. (await db.Officers.AsNoTracking().Select(o => new { o.DisplayName, o.OtherNames }).ToListAsync(ct)).SelectMany(o => Conflict.NamesOf(o.DisplayName, null, o.OtherNames, null)).Where(n => n.Length >= ShortestName).Distinct()];

    private async Task<bool> HoldsAddressAsync(Item item, string text, CancellationToken ct)
    {
        var (said, digits) = (Bare(text), Digits(text));
        return (await db.Database.SqlQuery<byte[]>($"select sealed as \"Value\" from address where person_id = {item.PersonId}").ToListAsync(ct))
            .Select(a => keys.OpenText(a, "address")).Any(a => (Bare(a) is { Length: >= ShortestAddress } bare && said.Contains(bare, StringComparison.Ordinal)) || (Digits(a) is { Length: >= TellingDigits } number && digits.Contains(number[^TellingDigits..], StringComparison.Ordinal)));
    }

    // A number may be cut up by words, and stand without its country's code.
    private static string Digits(string text) => string.Concat(text.EnumerateRunes().Where(r => Rune.GetUnicodeCategory(r) == UnicodeCategory.DecimalDigitNumber).Select(r => (int)Rune.GetNumericValue(r)));

    // Letters and digits alone, whatever stands between them.
    private static string Bare(string text) => Texts.TextBook.Fold(text).Replace(" ", "", StringComparison.Ordinal);

    // Control characters have no place in a file that others load.
    private static string Cleaned(string typed)
    {
        var text = new StringBuilder(typed.Length);
        foreach (var rune in typed.ReplaceLineEndings("\n").EnumerateRunes())
        {
            if (rune.Value is '\n' || !Rune.IsControl(rune))
                text.Append(rune.ToString());
        }
        return text.ToString().Trim();
    }
}

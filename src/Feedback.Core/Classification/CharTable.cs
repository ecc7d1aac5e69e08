using System.Globalization;
using System.Text;
using Cea.Feedback.Texts;

namespace Cea.Feedback.Classification;

/// <summary>What a UTF-16 unit is to the classifier.</summary>
internal enum CharKind : byte { Drop, Space, Letter, Digit, Han, Symbol, Question, Exclamation }

/// <summary>
/// Kind, exact form (small letter) and folded form of every UTF-16 unit, made a page of 256 at a time when first met. Folding is the service's own (Texts), so that
/// keywords and classifier agree on what is the same letter.
/// </summary>
internal sealed class CharTable
{
    public static CharTable Shared { get; } = new();

    private readonly Page?[] _pages = new Page?[256];

    internal sealed class Page
    {
        public readonly CharKind[] Kinds = new CharKind[256];
        public readonly char[] Exact = new char[256];
        public readonly char[] Folded = new char[256];      // '\0': see Longer, or nothing
        public readonly string?[] Longer = new string?[256]; // more than one unit: ligatures, presentation forms
        public readonly bool[] Strange = new bool[256];      // a letter of a script that no language of ours is written in
    }

    /// <summary>Two threads may make the same page; both make the same one.</summary>
    public Page Of(char c) => _pages[c >> 8] ??= Make(c >> 8);

    private static Page Make(int number)
    {
        var page = new Page();
        Span<char> one = stackalloc char[1];
        for (var i = 0; i < 256; i++)
        {
            var c = (char)((number << 8) | i);
            page.Kinds[i] = KindOf(c);
            page.Exact[i] = c;
            if (page.Kinds[i] is not (CharKind.Letter or CharKind.Digit or CharKind.Han) || char.IsSurrogate(c))
                continue;
            one[0] = c;
            var composed = new string(one).Normalize(NormalizationForm.FormKC);
            if (composed.Length == 1)
                page.Exact[i] = char.ToLowerInvariant(composed[0]);
            page.Strange[i] = page.Kinds[i] != CharKind.Digit && !IsOurs(composed[0]);
            var folded = Folding.Fold(composed);
            if (folded.Length == 1)
                page.Folded[i] = folded[0];
            else if (folded.Length > 1)
                page.Longer[i] = folded.Length > 4 ? folded[..4] : folded;
        }
        return page;
    }

    // Latin with what stands among it and above it, Cyrillic, Arabic, Devanagari, Bengali, Gurmukhi, Ethiopic, Chinese (its rare signs, U+3400 to U+4DBF, come from wrong decodings rather than from a telephone).
    private static bool IsOurs(char c) => c is <= '\u036F' or >= '\u0400' and <= '\u052F' or >= '\u0600' and <= '\u06FF' or >= '\u0750' and <= '\u077F' or >= '\u0870' and <= '\u08FF' or >= '\u0900' and <= '\u0A7F'
        or >= '\u1200' and <= '\u139F' or >= '\u1D00' and <= '\u1EFF' or >= '\u2C60' and <= '\u2C7F' or >= '\u2D80' and <= '\u2DFF' or >= '\u3000' and <= '\u3007' or >= '\u4E00' and <= '\u9FFF' or >= '\uA640' and <= '\uA7FF'
        or >= '\uAB00' and <= '\uAB2F' or >= '\uF900' and <= '\uFAFF' or >= '\uFB50' and <= '\uFDFF' or >= '\uFE70' and <= '\uFEFF';

    private static CharKind KindOf(char c)
    {
        if (c is '?' or '\u061F' or '\uFF1F' or '\u1367' or '\u037E')
            return CharKind.Question;
        if (c == '\uFFFD')
            return CharKind.Drop; // what a broken encoding leaves
        if (c is '!' or '\u00A1' or '\uFF01')
            return CharKind.Exclamation;
        if (c is >= '\u3040' and <= '\u30FF' or >= '\u3400' and <= '\u9FFF' or >= '\uF900' and <= '\uFAFF' or >= '\u0E00' and <= '\u0EFF' or >= '\u1000' and <= '\u109F' or >= '\u1780' and <= '\u17FF')
            return CharKind.Han; // written without spaces: each unit is a word of its own
        return CharUnicodeInfo.GetUnicodeCategory(c) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber => CharKind.Letter,
            UnicodeCategory.ModifierLetter => c == '\u0640' ? CharKind.Drop : CharKind.Letter,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark => c is >= '\uFE00' and <= '\uFE0F' ? CharKind.Drop : CharKind.Letter, // Folding drops accents, keeps vowel signs
            UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierSymbol or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => CharKind.Drop,
            UnicodeCategory.Control => c is '\t' or '\n' or '\r' ? CharKind.Space : CharKind.Drop,
            UnicodeCategory.DecimalDigitNumber => CharKind.Digit,
            UnicodeCategory.OtherNumber => CharKind.Digit,
            UnicodeCategory.OtherSymbol => CharKind.Symbol,
            _ => CharKind.Space,
        };
    }
}

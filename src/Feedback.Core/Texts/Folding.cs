using System.Globalization;
using System.Text;

namespace Cea.Feedback.Texts;

/// <summary>
/// One form for all the ways in which people write the same word: small letters without accents, digits 0 to 9, one space for whatever stands between words.
/// Both sides of a comparison must be folded. Letters that are interchanged in practice (Arabic and Persian yeh and kaf, Ethiopic homophones, Turkish and Hausa
/// letters that a keyboard lacks) become one.
/// </summary>
internal static class Folding
{
    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var rune in Decomposed(text).EnumerateRunes())
        {
            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark when IsAccent(rune.Value):
                case UnicodeCategory.Format or UnicodeCategory.ModifierSymbol: // joiners, isolates, skin tones: nothing stands there
                    break;
                case UnicodeCategory.ModifierLetter when rune.Value is 0x0640 or >= 0x02B0 and <= 0x02FF: // tatweel; apostrophes that are letters
                    if (rune.Value != 0x0640)
                        Space(folded);
                    break;
                case UnicodeCategory.DecimalDigitNumber:
                    folded.Append((char)('0' + (int)Rune.GetNumericValue(rune)));
                    break;
                case UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter
                    or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber:
                    Append(folded, Rune.ToLowerInvariant(rune));
                    break;
                default:
                    Space(folded);
                    break;
            }
        }
        return folded.ToString().TrimEnd(' ');
    }

    private static void Space(StringBuilder folded)
    {
        if (folded.Length > 0 && folded[^1] != ' ')
            folded.Append(' ');
    }

    private static void Append(StringBuilder folded, Rune letter)
    {
        switch (letter.Value)
        {
            case 'ß': folded.Append("ss"); break;
            case 'æ': folded.Append("ae"); break;
            case 'œ': folded.Append("oe"); break;
            case < 0x10000: folded.Append(Same((char)letter.Value)); break;
            default: folded.Append(letter.ToString()); break;
        }
    }

    private static char Same(char c) => c switch
    {
        'ı' => 'i',
        'ø' => 'o',
        'ł' => 'l',
        'đ' or 'ɗ' => 'd',
        'ɓ' => 'b',
        'ƙ' => 'k',
        'ƴ' => 'y',
        'ŋ' => 'n',
        'ى' or 'ی' or 'ې' or 'ۍ' => 'ي',
        'ک' or 'ګ' => c == 'ک' ? 'ك' : 'گ',
        'ة' or 'ە' or 'ہ' or 'ھ' or 'ۃ' => 'ه',
        'ٱ' => 'ا',
        >= 'ሐ' and <= 'ሖ' => (char)(c - 'ሐ' + 'ሀ') is 'ሃ' ? 'ሀ' : (char)(c - 'ሐ' + 'ሀ'),
        >= 'ኀ' and <= 'ኆ' => (char)(c - 'ኀ' + 'ሀ') is 'ሃ' ? 'ሀ' : (char)(c - 'ኀ' + 'ሀ'),
        'ሃ' => 'ሀ',
        >= 'ሠ' and <= 'ሧ' => (char)(c - 'ሠ' + 'ሰ'),
        >= 'ዐ' and <= 'ዖ' => (char)(c - 'ዐ' + 'አ') is 'ኣ' ? 'አ' : (char)(c - 'ዐ' + 'አ'),
        'ኣ' => 'አ',
        >= 'ፀ' and <= 'ፆ' => (char)(c - 'ፀ' + 'ጸ'),
        _ => c,
    };

    // Accents, Hebrew points and Arabic vowel signs, variation selectors and keycaps may be left out; Indic, Thai and other signs above U+0900 are parts of letters.
    private static bool IsAccent(int mark) => mark is < 0x0900 or >= 0x1AB0 and <= 0x1AFF or >= 0x1DC0 and <= 0x1DFF or >= 0x20D0 and <= 0x20FF or >= 0xFE00 and <= 0xFE2F or >= 0xE0100;

    private static string Decomposed(string text)
    {
        try
        {
            return text.Normalize(NormalizationForm.FormKD);
        }
        catch (ArgumentException) // half a surrogate pair, or a byte order mark the wrong way round
        {
            return string.Concat(text.EnumerateRunes()).Replace('\uFFFE', '\uFFFD').Normalize(NormalizationForm.FormKD);
        }
    }
}

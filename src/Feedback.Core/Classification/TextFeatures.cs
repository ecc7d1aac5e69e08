using System.Buffers;
using System.Globalization;
using System.Text;

namespace Cea.Feedback.Classification;

/// <summary>
/// Turns a text into hashed features: characters' n-grams within word borders (2 to 5), words and pairs of words, folded (small, without accents, letter variants as one, repeated
/// letters shortened, numbers and links masked) and words as they were spelled; script, length and punctuation. Linear in the length; at most <see cref="LongestText"/> characters are read.
/// </summary>
public sealed class TextFeatures(int bits)
{
    /// <summary>UTF-16 units of a text that are looked at.</summary>
    public const int LongestText = 4000;

    private const int Shortest = 2, Longest = 5, LongestWord = 40;
    private readonly uint _mask = (1u << bits) - 1;

    public int Size => 1 << bits;

    /// <summary>One occurrence of a feature: its number, and which word it came from (-1: the text as a whole).</summary>
    public readonly record struct Occurrence(int Feature, int Word);

    /// <summary>A word's place in the text as it was given.</summary>
    public readonly record struct Span(int Start, int Length);

    /// <summary>Every occurrence in the text, and the words' places.</summary>
    public void Read(string text, List<Occurrence> features, List<Span> words)
    {
        features.Clear();
        words.Clear();
        var end = Math.Min(text.Length, LongestText);
        var folded = ArrayPool<char>.Shared.Rent(LongestWord + 2);
        var (previous, letters, upper, digits, questions, exclamations, emoji) = (0u, 0, 0, 0, 0, 0, 0);
        var scripts = new Dictionary<int, int>(4);
        for (var i = 0; i < end;)
        {
            if (!IsPart(text, i))
            {
                questions += text[i] is '?' or '؟' or '¿' or '？' ? 1 : 0;
                exclamations += text[i] is '!' ? 1 : 0;
                emoji += char.IsHighSurrogate(text[i]) || char.GetUnicodeCategory(text[i]) == UnicodeCategory.OtherSymbol ? 1 : 0;
                i++;
                continue;
            }
            var start = i;
            while (i < end && IsPart(text, i))
                i++;
            if (IsLink(text, start, ref i, end))
            {
                Add(features, 0xA11CEu, -1);
                continue;
            }
            var word = words.Count;
            words.Add(new Span(start, i - start));
            var length = Fold(text.AsSpan(start, i - start), folded, out var masked);
            for (var k = start; k < i; k++)
            {
                letters++;
                upper += char.IsUpper(text[k]) ? 1 : 0;
                digits += char.IsDigit(text[k]) ? 1 : 0;
            }
            if (length == 2)
                continue; // nothing but marks
            scripts[ScriptOf(folded[1])] = scripts.GetValueOrDefault(ScriptOf(folded[1])) + 1;
            var whole = Hash(folded.AsSpan(1, length - 2), 0x9E37u);
            Add(features, whole, word);
            if (!masked)
                Add(features, Hash(text.AsSpan(start, Math.Min(i - start, LongestWord)), 0x51EDu), word);
            if (previous != 0)
                Add(features, Mix(previous, whole ^ 0xB16Au), word);
            previous = whole;
            var ideograms = folded[1] is >= '\u3040' and <= '\u9fff';
            for (var n = ideograms ? 1 : Shortest; n <= Longest; n++)
            {
                for (var k = ideograms ? 1 : 0; k + n <= (ideograms ? length - 1 : length); k++)
                    Add(features, Hash(folded.AsSpan(k, n), (uint)(0xC0DE + n)), word);
            }
        }
        ArrayPool<char>.Shared.Return(folded);
        foreach (var script in scripts.Keys)
            Add(features, 0x5C817u + (uint)script, -1);
        Add(features, 0x1E46u + (uint)Math.Min(9, BitOperationsLog(words.Count)), -1);
        if (questions > 0)
            Add(features, 0x0E57u, -1);
        if (exclamations > 1)
            Add(features, 0xE8C1u, -1);
        if (digits > 3)
            Add(features, 0xD161u, -1);
        if (emoji > 0)
            Add(features, 0xE30Eu, -1);
        if (upper > 5 && upper * 2 > letters)
            Add(features, 0xCA95u, -1);
    }

    /// <summary>Small letters without marks, between two borders; returns how much of the target is used.</summary>
    internal static int Fold(ReadOnlySpan<char> word, char[] target, out bool masked)
    {
        var n = 0;
        target[n++] = '_';
        masked = false;
        var numbers = 0;
        foreach (var raw in word)
        {
            if (n > LongestWord)
                break;
            var c = FoldChar(raw);
            if (c == '\0')
                continue;
            if (c is >= '0' and <= '9')
                numbers++;
            if (n >= 3 && target[n - 1] == c && target[n - 2] == c)
                continue; // "pleeeease"
            target[n++] = c;
        }
        if (numbers > 0 && numbers >= n - 1)
        {
            // a bare number is one of a few sizes: nobody's telephone becomes a feature
            masked = true;
            n = 1;
            target[n++] = '#';
            target[n++] = (char)('0' + Math.Min(numbers, 9));
        }
        target[n++] = '_';
        return n;
    }

    private static readonly char[] Table = MakeTable();

    private static char FoldChar(char c) => Table[c];

    // Each UTF-16 unit's folded form: compatibility decomposition's first base letter, small; variants of Arabic and Persian letters as one; marks and invisible ones nothing.
    private static char[] MakeTable()
    {
        var table = new char[char.MaxValue + 1];
        for (var i = 0; i <= char.MaxValue; i++)
        {
            var c = (char)i;
            var unassigned = char.GetUnicodeCategory(c) == UnicodeCategory.OtherNotAssigned; // normalisation refuses noncharacters
            if (char.IsSurrogate(c) || unassigned)
            {
                table[i] = c;
                continue;
            }
            var category = char.GetUnicodeCategory(c);
            if (category is UnicodeCategory.Format or UnicodeCategory.Control || (category == UnicodeCategory.NonSpacingMark && c < '\u0900') || c == 'ـ')
                continue;
            var basis = c;
            if (c > 127 && c is not (>= '\uAC00' and <= '\uD7A3'))
            {
                foreach (var d in c.ToString().Normalize(NormalizationForm.FormKD))
                {
                    if (char.GetUnicodeCategory(d) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpaceSeparator))
                    {
                        basis = d;
                        break;
                    }
                }
            }
            basis = char.ToLowerInvariant(basis);
            table[i] = basis switch
            {
                'أ' or 'إ' or 'آ' or 'ٱ' => 'ا',
                'ى' or 'ي' or 'ی' or 'ئ' => 'ي',
                'ة' or 'ۀ' or 'ە' or 'ہ' or 'ھ' => 'ه',
                'ؤ' => 'و',
                'ک' => 'ك',
                'ı' => 'i',
                'ø' => 'o',
                'đ' or 'ɗ' => 'd',
                'ɓ' => 'b',
                'ƙ' => 'k',
                'ŋ' => 'n',
                'ɲ' => 'n',
                'ł' => 'l',
                'ɛ' => 'e',
                'ɔ' => 'o',
                'ß' => 's',
                'æ' => 'a',
                >= '٠' and <= '٩' => (char)('0' + basis - '٠'),
                >= '۰' and <= '۹' => (char)('0' + basis - '۰'),
                '’' or '‘' or '`' => '\'',
                _ => basis,
            };
        }
        return table;
    }

    private static bool IsPart(string text, int i)
    {
        var c = text[i];
        if (c < 128)
            return char.IsAsciiLetterOrDigit(c) || (c == '\'' && i > 0 && i + 1 < text.Length && char.IsLetter(text[i - 1]) && char.IsLetter(text[i + 1]));
        if (char.IsSurrogate(c))
            return false;
        return char.GetUnicodeCategory(c) is UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.Format || c is '’';
    }

    private static bool IsLink(string text, int start, ref int i, int end)
    {
        if (!(text.AsSpan(start, i - start) is "http" or "https" or "www" && i < end && text[i] is ':' or '.'))
            return false;
        while (i < end && !char.IsWhiteSpace(text[i]))
            i++;
        return true;
    }

    private static int ScriptOf(char c) => c switch
    {
        < '\u0250' => 0,
        < '\u0400' => 1,
        < '\u0530' => 2,
        < '\u0780' => 3,
        < '\u0980' => 4,
        < '\u0A00' => 5,
        < '\u1200' => 6,
        < '\u1400' => 7,
        >= '\u3040' and < '\ua000' => 8,
        _ => 9,
    };

    private static int BitOperationsLog(int n) => n == 0 ? 0 : System.Numerics.BitOperations.Log2((uint)n) + 1;

    private void Add(List<Occurrence> features, uint hash, int word) => features.Add(new Occurrence((int)(Mix(hash, 0x2545F491u) & _mask), word));

    // FNV-1a over UTF-16 units, finished as in MurmurHash3.
    private static uint Hash(ReadOnlySpan<char> text, uint seed)
    {
        var h = 2166136261u ^ seed;
        foreach (var c in text)
            h = (h ^ c) * 16777619u;
        return Mix(h, seed);
    }

    private static uint Mix(uint h, uint with)
    {
        h ^= with * 0x9E3779B1u;
        h ^= h >> 16;
        h *= 0x85EBCA6Bu;
        h ^= h >> 13;
        h *= 0xC2B2AE35u;
        return h ^ (h >> 16);
    }
}

using System.Globalization;
using System.Text;

namespace Cea.Feedback.Safeguarding;

/// <summary>What stands between a word and the one before it.</summary>
internal enum MaskingGap : byte
{
    /// <summary>Nothing but blanks, hyphens and apostrophes.</summary>
    Near,

    /// <summary>Also a comma, a colon, a quotation mark.</summary>
    Soft,

    /// <summary>A full stop and blanks.</summary>
    Dot,

    /// <summary>The end of a sentence or a line.</summary>
    End,
}

/// <summary>A word or a number of a text, from <paramref name="Start"/> to before <paramref name="End"/>.</summary>
internal readonly record struct MaskingToken(int Start, int End, string Folded, bool IsNumber, bool IsCharacters, bool HasCase, bool Capital, bool AllCapitals, int Letters, MaskingGap Gap);

/// <summary>Cuts a text into words and numbers. Linear; takes whatever is typed.</summary>
internal static class MaskingTokens
{
    private const int Elided = 2; // l', d', qu': a word of their own before what follows; a longer part has a suffix behind its apostrophe

    public static readonly System.Buffers.SearchValues<char> Apostrophes = System.Buffers.SearchValues.Create("'’ʼ`´ʻ");

    private enum Class : byte
    {
        Other,
        Letter,
        Character,
        Digit,
        Joiner,
        Apostrophe,
    }

    public static List<MaskingToken> Of(string text)
    {
        var tokens = new List<MaskingToken>();
        var (at, gapFrom) = (0, 0);
        while (at < text.Length)
        {
            var (kind, length) = ClassAt(text, at);
            if (kind is not (Class.Letter or Class.Character or Class.Digit))
            {
                at += length;
                continue;
            }
            var end = EndOf(text, at, kind);
            tokens.Add(Token(text, at, end, kind, GapOf(text.AsSpan(gapFrom, at - gapFrom), tokens.Count == 0)));
            (at, gapFrom) = (end, end);
        }
        return tokens;
    }

    /// <summary>Of any script, whatever it counts with.</summary>
    public static bool IsDigit(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>Marks and invisible signs: digits on both sides of one still stand side by side.</summary>
    public static bool IsInvisible(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.SpacingCombiningMark;

    public static (Rune Rune, int Length) RuneAt(string text, int at)
    {
        var status = Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length);
        return status == System.Buffers.OperationStatus.Done ? (rune, length) : (Rune.ReplacementChar, 1);
    }

    private static int EndOf(string text, int start, Class kind)
    {
        var (at, letters) = (start, 0);
        while (at < text.Length)
        {
            var (next, length) = ClassAt(text, at);
            if (next == kind || (next == Class.Joiner && at > start))
                letters++;
            else if (!(next == Class.Apostrophe && kind == Class.Letter && letters > Elided && at + length < text.Length && ClassAt(text, at + length).Kind == Class.Letter))
                break;
            at += length;
        }
        return at;
    }

    private static (Class Kind, int Length) ClassAt(string text, int at)
    {
        var (rune, length) = RuneAt(text, at);
        if (MaskingLists.IsCharacter(rune))
            return (Class.Character, length);
        if (IsDigit(rune))
            return (Class.Digit, length);
        if (rune.IsBmp && Apostrophes.Contains((char)rune.Value))
            return (Class.Apostrophe, length);
        if (Rune.IsLetter(rune))
            return (Class.Letter, length);
        return (IsInvisible(rune) ? Class.Joiner : Class.Other, length);
    }

    private static MaskingToken Token(string text, int start, int end, Class kind, MaskingGap gap)
    {
        var span = text.AsSpan(start, end - start);
        var (letters, upper, hasCase, capital) = (0, 0, false, false);
        foreach (var rune in span.EnumerateRunes())
        {
            if (!Rune.IsLetter(rune))
                continue;
            var big = Rune.IsUpper(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.TitlecaseLetter;
            if (letters++ == 0)
                capital = big;
            upper += big ? 1 : 0;
            hasCase |= big || Rune.IsLower(rune);
        }
        return new MaskingToken(start, end, kind == Class.Character ? "" : MaskingLists.Fold(span), kind == Class.Digit, kind == Class.Character, hasCase, capital, letters > 1 && upper == letters, letters, gap);
    }

    private static MaskingGap GapOf(ReadOnlySpan<char> gap, bool first)
    {
        if (first)
            return MaskingGap.End;
        var most = MaskingGap.Near;
        foreach (var c in gap)
        {
            var here = c switch
            {
                '!' or '?' or '…' or '\n' or '\r' or '¿' or '¡' or '。' or '！' or '？' or '؟' or '۔' or '።' or '।' or ';' or '؛' or '•' or '"' or '“' or '«' or '„' => MaskingGap.End,
                '.' => most == MaskingGap.Dot ? MaskingGap.End : MaskingGap.Dot,
                '-' or '‐' or '–' or '\'' or '’' or '`' or '´' => MaskingGap.Near,
                _ when char.IsWhiteSpace(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.NonSpacingMark => MaskingGap.Near,
                _ => MaskingGap.Soft,
            };
            if (here > most)
                most = here;
        }
        return most;
    }
}

using System.Globalization;
using System.Text;

namespace Cea.Feedback.Safeguarding;

/// <summary>What stands where something was masked. Where two meet, the later one of this list shows.</summary>
public enum Mask : byte
{
    None,
    Name,
    Place,
    Origin,
    Number,
    Date,
    Contact,
}

/// <summary>A stretch of a text that a mask would cover.</summary>
public readonly record struct MaskedStretch(int Start, int Length, Mask Mask);

/// <summary>
/// Proposes what must be masked before a text may leave (S12), in any of the 21 languages: numbers of three digits and more, contacts, names, crossing places, dates, countries, and
/// nationality where a family role stands with it. Rather too much than too little, and still only a proposal: two people read what leaves. Pure, linear in the text, takes anything.
/// </summary>
public static class Masking
{
    /// <summary>Digits side by side, and digits with blanks, dots and dashes between them, from which on they are masked.</summary>
    private const int Run = 3, Chain = 5;
    private const int LongestBetween = 3;

    private static readonly HashSet<string> Endings = ["com", "org", "net", "info", "edu", "gov", "int", "io", "app", "link", "eu", "biz", "xyz"];

    /// <summary>The text with "[name]", "[number]", "[place]", "[date]", "[origin]" and "[contact]" for what was found.</summary>
    /// <param name="language">Of the text; of an unknown one the words of every language count.</param>
    public static string Propose(string text, string language, MaskingNames names)
    {
        var masked = Covered(text, Find(text, language, names));
        // What is covered joins what stood on both sides of it: an "@" before it and a dot behind it can now read as an address. Each round leaves fewer of them.
        while (HoldsNumberOrContact(masked))
            masked = Covered(masked, NumbersAndContacts(masked));
        return masked;
    }

    /// <summary>The same, as stretches of the text in their order.</summary>
    public static IReadOnlyList<MaskedStretch> Find(string text, string language, MaskingNames names)
    {
        var marks = new Mask[text.Length];
        var tokens = MaskingTokens.Of(text);
        new MaskingWords(text, tokens, language, names, marks).Paint();
        PaintNumbers(text, marks, dates: true);
        PaintContacts(text, marks);
        return Stretches(text, marks);
    }

    /// <summary>Whether there is a number of three digits or more, a link, an e-mail address or an @handle in it: then it leaves in no case. What <see cref="Propose"/> makes holds none.</summary>
    public static bool HoldsNumberOrContact(string text) => NumbersAndContacts(text).Count > 0;

    /// <summary>Whether one of these names stands in it, whole, also with an ending or a beginning that is written together with it.</summary>
    public static bool Mentions(string text, IReadOnlyCollection<string> given)
    {
        var marks = new Mask[text.Length];
        new MaskingWords(text, MaskingTokens.Of(text), "", MaskingNames.None, marks).Paint(given);
        return marks.Contains(Mask.Name);
    }

    private static string Covered(string text, IReadOnlyList<MaskedStretch> stretches)
    {
        var masked = new StringBuilder(text.Length);
        var at = 0;
        foreach (var stretch in stretches)
        {
            masked.Append(text, at, stretch.Start - at).Append('[').Append(stretch.Mask.ToString().ToLowerInvariant()).Append(']');
            at = stretch.Start + stretch.Length;
        }
        return masked.Append(text, at, text.Length - at).ToString();
    }

    private static List<MaskedStretch> NumbersAndContacts(string text)
    {
        var marks = new Mask[text.Length];
        PaintNumbers(text, marks, dates: false);
        PaintContacts(text, marks);
        return Stretches(text, marks);
    }

    private static void PaintContacts(string text, Mask[] marks)
    {
        foreach (var (start, end) in Contacts(text))
            Paint(marks, start, end, Mask.Contact);
    }

    internal static void Paint(Mask[] marks, int start, int end, Mask mask)
    {
        for (var i = start; i < end; i++)
        {
            if (marks[i] < mask)
                marks[i] = mask;
        }
    }

    private static List<MaskedStretch> Stretches(string text, Mask[] marks)
    {
        var stretches = new List<MaskedStretch>();
        for (var at = 0; at < marks.Length;)
        {
            var mask = marks[at];
            var end = at + 1;
            if (mask != Mask.None)
            {
                while (true)
                {
                    while (end < marks.Length && marks[end] == mask)
                        end++;
                    var next = end;
                    while (next < marks.Length && next - end < LongestBetween && marks[next] == Mask.None && text[next] is ' ' or '\u00A0' or '-' or '\'' or '’' or '.')
                        next++;
                    if (next == end || next >= marks.Length || marks[next] != mask)
                        break;
                    end = next;
                }
                stretches.Add(new MaskedStretch(at, end - at, mask));
            }
            at = end;
        }
        return stretches;
    }

    private readonly record struct Digits(int Start, int End, int Count, int Value);

    private static void PaintNumbers(string text, Mask[] marks, bool dates)
    {
        var groups = Groups(text);
        for (var first = 0; first < groups.Count;)
        {
            var (last, total) = (first, groups[first].Count);
            while (last + 1 < groups.Count && Between(text, groups[last].End, groups[last + 1].Start) && groups[last + 1].Start - groups[last].End <= LongestBetween)
                total += groups[++last].Count;
            for (var i = first; i <= last; i++)
            {
                if (groups[i].Count >= Run)
                    Paint(marks, Sign(text, groups[i].Start), groups[i].End, Mask.Number);
            }
            if (total >= Chain)
                Paint(marks, Sign(text, groups[first].Start), groups[last].End, Mask.Number);
            if (dates)
                PaintDates(text, groups, first, last, marks);
            first = last + 1;
        }
        PaintCharacters(text, marks, dates);
    }

    // 3/5/2024, 2024-05-03, 3/5, 12-05; 5月3日.
    private static void PaintDates(string text, List<Digits> groups, int first, int last, Mask[] marks)
    {
        for (var i = first; i <= last; i++)
        {
            char? after = i < last && groups[i + 1].Start == groups[i].End + 1 ? text[groups[i].End] : null;
            if (after is '/' or '-' or '.' && i + 2 <= last && groups[i + 2].Start == groups[i + 1].End + 1 && text[groups[i + 1].End] == after
                && ((groups[i].Count <= 2 && groups[i + 2].Count <= 4) || (groups[i].Count == 4 && groups[i + 2].Count <= 2)) && groups[i + 1].Count <= 2)
                Paint(marks, groups[i].Start, groups[i + 2].End, Mask.Date);
            else if ((after == '/' && groups[i].Count <= 2 && groups[i + 1].Count <= 2)
                || (after is '-' or '.' && groups[i].Count == 2 && groups[i + 1].Count == 2 && groups[i].Value <= 31 && groups[i + 1].Value <= 12))
                Paint(marks, groups[i].Start, groups[i + 1].End, Mask.Date);
            if (groups[i].End < text.Length && text[groups[i].End] is '年' or '月' or '日' or '号')
                Paint(marks, groups[i].Start, groups[i].End + 1, Mask.Date);
        }
    }

    // Numbers that are written as words of one character: three and more, or before a month or a day.
    private static void PaintCharacters(string text, Mask[] marks, bool dates)
    {
        for (var at = 0; at < text.Length; at++)
        {
            var start = at;
            while (at < text.Length && text[at] is '〇' or '零' or '一' or '二' or '三' or '四' or '五' or '六' or '七' or '八' or '九' or '十' or '幺')
                at++;
            if (at == start)
                continue;
            if (dates && at < text.Length && text[at] is '月' or '日' or '号') // with a year it is as often how long
                Paint(marks, start, at + 1, Mask.Date);
            else if (at - start >= Run)
                Paint(marks, start, at, Mask.Number);
        }
    }

    private static List<Digits> Groups(string text)
    {
        var groups = new List<Digits>();
        var (start, count, value) = (-1, 0, 0);
        for (var at = 0; at < text.Length;)
        {
            var (rune, length) = MaskingTokens.RuneAt(text, at);
            if (MaskingTokens.IsDigit(rune))
            {
                if (start < 0)
                    (start, count, value) = (at, 0, 0);
                (count, value) = (count + 1, count > 3 ? int.MaxValue : value * 10 + Math.Clamp((int)Rune.GetNumericValue(rune), 0, 9));
            }
            else if (start >= 0 && !MaskingTokens.IsInvisible(rune))
            {
                groups.Add(new Digits(start, at, count, value));
                start = -1;
            }
            at += length;
        }
        if (start >= 0)
            groups.Add(new Digits(start, text.Length, count, value));
        return groups;
    }

    private static bool Between(string text, int from, int to)
    {
        for (var i = from; i < to && i < from + LongestBetween; i++)
        {
            if (!(text[i] is '.' or '-' or '/' or '(' or ')' or '+' or ',' or '\'' or '·' or '_' or '*' or '#' or '–' or '٫' or '٬' || (char.IsWhiteSpace(text[i]) && text[i] is not ('\n' or '\r')) || char.GetUnicodeCategory(text[i]) is UnicodeCategory.Format))
                return false;
        }
        return true;
    }

    private static int Sign(string text, int start)
    {
        while (start > 0 && text[start - 1] is '+' or '#' or '(' or '$' or '€')
            start--;
        return start;
    }

    private static List<(int Start, int End)> Contacts(string text)
    {
        var found = new List<(int, int)>();
        var (lone, before) = (false, -1); // an @ that stands alone; where the stretch before began
        for (var at = 0; at < text.Length;)
        {
            if (IsGap(text[at]))
            {
                at++;
                continue;
            }
            var start = at;
            while (at < text.Length && !IsGap(text[at]))
                at++;
            var stretch = text.AsSpan(start, at - start);
            var head = stretch.Length - stretch.TrimStart("([{<«\"'“‘,;:¿¡").Length;
            var tail = stretch.TrimEnd(")]}>»\"'”’.,;:!?؟،").Length;
            var core = tail > head ? stretch[head..tail] : [];
            if (lone && core.Length > 0)
            {
                found.Add((before, start + tail));
                (lone, before) = (false, start);
                continue;
            }
            if (core.Length > 0 && IsContact(core))
                found.Add((start + head, start + tail));
            lone = core is ['@' or '＠'] && before >= 0;
            if (!lone)
                before = start;
        }
        return found;
    }

    private static bool IsGap(char c) => char.IsWhiteSpace(c) || MaskingLists.IsCharacter(char.IsSurrogate(c) ? Rune.ReplacementChar : new Rune(c));

    private static bool IsContact(ReadOnlySpan<char> core)
    {
        if (core.Contains("://", StringComparison.Ordinal) || core.StartsWith("www.", StringComparison.OrdinalIgnoreCase))
            return true;
        var dot = core.LastIndexOfAny('.', '．');
        for (var i = 0; i < core.Length; i++)
        {
            if (core[i] is not ('@' or '＠'))
                continue;
            var follows = i + 1 < core.Length && IsWord(core[i + 1]);
            var leads = i > 0 && (IsWord(core[i - 1]) || core[i - 1] == ']'); // also after a mask
            // An address has a dot behind its @; a handle begins with it. "tod@s" is neither.
            if (follows && (!leads || dot > i + 1))
                return true;
        }
        return IsDomain(core);
    }

    private static bool IsDomain(ReadOnlySpan<char> core)
    {
        var path = core.IndexOf('/');
        var host = path < 0 ? core : core[..path];
        var dot = host.LastIndexOf('.');
        if (dot <= 0 || host.Length - dot < 3 || !IsWord(host[dot - 1]))
            return false;
        var ending = host[(dot + 1)..];
        foreach (var c in ending)
        {
            if (!char.IsAsciiLetter(c))
                return false;
        }
        return path > 0 || (ending.Length < 6 && Endings.Contains(ending.ToString().ToLowerInvariant()));
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || char.IsSurrogate(c) || c is '_' or '-' or '.' or '+';
}

using System.Globalization;
using System.Text;

namespace Cea.Feedback.Classification;

/// <summary>A word as found: where it stands in the exact and the folded buffer, and in the text itself.</summary>
internal struct Token
{
    public int ExactStart, ExactEnd, FoldedStart, FoldedEnd, SourceStart, SourceEnd;
    public CharKind Kind; // Letter, Digit, Han or Symbol
}

/// <summary>
/// Cuts one text into words, in exact (small letters) and folded form. Reads at most <see cref="Limit"/> UTF-16 units, keeps its buffers, allocates nothing in the
/// common case. Links become one word, long numbers keep only their length, three and more of a letter become one, look-alike letters of another alphabet are put right.
/// </summary>
internal sealed class TextScan
{
    /// <summary>UTF-16 units of a text that are read; the rest is not looked at.</summary>
    public const int Limit = 4000;

    private const int Room = Limit * 2 + 64;
    private readonly char[] _exact = new char[Room];
    private readonly char[] _folded = new char[Room];
    private readonly Token[] _tokens = new Token[Limit + 8];
    private int _e, _f;

    public int Count { get; private set; }
    public int Letters { get; private set; }
    public int Capitals { get; private set; }
    public int Questions { get; private set; }
    public int Exclamations { get; private set; }
    public int Symbols { get; private set; }
    public int Numbers { get; private set; }
    public int Links { get; private set; }
    public int Dropped { get; private set; }
    /// <summary>Of what was dropped: what only a wrong decoding leaves, replacement characters, halves of pairs, controls, private use.</summary>
    public int Broken { get; private set; }
    /// <summary>Letters of scripts that no language of ours is written in.</summary>
    public int Strange { get; private set; }
    public int Length { get; private set; }
    /// <summary>What the places of tokens count in, when it is not the text as given (its letters and accents came apart).</summary>
    public string? Recomposed { get; private set; }

    public ReadOnlySpan<Token> Tokens => _tokens.AsSpan(0, Count);

    /// <summary>A word with one unit of room on either side, which holds a space: the boundary that n-grams see.</summary>
    public ReadOnlySpan<char> Exact(in Token t) => _exact.AsSpan(t.ExactStart - 1, t.ExactEnd - t.ExactStart + 2);

    public ReadOnlySpan<char> Folded(in Token t) => _folded.AsSpan(t.FoldedStart - 1, t.FoldedEnd - t.FoldedStart + 2);

    public void Read(ReadOnlySpan<char> text)
    {
        if (text.Length > Limit)
            text = text[..Limit];
        Recomposed = text.ContainsAnyInRange('\u0300', '\u036F') ? Composed(text) : null;
        if (Recomposed is not null)
            text = Recomposed.AsSpan(0, Math.Min(Recomposed.Length, Limit));

        Count = Letters = Capitals = Questions = Exclamations = Symbols = Numbers = Links = Dropped = Broken = Strange = 0;
        Length = text.Length;
        _e = _f = 0;
        _exact[_e++] = _folded[_f++] = ' ';
        var table = CharTable.Shared;
        var page = table.Of('a');
        var pageNumber = 0;
        var open = false;
        for (var i = 0; i < text.Length && Count < Limit && _e < Room - 16 && _f < Room - 16; i++)
        {
            var c = text[i];
            if (c >> 8 != pageNumber)
            {
                page = table.Of(c);
                pageNumber = c >> 8;
            }
            var kind = page.Kinds[c & 255];
            if (char.IsSurrogate(c))
            {
                if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                    Pair(c, text[++i], i - 1, ref open);
                else
                {
                    Dropped++;
                    Broken++;
                }
                continue;
            }
            switch (kind)
            {
                case CharKind.Letter or CharKind.Digit:
                    if (!open)
                        Open(i, kind);
                    open = true;
                    if (kind == CharKind.Letter)
                    {
                        Letters++;
                        Strange += page.Strange[c & 255] ? 1 : 0;
                        _tokens[Count].Kind = CharKind.Letter;
                        if (char.IsUpper(c))
                            Capitals++;
                    }
                    _exact[_e++] = page.Exact[c & 255];
                    if (page.Folded[c & 255] is var folded and not '\0')
                        _folded[_f++] = folded;
                    else if (page.Longer[c & 255] is { } longer)
                        foreach (var l in longer)
                            _folded[_f++] = l;
                    break;
                case CharKind.Han:
                    Close(i, ref open);
                    Letters++;
                    Strange += page.Strange[c & 255] ? 1 : 0;
                    One(i, 1, CharKind.Han, page.Exact[c & 255], '\0');
                    break;
                case CharKind.Symbol:
                    Close(i, ref open);
                    Symbols++;
                    One(i, 1, CharKind.Symbol, c, '\0');
                    break;
                case CharKind.Drop:
                    Dropped++;
                    Broken += c is '\uFFFD' or < ' ' or >= '\u007F' and < '\u00A0' or >= '\uE000' and < '\uF900' ? 1 : 0;
                    break;
                default:
                    Close(i, ref open);
                    if (kind == CharKind.Question)
                        Questions++;
                    else if (kind == CharKind.Exclamation)
                        Exclamations++;
                    else if (c is ':' or '.' && Count > 0 && IsLink(text, i, out var end))
                    {
                        Links++;
                        Mask(end);
                        i = end - 1;
                    }
                    break;
            }
        }
        Close(text.Length, ref open);
        _exact[_e] = _folded[_f] = ' ';
    }

    private void Pair(char high, char low, int at, ref bool open)
    {
        var rune = new Rune(high, low);
        if (rune.Value is >= 0x1F3FB and <= 0x1F3FF)
            return; // skin tones
        if (rune.Value is >= 0x1D400 and <= 0x1D7FF && rune.ToString().Normalize(NormalizationForm.FormKC) is [var plain])
        {
            if (!open)
                Open(at, CharKind.Letter);
            open = true;
            Letters++;
            _exact[_e++] = _folded[_f++] = char.ToLowerInvariant(plain);
            return;
        }
        if (Rune.IsLetter(rune))
        {
            if (!open)
                Open(at, CharKind.Letter);
            open = true;
            Letters++;
            Strange += rune.Value < 0x20000 ? 1 : 0; // beyond: rare Chinese
            var small = Rune.ToLowerInvariant(rune);
            Span<char> two = stackalloc char[2];
            small.EncodeToUtf16(two);
            _exact[_e++] = _folded[_f++] = two[0];
            _exact[_e++] = _folded[_f++] = two[1];
            return;
        }
        Close(at, ref open);
        if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.OtherSymbol or UnicodeCategory.OtherNumber))
        {
            Dropped++;
            return;
        }
        Symbols++;
        One(at, 2, CharKind.Symbol, high, low);
    }

    private void Open(int at, CharKind kind)
    {
        ref var t = ref _tokens[Count];
        t = new Token { ExactStart = _e, FoldedStart = _f, SourceStart = at, Kind = kind };
    }

    private void Close(int at, ref bool open)
    {
        if (!open)
            return;
        open = false;
        ref var t = ref _tokens[Count];
        t.SourceEnd = at;
        if (t.Kind == CharKind.Digit)
        {
            Numbers++;
            if (_e - t.ExactStart > 2)
            {
                _exact.AsSpan(t.ExactStart, _e - t.ExactStart).Fill('0');
                _folded.AsSpan(t.FoldedStart, _f - t.FoldedStart).Fill('0');
                _e = Math.Min(_e, t.ExactStart + 12);
                _f = Math.Min(_f, t.FoldedStart + 12);
            }
        }
        else
        {
            _e = Squeeze(_exact, t.ExactStart, _e);
            _f = Squeeze(_folded, t.FoldedStart, _f);
            LookAlikes.PutRight(_exact.AsSpan(t.ExactStart, _e - t.ExactStart));
            LookAlikes.PutRight(_folded.AsSpan(t.FoldedStart, _f - t.FoldedStart));
        }
        if (_f == t.FoldedStart) // marks only
        {
            _e = t.ExactStart;
            return;
        }
        t.ExactEnd = _e;
        t.FoldedEnd = _f;
        _exact[_e++] = _folded[_f++] = ' ';
        Count++;
    }

    private void One(int at, int units, CharKind kind, char first, char second)
    {
        Open(at, kind);
        ref var t = ref _tokens[Count];
        _exact[_e++] = _folded[_f++] = first;
        if (second != '\0')
            _exact[_e++] = _folded[_f++] = second;
        t.ExactEnd = _e;
        t.FoldedEnd = _f;
        t.SourceEnd = at + units;
        _exact[_e++] = _folded[_f++] = ' ';
        Count++;
    }

    /// <summary>The last word opens a link; its end is the next space.</summary>
    private bool IsLink(ReadOnlySpan<char> text, int at, out int end)
    {
        end = at;
        var t = _tokens[Count - 1];
        var word = _folded.AsSpan(t.FoldedStart, t.FoldedEnd - t.FoldedStart);
        if (t.SourceEnd != at || !(text[at] == ':' && (word.SequenceEqual("http") || word.SequenceEqual("https")) || text[at] == '.' && word.SequenceEqual("www")))
            return false;
        while (end < text.Length && !char.IsWhiteSpace(text[end]))
            end++;
        return true;
    }

    private void Mask(int end)
    {
        ref var t = ref _tokens[Count - 1];
        (_e, _f) = (t.ExactStart, t.FoldedStart);
        foreach (var c in "0url")
            _exact[_e++] = _folded[_f++] = c;
        (t.ExactEnd, t.FoldedEnd, t.SourceEnd) = (_e, _f, end);
        _exact[_e++] = _folded[_f++] = ' ';
    }

    private static int Squeeze(char[] buffer, int start, int end)
    {
        var to = start;
        for (var i = start; i < end;)
        {
            var run = i + 1;
            while (run < end && buffer[run] == buffer[i])
                run++;
            var keep = run - i > 2 && !char.IsDigit(buffer[i]) ? 1 : Math.Min(run - i, 2);
            var c = buffer[i];
            for (var k = 0; k < keep; k++)
                buffer[to++] = c;
            i = run;
        }
        return to;
    }

    private static string Composed(ReadOnlySpan<char> text)
    {
        var whole = text.ToArray();
        for (var i = 0; i < whole.Length; i++)
        {
            if (char.IsHighSurrogate(whole[i]) && i + 1 < whole.Length && char.IsLowSurrogate(whole[i + 1]))
                i++;
            else if (char.IsSurrogate(whole[i]) || whole[i] == '\uFFFE') // neither can be composed
                whole[i] = ' ';
        }
        return new string(whole).Normalize(NormalizationForm.FormC);
    }
}

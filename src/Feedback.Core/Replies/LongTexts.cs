using System.Globalization;

namespace Cea.Feedback.Replies;

/// <summary>Texts longer than one sending, split at word borders. What a reader takes for one character is never cut: no surrogate pair, no letter from its marks, no joined emoji.</summary>
public static class LongTexts
{
    // U+200B stands between words where they are written without spaces.
    private const string Borders = " \t\n\r\u3000\u200B";

    /// <param name="most">UTF-16 units in one part.</param>
    /// <returns>The parts in their order, none of them empty; no word is lost, and of the space at a cut nothing is kept.</returns>
    public static IReadOnlyList<string> Split(string text, int most)
    {
        var parts = new List<string>();
        var rest = text.Trim();
        while (rest.Length > most)
        {
            var cut = Cut(rest, most);
            parts.Add(rest[..cut].TrimEnd());
            rest = rest[cut..].TrimStart();
        }
        if (rest.Length > 0)
            parts.Add(rest);
        return parts;
    }

    // Behind the last word that fits; where the words of the second half are longer than that, behind the last whole character.
    private static int Cut(string text, int most)
    {
        var (at, border) = (0, 0);
        while (at < text.Length)
        {
            var next = at + StringInfo.GetNextTextElementLength(text, at);
            var isBorder = Borders.Contains(text[at], StringComparison.Ordinal) && (next - at == 1 || text[at] == '\r');
            if (isBorder && at <= most)
                border = at;
            if (next > most)
                break;
            at = next;
        }
        if (border >= most / 2 && border > 0)
            return border;
        // One character of more marks than a part can hold is cut, but between its code points.
        return at > 0 ? at : char.IsLowSurrogate(text[most]) ? most - 1 : most;
    }
}

namespace Cea.Feedback.Classification;

/// <summary>Latin and Cyrillic letters of one shape inside one word: the fewer become the more.</summary>
internal static class LookAlikes
{
    private const string Latin = "aceopxyikmthb";
    private const string Cyrillic = "асеорхуікмтнв";

    public static void PutRight(Span<char> word)
    {
        int latin = 0, cyrillic = 0;
        foreach (var c in word)
        {
            if (c is >= 'a' and <= 'z')
                latin++;
            else if (c is >= '\u0400' and <= '\u04FF')
                cyrillic++;
        }
        if (latin == 0 || cyrillic == 0)
            return;
        var (from, to) = latin >= cyrillic ? (Cyrillic, Latin) : (Latin, Cyrillic);
        foreach (ref var c in word)
        {
            if (from.IndexOf(c, StringComparison.Ordinal) is var at and >= 0)
                c = to[at];
        }
    }
}

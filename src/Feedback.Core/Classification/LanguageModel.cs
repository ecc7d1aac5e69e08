namespace Cea.Feedback.Classification;

/// <summary>
/// Which language: multinomial naive Bayes over hashed character n-grams (1 to 4, across word borders) with add-0.1 smoothing; log probabilities as int16. Measured on public
/// texts in docs/classifier.md.
/// </summary>
public sealed class LanguageModel
{
    private const int Bits = 16, Longest = 4;
    private const float Unit = 1 / 512f;
    private readonly short[] _logs; // [feature][language]

    private LanguageModel(string[] languages, short[] logs) => (Languages, _logs) = (languages, logs);

    public IReadOnlyList<string> Languages { get; }

    /// <summary>The two most likely, with probabilities that sum to at most 1. A text without letters is "und".</summary>
    public (LanguageGuess First, LanguageGuess? Second) Guess(string text)
    {
        var scores = new double[Languages.Count];
        var n = 0;
        foreach (var feature in Features(text))
        {
            n++;
            for (var l = 0; l < scores.Length; l++)
                scores[l] += _logs[feature * scores.Length + l] * Unit;
        }
        if (n == 0)
            return (new LanguageGuess("und", 0), null);
        // n-grams overlap, so that they tell less than independent ones would: the sum is tempered by their number.
        var temper = 1 / Math.Max(1, Math.Pow(n, 0.5) / 2);
        var most = scores.Max();
        var powers = scores.Select(s => Math.Exp((s - most) * temper)).ToArray();
        var total = powers.Sum();
        var order = Enumerable.Range(0, scores.Length).OrderByDescending(i => powers[i]).Take(2).ToArray();
        var second = order.Length > 1 && powers[order[1]] / total > 0.15 ? new LanguageGuess(Languages[order[1]], (float)(powers[order[1]] / total)) : (LanguageGuess?)null;
        return (new LanguageGuess(Languages[order[0]], (float)(powers[order[0]] / total)), second);
    }

    public static LanguageModel Train(IReadOnlyList<(string Text, string Language)> texts)
    {
        var languages = texts.Select(t => t.Language).Distinct().Order(StringComparer.Ordinal).ToArray();
        var counts = new double[languages.Length][];
        for (var l = 0; l < languages.Length; l++)
            counts[l] = new double[1 << Bits];
        foreach (var (text, language) in texts)
        {
            var mine = counts[Array.IndexOf(languages, language)];
            foreach (var feature in Features(text))
                mine[feature]++;
        }
        var logs = new short[(1 << Bits) * languages.Length];
        for (var l = 0; l < languages.Length; l++)
        {
            var total = counts[l].Sum() + 0.1 * (1 << Bits);
            for (var f = 0; f < 1 << Bits; f++)
                logs[f * languages.Length + l] = (short)Math.Max(short.MinValue, Math.Round(Math.Log((counts[l][f] + 0.1) / total) / Unit));
        }
        return new LanguageModel(languages, logs);
    }

    internal void Write(BinaryWriter writer)
    {
        writer.Write(Languages.Count);
        foreach (var language in Languages)
            writer.Write(language);
        foreach (var log in _logs)
            writer.Write(log);
    }

    internal static LanguageModel Read(BinaryReader reader)
    {
        var languages = new string[reader.ReadInt32()];
        for (var l = 0; l < languages.Length; l++)
            languages[l] = reader.ReadString();
        var logs = new short[(1 << Bits) * languages.Length];
        reader.BaseStream.ReadExactly(System.Runtime.InteropServices.MemoryMarshal.AsBytes(logs.AsSpan()));
        return new LanguageModel(languages, logs);
    }

    // Letters as they are spelled (accents tell languages apart), small; everything else is one border.
    private static IEnumerable<int> Features(string text)
    {
        var clean = new char[Math.Min(text.Length, TextFeatures.LongestText) + 2];
        var n = 0;
        clean[n++] = ' ';
        for (var i = 0; i < Math.Min(text.Length, TextFeatures.LongestText); i++)
        {
            var c = text[i];
            var letter = char.IsLetter(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;
            if (letter)
                clean[n++] = char.ToLowerInvariant(c);
            else if (c is '\'' or '’' or '3' or '7' or '2' && i > 0 && char.IsAsciiLetter(text[i - 1]))
                clean[n++] = c == '’' ? '\'' : c;
            else if (clean[n - 1] != ' ')
                clean[n++] = ' ';
        }
        if (clean[n - 1] != ' ')
            clean[n++] = ' ';
        for (var i = 0; i < n; i++)
        {
            var h = 2166136261u;
            for (var k = i; k < Math.Min(n, i + Longest); k++)
            {
                h = (h ^ clean[k]) * 16777619u;
                if (k == i && clean[k] == ' ')
                    continue;
                var mixed = h ^ (h >> 15);
                mixed *= 0x85EBCA6Bu;
                yield return (int)((mixed ^ (mixed >> 13)) & ((1u << Bits) - 1));
            }
        }
    }
}

namespace Cea.Feedback.Classification;

/// <summary>Texts that are alike: their places in the list, the most typical one first, and words that many of them share, as they stand in the text.</summary>
public sealed record LikeTexts(IReadOnlyList<int> Which, IReadOnlyList<string> Words);

/// <summary>
/// Groups texts by likeness: cosine of the features that models read (words, characters, concepts), merged pair by pair while the mean over all pairs of two groups is high
/// enough (average linkage). Deterministic. Time grows with the square of the number of texts: some hundreds are a moment.
/// </summary>
public static class Likeness
{
    private const int MostWords = 5, ShortestWord = 4;
    private static readonly FeatureSpec Spec = FeatureSpec.Codes with { IdBits = 18, MinTexts = 2 };

    /// <param name="languages">Of each text.</param>
    /// <param name="reader">Whose concepts are looked for, if it has any.</param>
    /// <param name="least">Mean cosine from which two groups are one.</param>
    /// <param name="smallest">Groups of fewer texts are left out.</param>
    public static IReadOnlyList<LikeTexts> Group(IReadOnlyList<string> texts, IReadOnlyList<string> languages, ITextClassifier reader, double least, int smallest, CancellationToken ct)
    {
        if (texts.Count < smallest)
            return [];
        var concepts = (reader.Now as TextClassifier)?.Lexicon ?? Lexicon.Empty;
        var x = Examples.Of(texts, languages, concepts, Spec, 1, ct);
        var likeness = Cosines(x, ct);
        var groups = Merge(likeness, (float)least, ct);
        var words = new WordsOf(texts);
        return [.. groups.Where(g => g.Count >= smallest).OrderByDescending(g => g.Count).ThenBy(g => g[0])
            .Select(g => new LikeTexts([.. g.OrderByDescending(i => g.Sum(j => likeness[i][j])).ThenBy(i => i)], words.Typical(g)))];
    }

    private static float[][] Cosines(Examples x, CancellationToken ct)
    {
        // What is in every text says nothing of any two: idf counts once more, less its constant.
        var values = x.Values.Select((v, k) => v * (x.Idf[x.Rows[k]] - 1)).ToArray();
        var (all, lengths) = (new float[x.Count][], new float[x.Count]);
        for (var i = 0; i < x.Count; i++)
        {
            all[i] = new float[x.Count];
            lengths[i] = MathF.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares<float>(values.AsSpan(x.Starts[i]..x.Starts[i + 1])));
        }
        for (var i = 0; i < x.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            for (var j = 0; j < i; j++)
            {
                var (a, b, dot) = (x.Starts[i], x.Starts[j], 0f);
                while (a < x.Starts[i + 1] && b < x.Starts[j + 1])
                {
                    if (x.Rows[a] == x.Rows[b])
                        dot += values[a++] * values[b++];
                    else if (x.Rows[a] < x.Rows[b])
                        a++;
                    else
                        b++;
                }
                var length = lengths[i] * lengths[j];
                all[i][j] = all[j][i] = length > 0 ? dot / length : 0;
            }
        }
        return all;
    }

    private static List<List<int>> Merge(float[][] likeness, float least, CancellationToken ct)
    {
        var mean = likeness.Select(r => (float[])r.Clone()).ToArray();
        var groups = Enumerable.Range(0, mean.Length).Select(i => new List<int> { i }).ToList();
        var alive = Enumerable.Range(0, mean.Length).ToList();
        while (alive.Count > 1)
        {
            ct.ThrowIfCancellationRequested();
            var (one, other, best) = (-1, -1, least);
            for (var a = 1; a < alive.Count; a++)
            {
                for (var b = 0; b < a; b++)
                {
                    if (mean[alive[a]][alive[b]] > best)
                        (one, other, best) = (alive[b], alive[a], mean[alive[a]][alive[b]]);
                }
            }
            if (one < 0)
                break;
            // Lance and Williams 1967: the mean to the merged group is the mean of both, weighed by their sizes.
            float n = groups[one].Count, m = groups[other].Count;
            foreach (var k in alive)
                mean[one][k] = mean[k][one] = (n * mean[one][k] + m * mean[other][k]) / (n + m);
            groups[one].AddRange(groups[other]);
            groups[other].Clear();
            alive.Remove(other);
        }
        return groups;
    }

    private sealed class WordsOf
    {
        private readonly List<HashSet<string>> _folded = [];
        private readonly Dictionary<string, (int Texts, string Seen)> _known = new(StringComparer.Ordinal);

        public WordsOf(IReadOnlyList<string> texts)
        {
            var scan = new TextScan();
            foreach (var text in texts)
            {
                scan.Read(text);
                var own = new HashSet<string>(StringComparer.Ordinal);
                var source = scan.Recomposed ?? text;
                foreach (ref readonly var token in scan.Tokens)
                {
                    if (token.Kind != CharKind.Letter || scan.Folded(token).Trim(' ').ToString() is not { Length: >= ShortestWord } word || !own.Add(word))
                        continue;
                    _known[word] = _known.TryGetValue(word, out var known) ? known with { Texts = known.Texts + 1 } : (1, source[token.SourceStart..token.SourceEnd]);
                }
                _folded.Add(own);
            }
        }

        public IReadOnlyList<string> Typical(List<int> group) =>
            [.. group.SelectMany(i => _folded[i]).GroupBy(w => w).Where(w => w.Count() > 1)
                .OrderByDescending(w => w.Count() * Math.Log((1.0 + _folded.Count) / _known[w.Key].Texts)).ThenBy(w => w.Key, StringComparer.Ordinal).Take(MostWords).Select(w => _known[w.Key].Seen)];
    }
}

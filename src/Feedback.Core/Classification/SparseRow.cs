namespace Cea.Feedback.Classification;

/// <summary>Features of one text, ascending, with values; unit length in the Euclidean norm.</summary>
internal sealed record SparseRow(int[] Features, float[] Values);

/// <summary>Weights features by how rare they are: (1 + ln tf) times idf, then to unit length (Salton and Buckley 1988).</summary>
internal sealed class Weighting(float[] idf)
{
    public float[] Idf { get; } = idf;

    /// <summary>ln((1 + n) / (1 + df)) + 1 for every feature; one that stands in fewer than <paramref name="least"/> texts counts nothing.</summary>
    public static Weighting Learn(IReadOnlyList<int[]> rows, int size, int least)
    {
        var df = new int[size];
        foreach (var row in rows)
        {
            foreach (var feature in row.Distinct())
                df[feature]++;
        }
        return new Weighting([.. df.Select(d => d < least ? 0f : MathF.Log((1f + rows.Count) / (1f + d)) + 1f)]);
    }

    /// <summary>From raw occurrences (any order, repeats count).</summary>
    public SparseRow Weigh(int[] occurrences)
    {
        Array.Sort(occurrences);
        var features = new List<int>(occurrences.Length);
        var values = new List<float>(occurrences.Length);
        var sum = 0.0;
        for (var i = 0; i < occurrences.Length;)
        {
            var feature = occurrences[i];
            var tf = 0;
            while (i < occurrences.Length && occurrences[i] == feature)
            {
                tf++;
                i++;
            }
            if (Idf[feature] == 0)
                continue;
            var value = (1 + MathF.Log(tf)) * Idf[feature];
            features.Add(feature);
            values.Add(value);
            sum += value * value;
        }
        var scale = sum == 0 ? 0 : (float)(1 / Math.Sqrt(sum));
        return new SparseRow([.. features], [.. values.Select(v => v * scale)]);
    }
}

namespace Cea.Feedback.Classification;

/// <summary>
/// L2-regularised L2-loss support vector classification by dual coordinate descent with shrinking of none, random order by seed (Hsieh et al., ICML 2008). One label against the
/// rest. Deterministic by seed.
/// </summary>
internal static class LinearTrainer
{
    private const int MostRounds = 60;
    private const float Enough = 0.05f;

    /// <param name="cost">C of the positive rows; of the negative ones the same.</param>
    /// <returns>Weights, and the bias as the last element.</returns>
    public static float[] Train(IReadOnlyList<SparseRow> rows, ReadOnlySpan<bool> positive, int size, float cost, float positiveWeight, int seed)
    {
        var n = rows.Count;
        var w = new float[size + 1];
        var alpha = new float[n];
        var diagonal = new float[n];
        var order = new int[n];
        for (var i = 0; i < n; i++)
        {
            order[i] = i;
            diagonal[i] = 1f + 0.5f / (positive[i] ? cost * positiveWeight : cost);
            foreach (var value in rows[i].Values)
                diagonal[i] += value * value;
        }
        var random = new Random(seed);
        for (var round = 0; round < MostRounds; round++)
        {
            random.Shuffle(order);
            var worst = 0f;
            foreach (var i in order)
            {
                var (features, values) = (rows[i].Features, rows[i].Values);
                var y = positive[i] ? 1f : -1f;
                var margin = w[size];
                for (var k = 0; k < features.Length; k++)
                    margin += w[features[k]] * values[k];
                var gradient = y * margin - 1f + alpha[i] * 0.5f / (positive[i] ? cost * positiveWeight : cost);
                var projected = alpha[i] == 0 ? MathF.Min(gradient, 0) : gradient;
                worst = MathF.Max(worst, MathF.Abs(projected));
                if (projected == 0)
                    continue;
                var before = alpha[i];
                alpha[i] = MathF.Max(before - gradient / diagonal[i], 0);
                var step = (alpha[i] - before) * y;
                if (step == 0)
                    continue;
                for (var k = 0; k < features.Length; k++)
                    w[features[k]] += step * values[k];
                w[size] += step;
            }
            if (worst < Enough)
                break;
        }
        return w;
    }

    public static float Score(float[] w, SparseRow row)
    {
        var score = w[^1];
        for (var k = 0; k < row.Features.Length; k++)
            score += w[row.Features[k]] * row.Values[k];
        return score;
    }
}

namespace Cea.Feedback.Classification;

/// <summary>From a score to a probability: 1 / (1 + exp(a s + b)), fitted to out-of-fold scores by Newton's method with Platt's smoothed targets (Platt 1999; Lin, Lin and Weng 2007).</summary>
public readonly record struct Calibration(float A, float B)
{
    public float Probability(float score) => 1f / (1f + MathF.Exp(Math.Clamp(A * score + B, -30f, 30f)));

    public static Calibration Fit(ReadOnlySpan<float> scores, ReadOnlySpan<bool> positive)
    {
        var good = 0;
        foreach (var p in positive)
            good += p ? 1 : 0;
        var bad = positive.Length - good;
        var (high, low) = ((good + 1.0) / (good + 2.0), 1.0 / (bad + 2.0));
        double a = -1, b = Math.Log((bad + 1.0) / (good + 1.0));
        for (var round = 0; round < 100; round++)
        {
            double h11 = 1e-9, h22 = 1e-9, h21 = 0, g1 = 0, g2 = 0;
            for (var i = 0; i < scores.Length; i++)
            {
                var f = Math.Clamp(a * scores[i] + b, -30, 30);
                var p = 1 / (1 + Math.Exp(f));
                var d1 = (positive[i] ? high : low) - p;
                var d2 = p * (1 - p);
                h11 += scores[i] * scores[i] * d2;
                h22 += d2;
                h21 += scores[i] * d2;
                g1 += scores[i] * d1;
                g2 += d1;
            }
            if (Math.Abs(g1) < 1e-5 && Math.Abs(g2) < 1e-5)
                break;
            var determinant = h11 * h22 - h21 * h21;
            var (da, db) = (-(h22 * g1 - h21 * g2) / determinant, -(-h21 * g1 + h11 * g2) / determinant);
            a += Math.Clamp(da, -2, 2);
            b += Math.Clamp(db, -2, 2);
        }
        return new Calibration((float)a, (float)b);
    }

    /// <summary>The threshold on the probability that gives the best F1.</summary>
    public static float BestF1(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> positive)
    {
        var (sorted, total) = Sorted(probabilities, positive);
        var (best, threshold, hits) = (0.0, 0.5f, 0);
        for (var i = 0; i < sorted.Length; i++)
        {
            hits += sorted[i].Positive ? 1 : 0;
            var f1 = 2.0 * hits / (i + 1 + total);
            if (f1 > best)
                (best, threshold) = (f1, i + 1 < sorted.Length ? (sorted[i].P + sorted[i + 1].P) / 2 : sorted[i].P);
        }
        return Math.Clamp(threshold, 0.005f, 0.95f);
    }

    /// <summary>The highest threshold that still finds this share of the positives.</summary>
    public static float ForRecall(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> positive, double recall)
    {
        var (sorted, total) = Sorted(probabilities, positive);
        var hits = 0;
        foreach (var (p, isPositive) in sorted)
        {
            hits += isPositive ? 1 : 0;
            if (hits >= recall * total)
                return p;
        }
        return 0;
    }

    private static ((float P, bool Positive)[] Sorted, int Total) Sorted(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> positive)
    {
        var pairs = new (float P, bool Positive)[probabilities.Length];
        var total = 0;
        for (var i = 0; i < pairs.Length; i++)
        {
            pairs[i] = (probabilities[i], positive[i]);
            total += positive[i] ? 1 : 0;
        }
        Array.Sort(pairs, (x, y) => y.P.CompareTo(x.P));
        return (pairs, total);
    }
}

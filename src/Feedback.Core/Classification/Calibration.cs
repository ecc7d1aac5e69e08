namespace Cea.Feedback.Classification;

/// <summary>Probability of a head from its score: 1 / (1 + exp(-(Slope·score + Shift))).</summary>
internal readonly record struct Calibration(float Slope, float Shift)
{
    public float Of(float score) => 1 / (1 + MathF.Exp(-Math.Clamp(Slope * score + Shift, -30, 30)));

    /// <summary>The log odds of it, as a second look takes them.</summary>
    public float OddsOf(float score) => Math.Clamp(Slope * score + Shift, -DenseHead.Clip, DenseHead.Clip);

    /// <summary>Platt's sigmoid, fitted by Newton's method on scores from heads that did not see the text (Lin, Lin and Weng 2007).</summary>
    public static Calibration Fit(ReadOnlySpan<float> scores, ReadOnlySpan<bool> truth)
    {
        var positives = 0;
        foreach (var t in truth)
            positives += t ? 1 : 0;
        var negatives = truth.Length - positives;
        var (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
        var (a, b) = (1.0, Math.Log((positives + 1.0) / (negatives + 1.0)));
        var before = Loss(scores, truth, a, b, high, low);
        for (var round = 0; round < 60; round++)
        {
            double ga = 0, gb = 0, haa = 1e-9, hbb = 1e-9, hab = 0;
            for (var i = 0; i < scores.Length; i++)
            {
                var p = 1 / (1 + Math.Exp(-(a * scores[i] + b)));
                var d = p - (truth[i] ? high : low);
                var v = Math.Max(p * (1 - p), 1e-12);
                ga += d * scores[i];
                gb += d;
                haa += v * scores[i] * scores[i];
                hbb += v;
                hab += v * scores[i];
            }
            var det = haa * hbb - hab * hab;
            if (Math.Abs(ga) < 1e-5 && Math.Abs(gb) < 1e-5 || det <= 0)
                break;
            var (da, db) = ((hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det);
            var step = 1.0;
            while (step > 1e-8 && Loss(scores, truth, a - step * da, b - step * db, high, low) is var after && after > before)
                step /= 2;
            if (step <= 1e-8)
                break;
            (a, b) = (a - step * da, b - step * db);
            before = Loss(scores, truth, a, b, high, low);
        }
        return new((float)Math.Max(a, 1e-3), (float)b);
    }

    private static double Loss(ReadOnlySpan<float> scores, ReadOnlySpan<bool> truth, double a, double b, double high, double low)
    {
        var sum = 0.0;
        for (var i = 0; i < scores.Length; i++)
        {
            var z = a * scores[i] + b;
            var t = truth[i] ? high : low;
            sum += z >= 0 ? (1 - t) * z + Math.Log(1 + Math.Exp(-z)) : -t * z + Math.Log(1 + Math.Exp(z));
        }
        return sum;
    }
}

/// <summary>Where to draw the line between yes and no.</summary>
internal static class Thresholds
{
    /// <summary>The threshold of best F1; ties go to the higher one. One of few examples is drawn towards one half, where F1 alone would be chance.</summary>
    public static float BestF1(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> truth)
    {
        var (p, t) = (probabilities.ToArray(), truth.ToArray());
        Array.Sort(p, t);
        var positives = t.Count(x => x);
        if (positives == 0)
            return 1.01f;
        var (best, at, hits) = (0.0, 1f, 0);
        for (var i = p.Length - 1; i >= 0; i--)
        {
            hits += t[i] ? 1 : 0;
            if (i > 0 && p[i - 1] == p[i])
                continue;
            var f1 = 2.0 * hits / (p.Length - i + positives);
            if (f1 > best)
                (best, at) = (f1, i > 0 ? (p[i] + p[i - 1]) / 2 : p[i]);
        }
        return at;
    }

    /// <summary>The highest threshold that keeps at least this share of the true ones.</summary>
    public static float ForRecall(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> truth, double recall)
    {
        var positives = new List<float>();
        for (var i = 0; i < truth.Length; i++)
        {
            if (truth[i])
                positives.Add(probabilities[i]);
        }
        if (positives.Count == 0)
            return 0.5f;
        positives.Sort();
        return positives[Math.Clamp((int)Math.Floor(positives.Count * (1 - recall)), 0, positives.Count - 1)] * 0.9999f;
    }
}

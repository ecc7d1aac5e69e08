namespace Cea.Feedback.Classification;

/// <summary>How heads are trained.</summary>
/// <param name="Cost">C of the objective ½|w|² + C Σ loss.</param>
/// <param name="Logistic">Logistic loss, else squared hinge.</param>
/// <param name="Rounds">Most rounds over all texts.</param>
/// <param name="PositiveCost">Times C for a head's own texts.</param>
/// <param name="Threads">Most that work at once; 1: all on the caller's own, with its priority.</param>
internal sealed record TrainingOptions(float Cost = 0.2f, bool Logistic = false, int Rounds = 12, float PositiveCost = 1, int Seed = 20, int Folds = 3, int Threads = Training.MostThreads);

/// <summary>Weights of all heads: row after row, a head a column.</summary>
internal sealed record Weights(float[] Rows, float[] Bias, int Stride);

/// <summary>
/// Dual coordinate descent (Hsieh et al. 2008 for the squared hinge, Yu et al. 2011 for logistic loss) for all heads at once: a text's rows are fetched once for all
/// heads, and the arithmetic runs across heads. Same seed, same weights, whatever the number of threads.
/// </summary>
internal static class Training
{
    /// <summary>Training runs beside the service.</summary>
    public const int MostThreads = 2;

    public static ParallelOptions Limit(int threads, CancellationToken ct) => new() { CancellationToken = ct, MaxDegreeOfParallelism = Math.Min(threads, Environment.ProcessorCount) };

    public static int StrideOf(int heads) => (heads + 15) / 16 * 16;

    /// <param name="truth">texts × heads, true where the head's code holds.</param>
    /// <param name="use">The texts to train on.</param>
    public static unsafe Weights Train(Examples x, bool[] truth, int heads, int[] use, TrainingOptions options, CancellationToken ct)
    {
        var stride = StrideOf(heads);
        var w = new float[(long)x.Index.Rows * stride];
        var bias = new float[stride];
        var alpha = new float[(long)use.Length * stride];
        if (options.Logistic)
            alpha.AsSpan().Fill(1e-3f * options.Cost);
        var order = Enumerable.Range(0, use.Length).ToArray();
        var random = new Random(options.Seed);
        var scores = stackalloc float[stride];
        var steps = stackalloc float[stride];
        fixed (float* weights = w, values = x.Values, a = alpha)
        fixed (int* rows = x.Rows)
        {
            for (var k = 0; k < use.Length && options.Logistic; k++)
            {
                var (from, count) = (x.Starts[use[k]], x.Starts[use[k] + 1] - x.Starts[use[k]]);
                for (var h = 0; h < heads; h++)
                {
                    steps[h] = (truth[(long)use[k] * heads + h] ? 1 : -1) * 1e-3f * options.Cost;
                    bias[h] += steps[h];
                }
                Vectors.Add(weights, stride, rows + from, values + from, count, steps);
            }
            for (var round = 0; round < options.Rounds; round++)
            {
                ct.ThrowIfCancellationRequested();
                random.Shuffle(order);
                var moved = 0f;
                foreach (var k in order)
                {
                    var i = use[k];
                    var (from, count) = (x.Starts[i], x.Starts[i + 1] - x.Starts[i]);
                    Vectors.Dot(weights, stride, rows + from, values + from, count, scores);
                    var any = false;
                    for (var h = 0; h < heads; h++)
                    {
                        var y = truth[(long)i * heads + h] ? 1f : -1f;
                        var cost = y > 0 ? options.Cost * options.PositiveCost : options.Cost;
                        ref var dual = ref a[(long)k * stride + h];
                        var next = options.Logistic ? LogisticStep(dual, y * (scores[h] + bias[h]), x.SquaredLengths[i], cost)
                            : Math.Max(0, dual - (y * (scores[h] + bias[h]) - 1 + dual / (2 * cost)) / (x.SquaredLengths[i] + 1 / (2 * cost)));
                        var step = (next - dual) * y;
                        moved = Math.Max(moved, Math.Abs(step) / cost);
                        dual = next;
                        steps[h] = step;
                        bias[h] += step;
                        any |= step != 0;
                    }
                    if (any)
                        Vectors.Add(weights, stride, rows + from, values + from, count, steps);
                }
                if (moved < 0.02f)
                    break;
            }
        }
        return new(w, bias, stride);
    }

    /// <summary>Minimises ½·q·(z-d)² + m·(z-d) + z·ln z + (C-z)·ln(C-z) over z by Newton's method, kept inside (0, C).</summary>
    private static float LogisticStep(float dual, float margin, float q, float cost)
    {
        double z = dual, c = cost;
        for (var step = 0; step < 8; step++)
        {
            var slope = q * (z - dual) + margin + Math.Log(z / (c - z));
            var bend = q + c / (z * (c - z));
            var next = z - slope / bend;
            next = next <= 0 ? z * 0.1 : next >= c ? c - (c - z) * 0.1 : next;
            if (Math.Abs(next - z) < 1e-4 * c)
            {
                z = next;
                break;
            }
            z = next;
        }
        return (float)Math.Clamp(z, 1e-7 * c, c * (1 - 1e-6));
    }

    /// <summary>Scores of the given texts: texts × heads.</summary>
    public static unsafe void Score(Examples x, Weights w, int heads, IReadOnlyList<int> which, float[] into)
    {
        var scores = stackalloc float[w.Stride];
        fixed (float* weights = w.Rows, values = x.Values)
        fixed (int* rows = x.Rows)
        {
            foreach (var i in which)
            {
                Vectors.Dot(weights, w.Stride, rows + x.Starts[i], values + x.Starts[i], x.Starts[i + 1] - x.Starts[i], scores);
                for (var h = 0; h < heads; h++)
                    into[(long)i * heads + h] = scores[h] + w.Bias[h];
            }
        }
    }
}

/// <summary>Scores of every text by heads that did not see it (nor its group), and the heads trained on all.</summary>
internal sealed record OutOfFold(float[] Scores, Weights Final)
{
    /// <param name="groups">Texts of one group stay in one fold; empty: each text its own.</param>
    public static OutOfFold Train(Examples x, bool[] truth, int heads, IReadOnlyList<string> groups, TrainingOptions options, Action<string>? progress, CancellationToken ct)
    {
        var fold = FoldsOf(x.Count, groups, options);
        var scores = new float[(long)x.Count * heads];
        Weights? final = null;
        var done = 0;
        Parallel.For(0, options.Folds + 1, Training.Limit(options.Threads, ct), f =>
        {
            if (f == 0)
                final = Training.Train(x, truth, heads, [.. Enumerable.Range(0, x.Count)], options, ct);
            else
            {
                var weights = Training.Train(x, truth, heads, [.. Enumerable.Range(0, x.Count).Where(i => fold[i] != f - 1)], options, ct);
                Training.Score(x, weights, heads, [.. Enumerable.Range(0, x.Count).Where(i => fold[i] == f - 1)], scores);
            }
            progress?.Invoke($"trained part {Interlocked.Increment(ref done)} of {options.Folds + 1}");
        });
        return new(scores, final!);
    }

    private static int[] FoldsOf(int count, IReadOnlyList<string> groups, TrainingOptions options)
    {
        var random = new Random(options.Seed);
        var ofGroup = new Dictionary<string, int>(StringComparer.Ordinal);
        var folds = new int[count];
        for (var i = 0; i < count; i++)
        {
            if (groups.Count == 0)
                folds[i] = random.Next(options.Folds);
            else if (!ofGroup.TryGetValue(groups[i], out folds[i]))
                ofGroup[groups[i]] = folds[i] = random.Next(options.Folds);
        }
        return folds;
    }
}

using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Cea.Feedback.Classification;

/// <summary>The buffers that reading one text needs; rented from a model, so that reading allocates nothing.</summary>
internal sealed class Workspace
{
    public TextScan Scan { get; } = new();
    public FeatureList Features { get; } = new();
    public ConceptHits Concepts { get; } = new();
    public int[] Rows = new int[1024];
    public readonly int[] Sums = new int[512];
    public readonly float[] Scores = new float[512];
}

/// <summary>
/// Linear heads over hashed features. A head's score is scale · (Σ words / |words| + Σ characters / |characters| + Σ concepts / |concepts|) + bias over bytes; its
/// probability is the score's calibration. Safe for many threads.
/// </summary>
internal sealed unsafe class LinearModel
{
    public const int MostHeads = 500;
    private readonly object? _keep; // owns the memory behind _weights
    private readonly sbyte* _weights;

    public FeatureSpec Spec { get; }
    public IReadOnlyList<string> Labels { get; }
    public RowIndex Index { get; }
    public float[] Scales { get; }
    public float[] Bias { get; }
    public Calibration[] Calibrations { get; }
    public float[] Cuts { get; }
    public float GlobalCut { get; }
    /// <summary>Exactly one label a text: the best one is taken, cuts do not count.</summary>
    public bool OneOf { get; }
    public int Stride => StrideOf(Labels.Count);
    public ReadOnlySpan<sbyte> Weights => new(_weights, Index.Rows * Stride);
    private ConcurrentBag<Workspace> Spare { get; } = [];

    public LinearModel(FeatureSpec spec, IReadOnlyList<string> labels, RowIndex index, float[] scales, float[] bias, Calibration[] calibrations, float[] cuts, float globalCut, bool oneOf, sbyte* weights, object? keep)
    {
        (Spec, Labels, Index, Scales, Bias) = (spec, labels, index, scales, bias);
        (Calibrations, Cuts, GlobalCut, OneOf) = (calibrations, cuts, globalCut, oneOf);
        _weights = weights;
        _keep = keep;
    }

    /// <summary>One column more than heads: the square of a feature's idf, summed with the rest to the square of the block's length.</summary>
    public static int StrideOf(int labels) => (labels + 1 + 15) / 16 * 16;

    /// <summary>Weights as bytes, with one scale per head.</summary>
    public static LinearModel Of(FeatureSpec spec, IReadOnlyList<string> labels, Examples x, Weights w, Calibration[] calibrations, float[] cuts, float globalCut, bool oneOf)
    {
        var (heads, stride) = (labels.Count, StrideOf(labels.Count));
        var most = new float[heads];
        for (var row = 0; row < x.Index.Rows; row++)
        {
            for (var h = 0; h < heads; h++)
                most[h] = Math.Max(most[h], Math.Abs(w.Rows[(long)row * w.Stride + h] * x.Idf[row]));
        }
        var scales = Array.ConvertAll(most, m => Math.Max(m, 1e-9f) / 127);
        var bytes = GC.AllocateUninitializedArray<sbyte>(x.Index.Rows * stride + 64, pinned: true);
        bytes.AsSpan().Clear();
        for (var row = 0; row < x.Index.Rows; row++)
        {
            for (var h = 0; h < heads; h++)
                bytes[row * stride + h] = (sbyte)MathF.Round(w.Rows[(long)row * w.Stride + h] * x.Idf[row] / scales[h]);
            bytes[row * stride + heads] = (sbyte)Examples.SquareOf(x.Idf[row]);
        }
        return new(spec, labels, x.Index, scales, w.Bias[..heads], calibrations, cuts, globalCut, oneOf, (sbyte*)Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0), bytes);
    }

    public Workspace Rent() => Spare.TryTake(out var spare) ? spare : new();

    public void Return(Workspace workspace) => Spare.Add(workspace);

    /// <summary>Scores of the text that the workspace has scanned, one a head. Returns the share of its features that the model knows beyond chance, 0 to 1.</summary>
    public float Score(Workspace space, Span<float> scores) => Score(space, scores, Lexicon.Empty, "");

    /// <summary>The same with the concepts that the lexicon finds in the text, read as this language.</summary>
    public float Score(Workspace space, Span<float> scores, Lexicon lexicon, string language)
    {
        space.Features.Collect(space.Scan, Spec);
        if (lexicon.Concepts.Length > 0)
        {
            lexicon.Find(space.Scan, language, space.Concepts);
            space.Features.CollectConcepts(space.Scan, space.Concepts, Spec);
        }
        for (var h = 0; h < Labels.Count; h++)
            scores[h] = Bias[h];
        var (features, known) = (space.Features, 0);
        Block(space, features.Words, scores);
        foreach (var id in features.Words[..features.OwnWords])
            known += Index.RowOf(id) >= 0 ? 1 : 0;
        known += Block(space, features.Chars, scores);
        Block(space, space.Features.Concepts, scores);
        // Numbers of features meet by chance: in a short text of an unknown script some look known.
        var n = Math.Max(1, features.OwnWords + features.CharCount);
        return Math.Max(0, known - 2 * MathF.Sqrt(n * (float)Index.Rows / (1 << Spec.IdBits))) / n;
    }

    private int Block(Workspace space, ReadOnlySpan<uint> ids, Span<float> scores)
    {
        if (space.Rows.Length < ids.Length)
            space.Rows = new int[ids.Length * 2];
        var count = 0;
        foreach (var id in ids)
        {
            if (Index.RowOf(id) is var row and >= 0)
                space.Rows[count++] = row;
        }
        if (count == 0)
            return 0;
        space.Sums.AsSpan(0, Stride).Clear();
        fixed (int* rows = space.Rows, sums = space.Sums)
            Vectors.Sum(_weights, Stride, rows, count, sums);
        var length = MathF.Sqrt(space.Sums[Labels.Count]);
        for (var h = 0; h < Labels.Count; h++)
            scores[h] += space.Sums[h] * Scales[h] / length;
        return count;
    }

    /// <summary>What the features collected in the workspace add to one head, unscaled by the text's length.</summary>
    public float Weight(FeatureList features, int head)
    {
        var sum = 0f;
        foreach (var id in features.Words)
            sum += Index.RowOf(id) is var row and >= 0 ? _weights[(long)row * Stride + head] : 0;
        foreach (var id in features.Chars)
            sum += Index.RowOf(id) is var row and >= 0 ? _weights[(long)row * Stride + head] * 0.5f : 0;
        return sum * Scales[head];
    }

    /// <summary>What one concept adds to one head, unscaled.</summary>
    public float Weight(FeatureList features, short concept, int head) =>
        Index.RowOf(features.ConceptId(concept)) is var row and >= 0 ? _weights[(long)row * Stride + head] * Scales[head] : 0;

    /// <summary>The labels of a text by this model's cuts.</summary>
    public List<string> Predict(string text, bool global = false)
    {
        var space = Rent();
        try
        {
            space.Scan.Read(text);
            Score(space, space.Scores);
            return Choose(space.Scores, global);
        }
        finally
        {
            Return(space);
        }
    }

    public List<string> Choose(ReadOnlySpan<float> scores, bool global = false)
    {
        var chosen = new List<string>();
        for (var h = 0; h < Labels.Count; h++)
        {
            if (Calibrations[h].Of(scores[h]) >= (global ? GlobalCut : Cuts[h]))
                chosen.Add(Labels[h]);
        }
        return chosen;
    }
}

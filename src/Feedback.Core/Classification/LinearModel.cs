using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cea.Feedback.Classification;

/// <summary>
/// One linear model of many labels over hashed features: int8 weights, a scale, a bias, a calibration and a threshold for each label. Features' weights lie together, so that one
/// pass over a text scores all labels.
/// </summary>
public sealed class LinearModel
{
    private readonly TextFeatures _features;
    private readonly Weighting _weighting;
    private readonly sbyte[] _weights; // [feature][label], padded
    private readonly float[] _scales;
    private readonly float[] _biases;
    private readonly int _stride;

    private LinearModel(int bits, string[] labels, Weighting weighting, sbyte[] weights, float[] scales, float[] biases, Calibration[] calibrations, float[] thresholds)
    {
        (Bits, Labels, _weighting, _weights, _scales, _biases, Calibrations, Thresholds) = (bits, labels, weighting, weights, scales, biases, calibrations, thresholds);
        _features = new TextFeatures(bits);
        _stride = Stride(labels.Length);
    }

    public int Bits { get; }
    public IReadOnlyList<string> Labels { get; }
    public IReadOnlyList<Calibration> Calibrations { get; }

    /// <summary>On the probability: at or above it the label holds.</summary>
    public float[] Thresholds { get; }

    /// <summary>The probability of every label, in the labels' order.</summary>
    public float[] Predict(string text) => Predict(text, null, -1);

    /// <summary>Also the words that spoke for or against one label, strongest first.</summary>
    public float[] Predict(string text, List<Term>? terms, int explained)
    {
        var occurrences = new List<TextFeatures.Occurrence>(256);
        var words = new List<TextFeatures.Span>(32);
        _features.Read(text, occurrences, words);
        var row = _weighting.Weigh([.. occurrences.Select(o => o.Feature)]);
        var sums = new float[_stride];
        for (var k = 0; k < row.Features.Length; k++)
            Accumulate(sums, _weights.AsSpan(row.Features[k] * _stride, _stride), row.Values[k]);
        var probabilities = new float[Labels.Count];
        for (var l = 0; l < probabilities.Length; l++)
            probabilities[l] = Calibrations[l].Probability(sums[l] * _scales[l] + _biases[l]);
        if (terms is not null)
        {
            if (explained < 0)
                explained = Array.IndexOf(probabilities, probabilities.Max());
            Explain(text, occurrences, words, row, explained, terms);
        }
        return probabilities;
    }

    private static int Stride(int labels) => (labels + 15) / 16 * 16;

    private static void Accumulate(float[] sums, ReadOnlySpan<sbyte> weights, float value)
    {
        ref var target = ref MemoryMarshal.GetArrayDataReference(sums);
        var factor = new Vector<float>(value);
        var width = Vector<sbyte>.Count;
        var l = 0;
        for (; l + width <= weights.Length; l += width)
        {
            var bytes = new Vector<sbyte>(weights[l..]);
            Vector.Widen(bytes, out var low, out var high);
            Vector.Widen(low, out var i0, out var i1);
            Vector.Widen(high, out var i2, out var i3);
            Add(ref target, l, i0, factor);
            Add(ref target, l + Vector<float>.Count, i1, factor);
            Add(ref target, l + 2 * Vector<float>.Count, i2, factor);
            Add(ref target, l + 3 * Vector<float>.Count, i3, factor);
        }
        for (; l < weights.Length; l++)
            sums[l] += weights[l] * value;
    }

    private static void Add(ref float target, int at, Vector<int> weights, Vector<float> factor)
    {
        ref var place = ref Unsafe.As<float, Vector<float>>(ref Unsafe.Add(ref target, at));
        place += Vector.ConvertToSingle(weights) * factor;
    }

    private void Explain(string text, List<TextFeatures.Occurrence> occurrences, List<TextFeatures.Span> words, SparseRow row, int label, List<Term> terms)
    {
        var values = row.Features.Zip(row.Values).ToDictionary(p => p.First, p => p.Second);
        var counts = occurrences.GroupBy(o => o.Feature).ToDictionary(g => g.Key, g => g.Count());
        var weights = new float[words.Count];
        foreach (var o in occurrences.Where(o => o.Word >= 0))
        {
            if (values.TryGetValue(o.Feature, out var value))
                weights[o.Word] += _weights[o.Feature * _stride + label] * _scales[label] * value / counts[o.Feature];
        }
        terms.AddRange(words.Select((w, i) => new Term(text.Substring(w.Start, w.Length), weights[i])).Where(t => MathF.Abs(t.Weight) > 0.02f).OrderByDescending(t => MathF.Abs(t.Weight)).DistinctBy(t => t.Text).Take(6));
    }

    /// <summary>Trains every label with out-of-fold calibration and thresholds. Deterministic by seed, whatever the number of threads.</summary>
    /// <param name="labelled">For each text its labels.</param>
    /// <param name="progress">Told the share that is done, 0 to 1.</param>
    public static LinearModel Train(IReadOnlyList<string> texts, IReadOnlyList<string[]> labelled, string[] labels, int bits, float cost, int seed, Action<double>? progress = null, CancellationToken ct = default)
    {
        const int folds = 3;
        var reader = new TextFeatures(bits);
        var raw = new int[texts.Count][];
        Parallel.For(0, texts.Count, new ParallelOptions { CancellationToken = ct }, () => (new List<TextFeatures.Occurrence>(), new List<TextFeatures.Span>()), (i, _, lists) =>
        {
            reader.Read(texts[i], lists.Item1, lists.Item2);
            raw[i] = [.. lists.Item1.Select(o => o.Feature)];
            return lists;
        }, _ => { });
        var weighting = Weighting.Learn(raw, reader.Size, least: texts.Count > 2000 ? 2 : 1);
        var rows = new SparseRow[texts.Count];
        Parallel.For(0, rows.Length, i => rows[i] = weighting.Weigh(raw[i]));
        var fold = new int[rows.Length];
        var random = new Random(seed);
        for (var i = 0; i < fold.Length; i++)
            fold[i] = random.Next(folds);

        var stride = Stride(labels.Length);
        var weights = new sbyte[reader.Size * stride];
        var (scales, biases, calibrations, thresholds) = (new float[labels.Length], new float[labels.Length], new Calibration[labels.Length], new float[labels.Length]);
        var done = 0;
        Parallel.For(0, labels.Length, new ParallelOptions { CancellationToken = ct }, l =>
        {
            var positive = labelled.Select(x => Array.IndexOf(x, labels[l]) >= 0).ToArray();
            var share = positive.Count(p => p);
            var balance = share == 0 ? 1f : MathF.Min(4f, MathF.Sqrt((positive.Length - share) / (float)share));
            var outOfFold = new float[rows.Length];
            for (var f = 0; f < folds; f++)
            {
                var mine = Enumerable.Range(0, rows.Length).Where(i => fold[i] != f).ToArray();
                var w = LinearTrainer.Train([.. mine.Select(i => rows[i])], mine.Select(i => positive[i]).ToArray(), reader.Size, cost, balance, seed + f);
                for (var i = 0; i < rows.Length; i++)
                {
                    if (fold[i] == f)
                        outOfFold[i] = LinearTrainer.Score(w, rows[i]);
                }
            }
            calibrations[l] = Calibration.Fit(outOfFold, positive);
            var probabilities = outOfFold.Select(calibrations[l].Probability).ToArray();
            thresholds[l] = Calibration.BestF1(probabilities, positive);
            var all = LinearTrainer.Train(rows, positive, reader.Size, cost, balance, seed);
            var most = all.Take(reader.Size).Max(MathF.Abs);
            scales[l] = most == 0 ? 1 : most / 127f;
            biases[l] = all[^1];
            for (var j = 0; j < reader.Size; j++)
                weights[j * stride + l] = (sbyte)MathF.Round(all[j] / scales[l]);
            progress?.Invoke(Interlocked.Increment(ref done) / (double)labels.Length);
        });
        return new LinearModel(bits, labels, weighting, weights, scales, biases, calibrations, thresholds);
    }

    internal void Write(BinaryWriter writer)
    {
        writer.Write(Bits);
        writer.Write(Labels.Count);
        for (var l = 0; l < Labels.Count; l++)
        {
            writer.Write(Labels[l]);
            writer.Write(_scales[l]);
            writer.Write(_biases[l]);
            writer.Write(Calibrations[l].A);
            writer.Write(Calibrations[l].B);
            writer.Write(Thresholds[l]);
        }
        foreach (var idf in _weighting.Idf)
            writer.Write((byte)Math.Clamp(MathF.Round(idf * 16), 0, 255));
        writer.Write(MemoryMarshal.AsBytes<sbyte>(_weights));
    }

    internal static LinearModel Read(BinaryReader reader)
    {
        var bits = reader.ReadInt32();
        var count = reader.ReadInt32();
        if (bits is < 8 or > 22 || count is < 1 or > 1000)
            throw new InvalidDataException("not a model");
        var labels = new string[count];
        var (scales, biases, calibrations, thresholds) = (new float[count], new float[count], new Calibration[count], new float[count]);
        for (var l = 0; l < count; l++)
        {
            labels[l] = reader.ReadString();
            (scales[l], biases[l]) = (reader.ReadSingle(), reader.ReadSingle());
            calibrations[l] = new Calibration(reader.ReadSingle(), reader.ReadSingle());
            thresholds[l] = reader.ReadSingle();
        }
        var idf = new float[1 << bits];
        var packed = reader.ReadBytes(idf.Length);
        for (var i = 0; i < packed.Length; i++)
            idf[i] = packed[i] / 16f;
        var weights = new sbyte[(1 << bits) * Stride(count)];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(weights.AsSpan()));
        return new LinearModel(bits, labels, new Weighting(idf), weights, scales, biases, calibrations, thresholds);
    }
}

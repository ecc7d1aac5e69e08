using System.Diagnostics;
using System.Globalization;

namespace Cea.Feedback.Classification;

/// <summary>`cea model train`: heads for any labelled table (columns id, text, labels), calibrated and with a cut per label, both from texts that the scoring heads had not seen.</summary>
public static class TrainModel
{
    /// <param name="test">Measured after training; null for none.</param>
    /// <exception cref="FormatException">A table without the columns, without rows or without labels.</exception>
    public static void Run(string input, string output, string? test, TextWriter print, TextWriter progress, CancellationToken ct) =>
        Run(input, output, test, print, progress, null, null, ct);

    /// <summary>
    /// Where each text has exactly one label, rare and long features are worth their room, and a second look at the odds of all labels together; where it may have many, they are not (measured).
    /// </summary>
    internal static void Run(string input, string output, string? test, TextWriter print, TextWriter progress, FeatureSpec? spec, TrainingOptions? options, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        var data = LabelledTexts.Read(input);
        progress.WriteLine($"read {data.Texts.Count} texts");
        var oneOf = data.Labels.All(l => l.Length == 1);
        options ??= oneOf ? new(Cost: 0.3f) : new();
        var (model, scores, truth) = Fit(data.Texts, data.Labels, spec ?? (oneOf ? FeatureSpec.Codes with { MinTexts = 1, CharMax = 6 } : FeatureSpec.Codes with { MinTexts = 4 }), options, progress.WriteLine, ct);
        DenseHead[] second = oneOf ? [SecondLook.OfOne(model, scores, truth)] : [];
        ModelFile.Save(output, ModelFile.OneModel, [model], second, Lexicon.Empty, new Dictionary<string, string>());
        print.WriteLine(string.Create(CultureInfo.InvariantCulture, $"trained {model.Labels.Count} labels on {data.Texts.Count} texts in {clock.Elapsed.TotalSeconds:F1} s; {model.Index.Rows} features; {new FileInfo(output).Length / 1e6:F1} MB"));
        if (test is not null)
            EvaluateModel.Run(output, test, null, print, ct);
    }

    internal static LinearModel Train(IReadOnlyList<string> texts, IReadOnlyList<string[]> labels, FeatureSpec spec, TrainingOptions options, CancellationToken ct) =>
        Fit(texts, labels, spec, options, null, ct).Model;

    /// <summary>The heads, and what others that did not see the text said of each: texts × labels.</summary>
    private static (LinearModel Model, float[] Scores, bool[] Truth) Fit(IReadOnlyList<string> texts, IReadOnlyList<string[]> labels, FeatureSpec spec, TrainingOptions options, Action<string>? progress, CancellationToken ct)
    {
        string[] names = [.. labels.SelectMany(l => l).Distinct().Order(StringComparer.Ordinal)];
        if (names.Length is 0 or > LinearModel.MostHeads)
            throw new FormatException($"{names.Length} labels: 1 to {LinearModel.MostHeads} are possible");
        var examples = Examples.Of(texts, spec, ct);
        progress?.Invoke($"{examples.Index.Rows} features, {examples.Values.Length} values");
        var truth = Truth(labels, names);
        var folds = OutOfFold.Train(examples, truth, names.Length, [], options, progress, ct);
        var oneOf = labels.All(l => l.Length == 1);
        var (calibrations, cuts, global) = Judge(folds.Scores, truth, names.Length, options.Threads);
        return (LinearModel.Of(spec, names, examples, folds.Final, calibrations, cuts, global, oneOf), folds.Scores, truth);
    }

    internal static bool[] Truth(IReadOnlyList<string[]> labels, string[] names)
    {
        var at = names.Index().ToDictionary(n => n.Item, n => n.Index, StringComparer.Ordinal);
        var truth = new bool[labels.Count * names.Length];
        for (var i = 0; i < labels.Count; i++)
        {
            foreach (var label in labels[i])
                truth[i * names.Length + at[label]] = true;
        }
        return truth;
    }

    /// <summary>Calibration and cut of each head, and the one cut for all that has the best micro F1.</summary>
    internal static (Calibration[] Calibrations, float[] Cuts, float Global) Judge(float[] scores, bool[] truth, int heads, int threads)
    {
        var texts = scores.Length / heads;
        var (calibrations, cuts) = (new Calibration[heads], new float[heads]);
        var all = new float[scores.Length];
        Parallel.For(0, heads, Training.Limit(threads, CancellationToken.None), h =>
        {
            var (s, t) = (new float[texts], new bool[texts]);
            for (var i = 0; i < texts; i++)
                (s[i], t[i]) = (scores[i * heads + h], truth[i * heads + h]);
            calibrations[h] = Calibration.Fit(s, t);
            for (var i = 0; i < texts; i++)
                all[i * heads + h] = s[i] = calibrations[h].Of(s[i]);
            cuts[h] = Thresholds.BestF1(s, t);
        });
        return (calibrations, cuts, Thresholds.BestF1(all, truth));
    }
}

using System.Diagnostics;
using System.Globalization;

namespace Cea.Feedback.Classification;

/// <summary>`cea model eval`: measures a model on a labelled table; writes id, predicted labels and probabilities.</summary>
public static class EvaluateModel
{
    /// <exception cref="ModelFileException">The model cannot be used.</exception>
    /// <exception cref="FormatException">A table without the columns or rows.</exception>
    public static void Run(string model, string input, string? output, TextWriter print, CancellationToken ct)
    {
        using var file = ModelFile.Open(model);
        if (file.Kind != ModelFile.OneModel)
            throw new ModelFileException($"{Path.GetFileName(model)}: a bundle codes messages (cea classify); eval needs a model made by cea model train");
        var heads = file.Models[0];
        var second = file.Second.Count > 0 ? file.Second[0] : null;
        var data = LabelledTexts.Read(input);
        var (tuned, global) = (new Scores(heads.Labels), new Scores(heads.Labels));

        var texts = data.Texts.Count;
        var scores = new float[texts * heads.Labels.Count];
        var odds = new float[heads.Labels.Count];
        var space = heads.Rent();
        var read = 0;
        var clock = new Stopwatch();
        // The first round is the measured one's warming up; then round after round until there is a second to divide by.
        for (var round = 0; round < 2 || clock.Elapsed.TotalSeconds < 1; round++)
        {
            if (round == 1)
                clock.Start();
            for (var i = 0; i < texts; i++)
            {
                if (i % 4096 == 0)
                    ct.ThrowIfCancellationRequested();
                space.Scan.Read(data.Texts[i]);
                var row = scores.AsSpan(i * heads.Labels.Count, heads.Labels.Count);
                heads.Score(space, row);
                for (var h = 0; h < row.Length && heads.OneOf; h++)
                    (odds[h], row[h]) = (heads.Calibrations[h].OddsOf(row[h]), heads.Calibrations[h].Of(row[h]));
                second?.Score(odds, row); // models of before it came have none
            }
            read += round > 0 ? texts : 0;
        }
        var seconds = clock.Elapsed.TotalSeconds;
        heads.Return(space);

        using var to = output is null ? null : new StreamWriter(output);
        to?.Write("id\tlabels\tprobabilities\n");
        for (var i = 0; i < texts; i++)
        {
            var row = scores.AsSpan(i * heads.Labels.Count, heads.Labels.Count);
            var chosen = heads.OneOf ? [heads.Labels[System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(row)]] : heads.Choose(row);
            tuned.Add(data.Labels[i], chosen);
            if (!heads.OneOf)
                global.Add(data.Labels[i], heads.Choose(row, global: true));
            if (to is null)
                continue;
            to.Write($"{data.Ids[i]}\t{string.Join('|', chosen)}\t");
            for (var h = 0; h < row.Length; h++)
                to.Write(string.Create(CultureInfo.InvariantCulture, $"{(h > 0 ? "|" : "")}{heads.Labels[h]}={(heads.OneOf ? row[h] : heads.Calibrations[h].Of(row[h])):F5}"));
            to.Write('\n');
        }
        tuned.Print(print);
        if (!heads.OneOf)
            print.WriteLine(string.Create(CultureInfo.InvariantCulture, $"one cut for all labels: micro F1 {global.Micro:F4}  macro F1 {global.Macro(1):F4}"));
        print.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{read / Math.Max(seconds, 1e-9):F0} messages/s, one thread"));
    }
}

using System.Diagnostics;
using System.Globalization;

namespace Cea.Feedback.Classification;

/// <summary>What the command line does with models: files in, files and figures out. No database.</summary>
public static class ModelPrograms
{
    private const int Bits = 18;

    /// <summary>cea classify: header with a text column (id, lang optional) to id lang type topics urgency sensitivity p_sensitive top_terms.</summary>
    public static int Classify(ITextClassifier classifier, string name, TextReader input, TextWriter output)
    {
        var file = LabelledFile.Read(name, input);
        var (text, id, lang) = (file.Need("text"), file.Find("id"), file.Find("lang"));
        output.Write("id\tlang\ttype\ttopics\turgency\tsensitivity\tp_sensitive\ttop_terms\n");
        var n = 0;
        foreach (var row in file.Rows)
        {
            n++;
            var r = classifier.Read(row[text], lang is { } l && row[l].Length > 0 ? row[l] : null);
            var sensitivity = r.Sensitivity.CheckFirst ? Math.Max(1, r.Sensitivity.Class) : r.Sensitivity.Class;
            output.Write(string.Create(CultureInfo.InvariantCulture,
                $"{(id is { } i ? row[i] : n.ToString(CultureInfo.InvariantCulture))}\t{r.Language.Code}\t{r.Type.Code}\t{string.Join('|', r.Topics.Select(t => t.Code))}\t{r.Urgency.Code}\t{sensitivity}\t{r.Sensitivity.PSensitive:0.000}\t{string.Join(' ', r.TopTerms.Select(t => (t.Weight > 0 ? "+" : "-") + t.Text))}\n"));
        }
        return n;
    }

    /// <summary>cea model train: any labelled file (id, text, labels joined by |).</summary>
    public static void Train(string input, string output, string? test, TextWriter say, CancellationToken ct)
    {
        var (texts, labelled, _) = Labelled(input);
        var labels = labelled.SelectMany(l => l).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (labels.Length == 0)
            throw new FormatException($"{input}: no row has a label");
        var watch = Stopwatch.StartNew();
        var model = LinearModel.Train(texts, labelled, labels, Bits, 0.5f, 1, share => say.Write(Console.IsErrorRedirected ? "" : string.Create(CultureInfo.InvariantCulture, $"\r{share:P0} ")), ct);
        say.WriteLine();
        ModelFile.Save(output, model);
        say.WriteLine(string.Create(CultureInfo.InvariantCulture, $"training seconds {watch.Elapsed.TotalSeconds:0.0}, {texts.Count} rows, {labels.Length} labels, {new FileInfo(output).Length / 1e6:0.0} MB"));
        if (test is not null)
            Evaluate(model, test, null, say);
    }

    /// <summary>cea model eval.</summary>
    public static void Evaluate(LinearModel model, string input, string? predictions, TextWriter say)
    {
        var (texts, labelled, ids) = Labelled(input);
        var single = labelled.All(l => l.Length == 1);
        var measures = new Measures();
        using var output = predictions is null ? null : new StreamWriter(predictions);
        output?.Write("id\tlabels\n");
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < texts.Count; i++)
        {
            var p = model.Predict(texts[i]);
            var said = Enumerable.Range(0, p.Length).Where(l => p[l] >= model.Thresholds[l]).Select(l => model.Labels[l]).ToArray();
            if (single)
                said = [model.Labels[Array.IndexOf(p, p.Max())]];
            measures.Add(labelled[i], said);
            output?.Write($"{ids[i]}\t{string.Join('|', said)}\n");
        }
        measures.Print(say);
        say.WriteLine(string.Create(CultureInfo.InvariantCulture, $"messages/s {texts.Count / watch.Elapsed.TotalSeconds:0}"));
    }

    /// <summary>What the classifier makes of the corpus's dev part, for each language.</summary>
    public static void EvaluateCorpus(TextClassifier classifier, IEnumerable<string> corpus, TextWriter say)
    {
        foreach (var group in corpus.SelectMany(BundleTrainer.Read).Where(r => r.Part == "dev").GroupBy(r => r.Language).OrderByDescending(g => g.Count()).Prepend(All(corpus)))
        {
            var topics = new Measures();
            var (n, type, restricted, rightly, restrictedAll, two, twoAll, critical, criticalAll, lang) = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
            foreach (var row in group)
            {
                var r = classifier.Read(row.Text);
                n++;
                topics.Add(row.Topics, [.. r.Topics.Select(t => t.Code)]);
                type += r.Type.Code == row.Type ? 1 : 0;
                lang += r.Language.Code == row.Language ? 1 : 0;
                var isRestricted = r.Sensitivity.Class > 0 || r.Sensitivity.CheckFirst;
                restrictedAll += isRestricted ? 1 : 0;
                rightly += isRestricted && row.Sensitivity > 0 ? 1 : 0;
                restricted += isRestricted && row.Sensitivity > 0 ? 1 : 0;
                twoAll += row.Sensitivity == 2 ? 1 : 0;
                two += row.Sensitivity == 2 && isRestricted ? 1 : 0;
                criticalAll += row.Urgency == "critical" ? 1 : 0;
                critical += row.Urgency == "critical" && r.Urgency.Code is "critical" or "high" && row.Urgency == "critical" ? 1 : 0;
            }
            say.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{group.Key,-4} n {n,5}  topics micro-F1 {topics.Micro:0.000}  type {(double)type / n:0.000}  class 2 restricted {Share(two, twoAll)}  critical seen {Share(critical, criticalAll)}  restricted rightly {Share(rightly, restrictedAll)}  language {(double)lang / n:0.000}"));
        }
    }

    private static IGrouping<string, BundleTrainer.Row> All(IEnumerable<string> corpus) => corpus.SelectMany(BundleTrainer.Read).Where(r => r.Part == "dev").GroupBy(_ => "all").Single();

    private static string Share(int part, int whole) => whole == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{(double)part / whole:0.000} ({part}/{whole})");

    private static (List<string> Texts, List<string[]> Labels, List<string> Ids) Labelled(string path)
    {
        var file = LabelledFile.Open(path);
        var (text, labels, id) = (file.Need("text"), file.Need("labels"), file.Find("id"));
        return ([.. file.Rows.Select(r => r[text])], [.. file.Rows.Select(r => r[labels].Split('|', StringSplitOptions.RemoveEmptyEntries))], [.. file.Rows.Select((r, i) => id is { } at ? r[at] : (i + 1).ToString(CultureInfo.InvariantCulture))]);
    }
}

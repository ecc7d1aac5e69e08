using Cea.Feedback.Coding;

namespace Cea.Feedback.Classification;

/// <summary>Trains the classifier that is shipped, out of the corpus (and texts of known language, where given). Deterministic by seed.</summary>
public static class BundleTrainer
{
    private const int Bits = 18;
    private const float Cost = 0.5f;

    /// <param name="corpus">Files with the columns id scenario part lang type topics urgency sensitivity text; rows of part dev are left out.</param>
    /// <param name="languageFile">Optional: columns text, lang, source; rows of source mafand are left out (its licence).</param>
    public static TextClassifier Train(IEnumerable<string> corpus, string? languageFile, int seed, TextWriter progress, CancellationToken ct)
    {
        var rows = corpus.SelectMany(Read).Where(r => r.Part != "dev").ToList();
        var languages = rows.Select(r => (r.Text, r.Language)).ToList();
        if (languageFile is not null)
        {
            var file = LabelledFile.Open(languageFile);
            var (text, lang, source) = (file.Need("text"), file.Need("lang"), file.Find("source"));
            languages.AddRange(file.Rows.Where(r => source is null || r[source.Value] != "mafand").Select(r => (r[text], r[lang] == "prs" ? "fa" : r[lang])));
        }
        progress.WriteLine($"{rows.Count} coded messages, {languages.Count} texts of known language");
        var labels = rows.SelectMany(r => r.Labels).Distinct().Order(StringComparer.Ordinal).ToArray();
        var codes = LinearModel.Train([.. rows.Select(r => r.Text)], [.. rows.Select(r => r.Labels)], labels, Bits, Cost, seed, null, ct);
        progress.WriteLine("codes are trained");
        var limits = Limits(rows, codes);
        var groups = Codebook.Default.Topics.ToDictionary(t => t.Name, t => t.Group!);
        return new TextClassifier("new", codes, LanguageModel.Train(languages), groups, limits);
    }

    /// <summary>One coded message of the corpus.</summary>
    public sealed record Row(string Id, string Part, string Language, string Type, string[] Topics, string Urgency, int Sensitivity, string Text)
    {
        internal string[] Labels { get; } =
        [
            TextClassifier.TypePrefix + Type, .. Topics.Select(t => TextClassifier.TopicPrefix + t), TextClassifier.UrgencyPrefix + Urgency, .. Sensitivity > 0 ? [TextClassifier.Sensitive] : Array.Empty<string>(),
            .. Sensitivity == 2 ? [TextClassifier.ClassTwo] : Array.Empty<string>(),
        ];
    }

    public static IEnumerable<Row> Read(string path)
    {
        var file = LabelledFile.Open(path);
        var (id, part, lang, type, topics, urgency, sensitivity, text) = (file.Need("id"), file.Need("part"), file.Need("lang"), file.Need("type"), file.Need("topics"), file.Need("urgency"), file.Need("sensitivity"), file.Need("text"));
        return file.Rows.Select(r => new Row(r[id], r[part], r[lang], r[type], r[topics].Split('|'), r[urgency], int.Parse(r[sensitivity], System.Globalization.CultureInfo.InvariantCulture), r[text]));
    }

    // The model's own probabilities on its training rows are too sure, so the limits come from the calibrations' out-of-fold fit: see LinearModel.Train. The recall that is asked for
    // is above what the release must reach, since new texts are harder than old ones.
    private static TextClassifier.Limits Limits(List<Row> rows, LinearModel codes)
    {
        float Threshold(string label) => codes.Thresholds[Array.IndexOf([.. codes.Labels], label)];
        _ = rows;
        return new TextClassifier.Limits(Math.Max(0.5f, Threshold(TextClassifier.Sensitive)), Math.Min(0.22f, Threshold(TextClassifier.Sensitive) / 2), Math.Max(0.4f, Threshold(TextClassifier.ClassTwo)),
            Math.Min(0.12f, Threshold(TextClassifier.ClassTwo) / 3), Math.Min(0.35f, Threshold(TextClassifier.UrgencyPrefix + "critical")), Math.Min(0.40f, Threshold(TextClassifier.UrgencyPrefix + "high")));
    }
}

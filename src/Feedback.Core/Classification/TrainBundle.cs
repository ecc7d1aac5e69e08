using System.Diagnostics;
using System.Globalization;
using Cea.Feedback.Coding;

namespace Cea.Feedback.Classification;

/// <summary>`cea model build`: trains the classifier that is shipped, out of the corpus and, where given, texts of known language. Deterministic by seed.</summary>
public static class TrainBundle
{
    // Publishers' terms that a shipped model can live with; others' texts are for measuring only.
    private static readonly string[] Usable = ["tico19", "afrisenti", "mctest-hat", "lingua"];

    private static readonly TrainingOptions Codes = new(Cost: 0.3f, Folds: 4);
    private static readonly TrainingOptions Languages = new(Cost: 0.3f, Folds: 2);

    /// <param name="corpus">Files of <see cref="CodedText"/>; part dev is left out.</param>
    /// <param name="lexicon">A file for each language: which words stand for which concept; none: no concepts.</param>
    /// <param name="languages">Columns text, lang, source; null for none.</param>
    public static void Run(IEnumerable<string> corpus, IEnumerable<string> lexicon, string? languages, string output, TextWriter print, CancellationToken ct) =>
        Run(corpus, lexicon, languages, output, print, FeatureSpec.Codes, Codes, ct);

    internal static void Run(IEnumerable<string> corpus, IEnumerable<string> lexicon, string? languages, string output, TextWriter print, FeatureSpec spec, TrainingOptions options, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        var rows = corpus.SelectMany(CodedText.Read).Where(r => r.Part != "dev").ToList();
        if (rows.Count == 0)
            throw new FormatException("the corpus has no rows to train on");
        var (texts, labels) = LanguageTexts(rows, languages);
        print.WriteLine($"{rows.Count} coded messages, {texts.Count} texts of known language");
        var ofLanguage = TrainModel.Train(texts, labels, FeatureSpec.Languages, Languages, ct);
        print.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ofLanguage.Labels.Count} languages after {clock.Elapsed.TotalSeconds:F0} s"));

        var concepts = Lexicon.Of(lexicon);
        var (codes, denseHeads, facts) = Train(rows, concepts, Codebook.Default, spec, options, ct);
        print.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{codes.Labels.Count} codes, {codes.Index.Rows} features after {clock.Elapsed.TotalSeconds:F0} s"));
        ModelFile.Save(output, ModelFile.Bundle, [ofLanguage, codes], denseHeads, concepts, facts);
        print.WriteLine(string.Create(CultureInfo.InvariantCulture, $"trained in {clock.Elapsed.TotalSeconds:F0} s; {new FileInfo(output).Length / 1e6:F1} MB"));
    }

    /// <summary>
    /// A model file whose codes are trained anew, on one thread, the caller's; languages and concepts are those of <paramref name="from"/>. Deterministic: the same rows in the
    /// same order, the same bytes. Every urgency and both sensitive classes must occur among the rows.
    /// </summary>
    /// <exception cref="FormatException">They do not.</exception>
    public static byte[] Anew(TextClassifier from, IReadOnlyList<CodedText> rows, Codebook codebook, CancellationToken ct)
    {
        if (Codebook.Urgencies.Except(rows.Select(r => r.Urgency)).Any() || rows.All(r => r.Sensitivity < 2))
            throw new FormatException("the rows lack an urgency or a class to learn");
        var (codes, heads, facts) = Train([.. rows], from.Lexicon, codebook, FeatureSpec.Codes, Codes with { Threads = 1 }, ct);
        return ModelFile.BytesOf(ModelFile.Bundle, [from.Languages, codes], heads, from.Lexicon, facts).ToArray();
    }

    private static (LinearModel Codes, DenseHead[] SecondLook, Dictionary<string, string> Facts) Train(List<CodedText> rows, Lexicon concepts, Codebook codebook, FeatureSpec spec, TrainingOptions options, CancellationToken ct)
    {
        string[] heads = [.. rows.SelectMany(r => r.Heads).Distinct().Order(StringComparer.Ordinal)];
        var examples = Examples.Of([.. rows.Select(r => r.Text)], [.. rows.Select(r => r.Language)], concepts, spec, options.Threads, ct);
        var truth = TrainModel.Truth([.. rows.Select(r => r.Heads)], heads);
        var folds = OutOfFold.Train(examples, truth, heads.Length, [.. rows.Select(r => r.Scenario)], options, null, ct);
        var (calibrations, cuts, global) = TrainModel.Judge(folds.Scores, truth, heads.Length, options.Threads);
        var codes = LinearModel.Of(spec, heads, examples, folds.Final, calibrations, cuts, global, oneOf: false);
        var (second, bundleCuts) = new SecondLook(rows, heads, folds.Scores, calibrations, options.Threads).Fit(ct);
        var facts = bundleCuts.Facts();
        foreach (var topic in codebook.Topics)
            facts["group." + topic.Name] = topic.Group ?? topic.Name;
        return (codes, second, facts);
    }

    /// <summary>Whole texts and, of longer ones, their first 40 characters: most messages are short.</summary>
    private static (List<string> Texts, List<string[]> Labels) LanguageTexts(List<CodedText> rows, string? file)
    {
        var (texts, labels) = (new List<string>(), new List<string[]>());
        void Add(string text, string language)
        {
            string[] label = [language == "prs" ? "fa" : language];
            texts.Add(text);
            labels.Add(label);
            if (text.Length > 60 && text.IndexOf(' ', 34) is var cut and > 0 and < 50)
            {
                texts.Add(text[..cut]);
                labels.Add(label);
            }
        }
        foreach (var row in rows)
            Add(row.Text, row.Language);
        if (file is null)
            return (texts, labels);
        using var table = Tsv.Open(file);
        var (text, lang, source) = (table.Need("text"), table.Need("lang"), table.Need("source"));
        while (table.Next() is { } row)
        {
            if (Usable.Contains(row[source]))
                Add(row[text], row[lang]);
        }
        return (texts, labels);
    }
}

using System.Globalization;

namespace Cea.Feedback.Classification;

/// <summary>What a classifier makes of the corpus's dev part, for each language.</summary>
public static class EvaluateBundle
{
    public static void Run(ITextClassifier classifier, IEnumerable<string> corpus, TextWriter print)
    {
        var rows = corpus.SelectMany(CodedText.Read).Where(r => r.Part == "dev").Select(r => (Row: r, Reading: classifier.Read(r.Text))).ToList();
        print.WriteLine($"{"",-4} {"texts",5} {"topics micro F1",15} {"main",6} {"type",6} {"urgency",7} {"class 2 restricted",19} {"critical seen",17} {"restricted rightly",21} {"language",8}");
        Print("all", rows, print);
        foreach (var language in rows.GroupBy(r => r.Row.Language).OrderByDescending(g => g.Count()))
            Print(language.Key, [.. language], print);
        var topics = new Scores([]);
        foreach (var (row, reading) in rows)
            topics.Add(row.Topics, [.. reading.Topics.Select(t => t.Code)]);
        topics.Print(print);
    }

    private static void Print(string name, List<(CodedText Row, Reading Reading)> rows, TextWriter print)
    {
        var topics = new Scores([]);
        foreach (var (row, reading) in rows)
            topics.Add(row.Topics, [.. reading.Topics.Select(t => t.Code)]);
        static bool Restricted(Reading r) => r.Sensitivity.Class > 0 || r.Sensitivity.CheckFirst;
        string Share(Func<(CodedText Row, Reading Reading), bool> of, Func<(CodedText Row, Reading Reading), bool> holds)
        {
            var all = rows.Where(of).ToList();
            var part = all.Count(holds);
            return all.Count == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{(double)part / all.Count:0.000} ({part}/{all.Count})");
        }
        double Mean(Func<(CodedText Row, Reading Reading), bool> holds) => (double)rows.Count(holds) / Math.Max(1, rows.Count);
        print.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-4} {rows.Count,5} {topics.Micro,15:0.000} {Mean(r => r.Reading.Topics[0].Code == r.Row.Topics[0]),6:0.000} {Mean(r => r.Reading.Type.Code == r.Row.Type),6:0.000} {Mean(r => r.Reading.Urgency.Code == r.Row.Urgency),7:0.000} {Share(r => r.Row.Sensitivity == 2, r => Restricted(r.Reading)),19} {Share(r => r.Row.Urgency == "critical", r => r.Reading.Urgency.Code is "critical" or "high"),17} {Share(r => Restricted(r.Reading), r => r.Row.Sensitivity > 0),21} {Mean(r => r.Reading.Language.Code == r.Row.Language),8:0.000}"));
    }
}

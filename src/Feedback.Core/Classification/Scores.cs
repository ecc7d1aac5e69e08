using System.Globalization;

namespace Cea.Feedback.Classification;

/// <summary>Precision, recall and F1, each label and over all.</summary>
internal sealed class Scores(IEnumerable<string> labels)
{
    private readonly SortedDictionary<string, (int Hit, int Extra, int Missed)> _counts = new(labels.Distinct().ToDictionary(l => l, _ => (0, 0, 0)), StringComparer.Ordinal);

    public int Texts { get; private set; }
    public int Exact { get; private set; }

    public void Add(IReadOnlyCollection<string> truth, IReadOnlyCollection<string> predicted)
    {
        Texts++;
        var exact = true;
        foreach (var label in truth.Union(predicted))
        {
            var (hit, extra, missed) = _counts.GetValueOrDefault(label);
            var (is_, said) = (truth.Contains(label), predicted.Contains(label));
            exact &= is_ == said;
            _counts[label] = (hit + (is_ && said ? 1 : 0), extra + (said && !is_ ? 1 : 0), missed + (is_ && !said ? 1 : 0));
        }
        Exact += exact ? 1 : 0;
    }

    public double Micro => F1(_counts.Values.Sum(c => c.Hit), _counts.Values.Sum(c => c.Extra), _counts.Values.Sum(c => c.Missed));

    /// <summary>Mean F1 of the labels with at least this many true texts.</summary>
    public double Macro(int atLeast) => _counts.Values.Where(c => c.Hit + c.Missed >= atLeast).Select(c => F1(c.Hit, c.Extra, c.Missed)).DefaultIfEmpty(0).Average();

    public void Print(TextWriter to)
    {
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"texts {Texts}  micro F1 {Micro:F4}  macro F1 {Macro(1):F4}  (labels with 20 texts or more: {Macro(20):F4})  exact {(double)Exact / Math.Max(1, Texts):F4}"));
        to.WriteLine($"{"label",-28} {"texts",7} {"precision",9} {"recall",7} {"F1",7}");
        foreach (var (label, c) in _counts)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{label,-28} {c.Hit + c.Missed,7} {Share(c.Hit, c.Hit + c.Extra),9:F4} {Share(c.Hit, c.Hit + c.Missed),7:F4} {F1(c.Hit, c.Extra, c.Missed),7:F4}"));
    }

    private static double Share(int part, int whole) => whole == 0 ? 0 : (double)part / whole;

    private static double F1(int hit, int extra, int missed) => hit == 0 ? 0 : 2.0 * hit / (2.0 * hit + extra + missed);
}

using System.Globalization;

namespace Cea.Feedback.Classification;

/// <summary>Precision, recall and F1 of label sets: micro over all decisions, macro over labels that occur.</summary>
public sealed class Measures
{
    private readonly Dictionary<string, (int Hit, int Said, int True)> _counts = [];

    public void Add(IReadOnlyCollection<string> truth, IReadOnlyCollection<string> said)
    {
        foreach (var label in truth.Union(said))
        {
            var (hit, s, t) = _counts.GetValueOrDefault(label);
            _counts[label] = (hit + (truth.Contains(label) && said.Contains(label) ? 1 : 0), s + (said.Contains(label) ? 1 : 0), t + (truth.Contains(label) ? 1 : 0));
        }
    }

    public double Micro => F1(_counts.Values.Sum(c => c.Hit), _counts.Values.Sum(c => c.Said), _counts.Values.Sum(c => c.True));

    public double Macro => _counts.Values.Where(c => c.True > 0).Select(c => F1(c.Hit, c.Said, c.True)).DefaultIfEmpty(0).Average();

    public void Print(TextWriter output)
    {
        foreach (var (label, (hit, said, truth)) in _counts.OrderByDescending(c => c.Value.True))
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{label,-32} P {(said == 0 ? 0 : (double)hit / said):0.000}  R {(truth == 0 ? 0 : (double)hit / truth):0.000}  F1 {F1(hit, said, truth):0.000}  n {truth}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"micro F1 {Micro:0.000}  macro F1 {Macro:0.000}"));
    }

    private static double F1(int hit, int said, int truth) => said + truth == 0 ? 0 : 2.0 * hit / (said + truth);
}

using Cea.Feedback.Classification;

namespace Cea.Feedback.Learning;

/// <summary>So many of so many, with Wilson's 95 % interval (Wilson 1927). <see cref="Of"/> 0: nothing to measure.</summary>
public readonly record struct Share(int Hit, int Of)
{
    private const double Z = 1.959964;

    public double? Value => Of == 0 ? null : (double)Hit / Of;

    public double Low => Bounds().Low;

    public double High => Bounds().High;

    private (double Low, double High) Bounds()
    {
        if (Of == 0)
            return (0, 1);
        double n = Of, p = Hit / n;
        var (middle, half) = ((p + Z * Z / (2 * n)) / (1 + Z * Z / n), Z / (1 + Z * Z / n) * Math.Sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)));
        return (Math.Max(0, middle - half), Math.Min(1, middle + half));
    }
}

/// <summary>A figure with its 95 % interval, by resampling texts.</summary>
public readonly record struct Interval(double Value, double Low, double High);

/// <summary>What a model makes of some texts together. Null where there are too few to be shown.</summary>
/// <param name="Name">A language, or "all".</param>
/// <param name="Topics">Micro F1.</param>
/// <param name="Sensitive">Of class 2, those that were restricted or kept for a check.</param>
/// <param name="Critical">Of critical ones, those seen as critical or high.</param>
/// <param name="Rightly">Of those restricted or kept for a check, those of class 1 or 2.</param>
public sealed record GroupFigures(string Name, int? Texts, Interval? Topics, Share? Type, Share? Urgency, Share? Sensitive, Share? Critical, Share? Rightly);

/// <summary>One topic: of those coded with it the right ones, and of those that are about it the found ones.</summary>
public sealed record CodeFigures(string Code, Share Precision, Share Recall);

/// <summary>Readings whose main topic had about this confidence, and how many of them were right.</summary>
public sealed record CalibrationBin(double Confidence, int Right, int Texts);

public sealed record Figures(GroupFigures All, IReadOnlyList<GroupFigures> Languages, IReadOnlyList<CodeFigures> Topics, IReadOnlyList<CalibrationBin> Calibration);

/// <summary>Both models on the same texts. <see cref="Better"/>: challenger less champion in the topics' micro F1.</summary>
public sealed record Comparison(Figures Champion, Figures Challenger, Interval Better);

/// <summary>What is kept of a training: figures only. <see cref="Champion"/> is the version it was compared with; without last month's items there is no second comparison.</summary>
public sealed record ModelReport(string Champion, Comparison Frozen, Comparison? Items);

/// <summary>One model's readings of texts with known codes.</summary>
internal sealed class Readings
{
    private const int Bins = 10, Resamples = 400, Seed = 11;
    private readonly IReadOnlyList<CodedText> _rows;
    private readonly Reading[] _readings;

    public Readings(ITextClassifier classifier, IReadOnlyList<CodedText> rows)
    {
        var reader = classifier.Now;
        (_rows, _readings) = (rows, [.. rows.Select(r => reader.Read(r.Text))]);
    }

    public Share Sensitive => Counted(r => r.Sensitivity == 2, Restricted, null);

    public Share Critical => Counted(r => r.Urgency == "critical", r => r.Urgency.Code is "critical" or "high", null);

    /// <summary>Everything together, for each language and for each topic.</summary>
    public Figures Figures() => new(Group("all", null), [.. _rows.GroupBy(r => r.Language).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => Group(g.Key, g.Key))],
        [.. _rows.SelectMany(r => r.Topics).Distinct().Order(StringComparer.Ordinal).Select(Code)], Calibration());

    /// <summary>How much the topics' micro F1 is better than the other's, texts resampled in pairs.</summary>
    public Interval BetterThan(Readings other)
    {
        var (mine, theirs) = (Counts(null), other.Counts(null));
        return Resampled(mine.Length, which => F1(which.Select(i => mine[i])) - F1(which.Select(i => theirs[i])));
    }

    private GroupFigures Group(string name, string? language)
    {
        var counts = Counts(language);
        return new(name, counts.Length, Resampled(counts.Length, which => F1(which.Select(i => counts[i]))),
            Counted((row, r) => r.Type.Code == row.Type, language), Counted((row, r) => r.Urgency.Code == row.Urgency, language),
            Counted(r => r.Sensitivity == 2, Restricted, language), Counted(r => r.Urgency == "critical", r => r.Urgency.Code is "critical" or "high", language), Rightly(language));
    }

    private CodeFigures Code(string code)
    {
        var (said, true_, both) = (0, 0, 0);
        for (var i = 0; i < _rows.Count; i++)
        {
            var (is_, was) = (_rows[i].Topics.Contains(code), _readings[i].Topics.Any(t => t.Code == code));
            (said, true_, both) = (said + (was ? 1 : 0), true_ + (is_ ? 1 : 0), both + (is_ && was ? 1 : 0));
        }
        return new(code, new(both, said), new(both, true_));
    }

    private List<CalibrationBin> Calibration() =>
        [.. _rows.Zip(_readings).Where(x => x.Second.Understood).GroupBy(x => Math.Min(Bins - 1, (int)(x.Second.Topics[0].Confidence * Bins))).OrderBy(g => g.Key)
            .Select(g => new CalibrationBin(g.Average(x => x.Second.Topics[0].Confidence), g.Count(x => x.First.Topics.Contains(x.Second.Topics[0].Code)), g.Count()))];

    private static bool Restricted(Reading r) => r.Sensitivity.Class > 0 || r.Sensitivity.CheckFirst;

    private Share Rightly(string? language)
    {
        var restricted = Of(language).Where(x => Restricted(x.Second)).ToList();
        return new(restricted.Count(x => x.First.Sensitivity > 0), restricted.Count);
    }

    private Share Counted(Func<CodedText, bool> of, Func<Reading, bool> holds, string? language)
    {
        var all = Of(language).Where(x => of(x.First)).ToList();
        return new(all.Count(x => holds(x.Second)), all.Count);
    }

    private Share Counted(Func<CodedText, Reading, bool> holds, string? language)
    {
        var all = Of(language).ToList();
        return new(all.Count(x => holds(x.First, x.Second)), all.Count);
    }

    private IEnumerable<(CodedText First, Reading Second)> Of(string? language) => _rows.Zip(_readings).Where(x => language is null || x.First.Language == language);

    private (int Hit, int Said, int Is)[] Counts(string? language) =>
        [.. Of(language).Select(x => (x.Second.Topics.Count(t => x.First.Topics.Contains(t.Code)), x.Second.Topics.Count, x.First.Topics.Length))];

    private static double F1(IEnumerable<(int Hit, int Said, int Is)> counts)
    {
        var (hit, both) = (0, 0);
        foreach (var c in counts)
            (hit, both) = (hit + c.Hit, both + c.Said + c.Is);
        return both == 0 ? 0 : 2.0 * hit / both;
    }

    // The percentile bootstrap (Efron 1979); the same texts, the same interval.
    private static Interval Resampled(int count, Func<IEnumerable<int>, double> figure)
    {
        var value = figure(Enumerable.Range(0, count));
        if (count < 2)
            return new(value, value, value);
        var random = new Random(Seed);
        var which = new int[count];
        var all = new double[Resamples];
        for (var round = 0; round < Resamples; round++)
        {
            for (var i = 0; i < count; i++)
                which[i] = random.Next(count);
            all[round] = figure(which);
        }
        Array.Sort(all);
        return new(value, all[(int)(Resamples * 0.025)], all[(int)(Resamples * 0.975) - 1]);
    }
}

using Cea.Feedback.Coding;

namespace Cea.Feedback.Trends;

/// <summary>What the rows of a trend are.</summary>
public enum TrendBy
{
    Topic,
    ServicePoint,
    Channel,
    Lang,
    Type,
    Urgency,
}

/// <summary>Where the numbers go, which decides what may be in them (S12).</summary>
public enum TrendUse
{
    /// <summary>An officer's screen: all that he may see, exact; by language floored.</summary>
    Page,

    /// <summary>The API: class 0 only, exact; by language floored.</summary>
    Api,

    /// <summary>A file that leaves: class 0 only, everything floored.</summary>
    File,
}

/// <summary>What is counted. Empty lists narrow nothing down.</summary>
public sealed record TrendFilter
{
    /// <summary>The service point "none at all" in a list of slugs, which cannot begin like that.</summary>
    public const string NoServicePoint = "-";

    public TrendBy By { get; init; }
    public Bucket Bucket { get; init; } = Bucket.Week;
    public required Period Period { get; init; }
    public Comparison Comparison { get; init; }

    /// <summary>Topics, or groups that stand for all their topics.</summary>
    public IReadOnlyList<string> Topics { get; init; } = [];
    public IReadOnlyList<string> ServicePoints { get; init; } = [];
    public IReadOnlyList<string> Types { get; init; } = [];
    public IReadOnlyList<string> Urgencies { get; init; } = [];
    public IReadOnlyList<string> Channels { get; init; } = [];
    public IReadOnlyList<string> Langs { get; init; } = [];

    /// <summary>Count interrupted, unintelligible and test messages too.</summary>
    public bool Incomplete { get; init; }

    /// <summary>Counts by language tell of persons: they obey the floor wherever they are shown.</summary>
    public bool TellsOfPersons => By == TrendBy.Lang || Langs.Count > 0;

    /// <summary>Incomplete messages are left out unless asked for.</summary>
    public bool LeavesIncompleteOut => !Incomplete && !Types.Contains("incomplete");

    public string[] TopicCodes(Codebook book) => [.. Topics.SelectMany(t => book.Find("group", t) is null ? [t] : book.TopicsIn(t).Select(c => c.Name).Prepend(t)).Distinct()];

    /// <exception cref="RuleException">The period runs backwards, or has more points than can be read.</exception>
    internal void Check()
    {
        if (Period.From > Period.To)
            throw new RuleException("trend_period_backwards");
        var most = Bucket switch { Bucket.Day => 100, Bucket.Week => 735, Bucket.Month => 3660 };
        if (Period.Days > most || Period.From.Year < 2000 || Period.To.Year > 2200)
            throw new RuleException("trend_period_too_long");
    }
}

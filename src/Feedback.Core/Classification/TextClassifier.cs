namespace Cea.Feedback.Classification;

/// <summary>
/// The classifier in use: one model of languages, and one of type, topics, urgency and sensitivity together. Never throws on a text; what it cannot read is
/// <see cref="Reading.Unreadable"/>. Recall before precision where it protects: between the thresholds a person looks first.
/// </summary>
public sealed class TextClassifier : ITextClassifier
{
    internal const string TypePrefix = "type:", TopicPrefix = "topic:", UrgencyPrefix = "urgency:", Sensitive = "sensitive", ClassTwo = "class2";
    private const float GroupNeeds = 0.45f;

    private readonly LinearModel _codes;
    private readonly LanguageModel _languages;
    private readonly Dictionary<string, string> _groups;
    private readonly Dictionary<string, int> _at;
    private readonly Limits _limits;

    internal TextClassifier(string version, LinearModel codes, LanguageModel languages, Dictionary<string, string> groups, Limits limits)
    {
        (Version, _codes, _languages, _groups, _limits) = (version, codes, languages, groups, limits);
        _at = codes.Labels.Select((l, i) => (l, i)).ToDictionary(p => p.l, p => p.i);
    }

    public string Version { get; }

    /// <summary>Thresholds on probabilities, learned out of fold: at or above the sure one the class holds; between, a person looks first.</summary>
    internal sealed record Limits(float SensitiveSure, float SensitiveMaybe, float ClassTwoSure, float ClassTwoMaybe, float Critical, float High);

    internal LinearModel Codes => _codes;
    internal LanguageModel LanguagesModel => _languages;
    internal Dictionary<string, string> Groups => _groups;
    internal Limits Thresholds => _limits;

    public Reading Read(string? text, string? statedLanguage = null)
    {
        if (string.IsNullOrWhiteSpace(text))
            return Reading.Unreadable;
        var (first, second) = _languages.Guess(text);
        if (first.Code == "und")
            return Reading.Unreadable; // no letters at all: a person looks
        var language = statedLanguage is { Length: > 0 } ? new LanguageGuess(statedLanguage, 1) : first;
        var terms = new List<Term>();
        var p = _codes.Predict(text);
        var type = Best(p, TypePrefix);
        var topics = Topics(p);
        var urgency = UrgencyOf(p);
        var (sensitive, classTwo) = (p[_at[Sensitive]], p[_at[ClassTwo]]);
        var sureClass = classTwo >= _limits.ClassTwoSure ? 2 : sensitive >= _limits.SensitiveSure ? 1 : 0;
        var checkFirst = (sureClass < 2 && classTwo >= _limits.ClassTwoMaybe) || (sureClass == 0 && sensitive >= _limits.SensitiveMaybe);
        if (_at.TryGetValue(TopicPrefix + topics[0].Code, out var main))
            _codes.Predict(text, terms, main);
        return new Reading(true, language, second, type, topics, urgency, new SensitivityReading(sureClass, sensitive, classTwo, checkFirst), terms);
    }

    private Suggested Best(float[] p, string prefix)
    {
        var best = _codes.Labels.Select((l, i) => (Label: l, P: p[i])).Where(x => x.Label.StartsWith(prefix, StringComparison.Ordinal)).MaxBy(x => x.P);
        return new Suggested(best.Label[prefix.Length..], best.P);
    }

    // Above its threshold a topic holds, three at most; with none, the group that its topics' probabilities add up for; with none, the best topic with its low confidence.
    private List<Suggested> Topics(float[] p)
    {
        var all = _codes.Labels.Select((l, i) => (Label: l, P: p[i], Lead: p[i] - _codes.Thresholds[i])).Where(x => x.Label.StartsWith(TopicPrefix, StringComparison.Ordinal)).OrderByDescending(x => x.P).ToList();
        var held = all.Where(x => x.Lead >= 0).Take(3).Select(x => new Suggested(x.Label[TopicPrefix.Length..], x.P)).ToList();
        if (held.Count > 1)
            held.RemoveAll(h => h.Code == "other");
        if (held.Count > 0)
            return held;
        var group = all.GroupBy(x => _groups.GetValueOrDefault(x.Label[TopicPrefix.Length..], "other")).Select(g => (g.Key, P: 1 - g.Aggregate(1f, (rest, x) => rest * (1 - x.P)))).MaxBy(g => g.P);
        return group.P >= GroupNeeds && group.Key != "other" ? [new Suggested(group.Key, group.P)] : [new Suggested(all[0].Label[TopicPrefix.Length..], all[0].P)];
    }

    private Suggested UrgencyOf(float[] p)
    {
        float Of(string level) => p[_at[UrgencyPrefix + level]];
        if (Of("critical") >= _limits.Critical)
            return new Suggested("critical", Of("critical"));
        if (Of("high") >= _limits.High || Of("critical") >= _limits.Critical / 2)
            return new Suggested("high", Math.Max(Of("high"), Of("critical")));
        return Of("low") > Of("normal") ? new Suggested("low", Of("low")) : new Suggested("normal", Of("normal"));
    }
}

using System.Globalization;

namespace Cea.Feedback.Classification;

/// <summary>
/// The classifier in use: one model of languages, one of all codes together, and a second look at the codes of each kind. Never throws on a text; what it cannot read
/// is <see cref="Reading.Unreadable"/>. Recall before precision where it protects: between the cuts a person looks first. Safe for many threads.
/// </summary>
public sealed class TextClassifier : ITextClassifier, IDisposable
{
    private const int MostTerms = 6, MostTermTokens = 400;
    private const int LettersABreak = 8; // fewer letters for each sign of a wrong decoding: what is left is not what was written
    private const int LettersAStranger = 4; // fewer of ours for each letter of a script that we do not read: it is in a language that nobody here knows

    private readonly ModelFile _file;
    private readonly LinearModel _languages, _codes;
    private readonly DenseHead _type, _topics, _urgency, _sensitivity;
    private readonly int[] _topicHeads; // of each topic, its head among the codes
    private readonly string[] _groups;
    private readonly BundleCuts _cuts;

    private TextClassifier(ModelFile file)
    {
        _file = file;
        (_languages, _codes) = (file.Models[0], file.Models[1]);
        DenseHead Of(string name) => file.Second.First(h => h.Name == name);
        (_type, _topics, _urgency, _sensitivity) = (Of("type"), Of("topic"), Of("urgency"), Of("sensitivity"));
        _topicHeads = _topics.Own;
        _groups = [.. _topics.Labels.Select(t => file.Facts.GetValueOrDefault("group." + t, "other"))];
        _cuts = BundleCuts.Of(file.Facts);
    }

    public string Version => "cea-" + _file.Fingerprint;

    /// <exception cref="ModelFileException">No such file, damaged, or not such a model: says which.</exception>
    public static TextClassifier Load(string path) => Of(ModelFile.Open(path), Path.GetFileName(path));

    /// <summary>A model that is no file here; <paramref name="name"/> is for the message.</summary>
    /// <exception cref="ModelFileException">Damaged, or not such a model: says which.</exception>
    public static TextClassifier Load(ReadOnlySpan<byte> content, string name) => Of(ModelFile.Read(content, name), name);

    /// <summary>What another model of the same languages and concepts is made with.</summary>
    internal LinearModel Languages => _languages;
    internal Lexicon Lexicon => _file.Lexicon;

    private static TextClassifier Of(ModelFile file, string name)
    {
        if (file.Kind == ModelFile.Bundle && file.Models.Count == 2 && file.Second.Count == 4 && file.Second.All(h => h.Inputs == file.Models[1].Labels.Count))
            return new(file);
        file.Dispose();
        throw new ModelFileException($"{name}: not a model that codes messages");
    }

    public Reading Read(string? text, string? statedLanguage = null)
    {
        if (string.IsNullOrWhiteSpace(text))
            return Reading.Unreadable;
        var space = _codes.Rent();
        try
        {
            return Read(text, statedLanguage, space);
        }
        finally
        {
            _codes.Return(space);
        }
    }

    private Reading Read(string text, string? stated, Workspace space)
    {
        space.Scan.Read(text);
        var scan = space.Scan;
        if (scan.Letters == 0)
        {
            // A thumb, a number: nothing is said. Signs alone, or what no keyboard types: nobody knows.
            return scan.Symbols + scan.Numbers > 0 && scan.Dropped <= scan.Symbols * 2
                ? Certain(new("incomplete", "other", "low", 0), new(stated is { Length: > 0 } ? stated : "und", 0)) : Reading.Unreadable;
        }

        var (language, second) = LanguageOf(space, stated);
        if (scan.Count <= CertainRules.MostWords && text.Length <= CertainRules.MostLength && CertainRules.Find(text, stated is { Length: > 0 } ? stated : language.Code) is { } certain)
            return Certain(certain, language);

        Span<float> odds = stackalloc float[_codes.Labels.Count];
        var known = _codes.Score(space, odds, _file.Lexicon, language.Code);
        for (var h = 0; h < odds.Length; h++)
            odds[h] = _codes.Calibrations[h].OddsOf(odds[h]);

        Span<float> p = stackalloc float[_topics.Labels.Length];
        _topics.Score(odds, p);
        var topics = TopicsOf(p);
        var main = ArgMax(p);
        Span<float> s = stackalloc float[2], u = stackalloc float[_urgency.Labels.Length], t = stackalloc float[_type.Labels.Length];
        _sensitivity.Score(odds, s);
        _urgency.Score(odds, u);
        _type.Score(odds, t);

        var understood = known >= _cuts.KnownLeast && scan.Dropped <= scan.Letters && scan.Broken * LettersABreak <= scan.Letters && scan.Strange * LettersAStranger <= scan.Letters;
        var sensitivity = SensitivityOf(s, understood);
        var urgency = UrgencyOf(u, sensitivity.Class);
        var type = TypeOf(t, fear: sensitivity.Class > 0 || sensitivity.CheckFirst || urgency.Code is "critical" or "high");
        return new(understood, language, second, type, topics, urgency, sensitivity, Terms(text, space, _topicHeads[main]));
    }

    private static Reading Certain(CertainRules.Codes c, LanguageGuess language) =>
        new(true, language, null, new(c.Type, 1), [new(c.Topic, 1)], new(c.Urgency, 1), new(c.Sensitivity, c.Sensitivity > 0 ? 1 : 0, c.Sensitivity > 1 ? 1 : 0, false), []);

    private (LanguageGuess, LanguageGuess?) LanguageOf(Workspace space, string? stated)
    {
        Span<float> scores = stackalloc float[_languages.Labels.Count];
        _languages.Score(space, scores);
        var (sum, best, next) = (0f, -1, -1);
        for (var l = 0; l < scores.Length; l++)
        {
            scores[l] = _languages.Calibrations[l].Of(scores[l]);
            sum += scores[l];
            if (best < 0 || scores[l] > scores[best])
                (best, next) = (l, best);
            else if (next < 0 || scores[l] > scores[next])
                next = l;
        }
        sum = Math.Max(sum, 1); // when no head is sure, the best is not either
        LanguageGuess Guess(int l) => new(_languages.Labels[l], 0);
        var first = Guess(best) with { Confidence = scores[best] / sum };
        LanguageGuess? second = next >= 0 && scores[next] / sum > _cuts.SecondLanguage ? Guess(next) with { Confidence = scores[next] / sum } : null;
        if (stated is not { Length: > 0 })
            return (first, second);
        return (new(stated, 1), first.Code != stated && first.Confidence > 0.5f ? first : null);
    }

    /// <summary>The best one, and up to two more that are likely enough; the group when no topic is likely but together they are.</summary>
    private List<Suggested> TopicsOf(ReadOnlySpan<float> p)
    {
        var main = ArgMax(p);
        var list = new List<Suggested>(2);
        if (p[main] < _cuts.GroupBelow)
        {
            var none = 1f;
            for (var o = 0; o < p.Length; o++)
                none *= _groups[o] == _groups[main] ? 1 - p[o] : 1;
            if (1 - none >= _cuts.GroupAbove && _groups[main] != _topics.Labels[main])
            {
                list.Add(new(_groups[main], 1 - none));
                return list;
            }
        }
        list.Add(new(_topics.Labels[main], p[main]));
        for (var more = 0; more < 2; more++)
        {
            var next = -1;
            for (var o = 0; o < p.Length; o++)
            {
                if (p[o] >= Math.Max(_cuts.Extra, _topics.Cuts[o]) && _topics.Labels[o] != "other" && (next < 0 || p[o] > p[next]) && !Has(list, _topics.Labels[o]))
                    next = o;
            }
            if (next < 0 || _topics.Labels[main] == "other")
                break;
            list.Add(new(_topics.Labels[next], p[next]));
        }
        return list;

        static bool Has(List<Suggested> list, string code)
        {
            foreach (var s in list)
            {
                if (s.Code == code)
                    return true;
            }
            return false;
        }
    }

    private SensitivityReading SensitivityOf(ReadOnlySpan<float> p, bool understood)
    {
        var (sensitive, two) = (Math.Max(p[0], p[1]), p[1]);
        var level = two >= _cuts.ClassTwo ? 2 : sensitive >= _cuts.ClassOne ? 1 : 0;
        var check = !understood || level < 2 && two >= _cuts.CheckTwo || level == 0 && sensitive >= _cuts.CheckOne;
        return new(level, sensitive, two, check);
    }

    private Suggested UrgencyOf(ReadOnlySpan<float> p, int sensitivity)
    {
        float Of(ReadOnlySpan<float> all, string level) => all[Array.IndexOf(_urgency.Labels, level)];
        var (critical, high, normal, low) = (Of(p, "critical"), Of(p, "high"), Of(p, "normal"), Of(p, "low"));
        if (critical >= _cuts.Critical)
            return new("critical", critical);
        if (sensitivity == 2 || critical + high >= _cuts.High || critical >= _cuts.CriticalAsHigh)
            return new("high", Math.Max(high, critical));
        return low > normal ? new("low", low) : new("normal", normal);
    }

    private Suggested TypeOf(ReadOnlySpan<float> p, bool fear)
    {
        var best = -1;
        for (var o = 0; o < p.Length; o++)
        {
            if ((best < 0 || p[o] > p[best]) && !(fear && _type.Labels[o] == "incomplete"))
                best = o;
        }
        return new(_type.Labels[best], p[best]);
    }

    private List<Term> Terms(string text, Workspace space, int head)
    {
        var source = space.Scan.Recomposed ?? text;
        Span<(float Weight, int Token)> top = stackalloc (float, int)[MostTerms];
        var count = 0;
        var tokens = space.Scan.Tokens;
        for (var i = 0; i < Math.Min(tokens.Length, MostTermTokens); i++)
        {
            space.Features.CollectToken(space.Scan, tokens[i], _codes.Spec);
            var weight = _codes.Weight(space.Features, head);
            foreach (var (concept, token) in space.Concepts.All)
                weight += token == i ? _codes.Weight(space.Features, concept, head) : 0;
            if (weight == 0 || count == MostTerms && Math.Abs(weight) <= Math.Abs(top[MostTerms - 1].Weight))
                continue;
            var at = Math.Min(count, MostTerms - 1);
            count = at + 1;
            for (; at > 0 && Math.Abs(top[at - 1].Weight) < Math.Abs(weight); at--)
                top[at] = top[at - 1];
            top[at] = (weight, i);
        }
        var terms = new List<Term>(count);
        foreach (var (weight, token) in top[..count])
        {
            var word = source[tokens[token].SourceStart..tokens[token].SourceEnd];
            if (!terms.Exists(t => t.Text.Equals(word, StringComparison.OrdinalIgnoreCase)))
                terms.Add(new(word, weight));
        }
        return terms;
    }

    private static int ArgMax(ReadOnlySpan<float> p) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax(p);

    public void Dispose() => _file.Dispose();
}

/// <summary>Where the shipped model draws its lines; all learned from texts that the scoring heads had not seen.</summary>
internal sealed record BundleCuts(float Extra, float GroupBelow, float GroupAbove, float Critical, float High, float CriticalAsHigh, float ClassOne, float ClassTwo, float CheckOne, float CheckTwo, float KnownLeast, float SecondLanguage)
{
    public Dictionary<string, string> Facts() => typeof(BundleCuts).GetProperties().Where(p => p.PropertyType == typeof(float))
        .ToDictionary(p => "cut." + p.Name, p => ((float)p.GetValue(this)!).ToString("R", CultureInfo.InvariantCulture));

    public static BundleCuts Of(IReadOnlyDictionary<string, string> facts)
    {
        float At(string name) => facts.TryGetValue("cut." + name, out var value) && float.TryParse(value, CultureInfo.InvariantCulture, out var cut) ? cut : throw new ModelFileException($"the model lacks its cut {name}");
        return new(At(nameof(Extra)), At(nameof(GroupBelow)), At(nameof(GroupAbove)), At(nameof(Critical)), At(nameof(High)), At(nameof(CriticalAsHigh)), At(nameof(ClassOne)), At(nameof(ClassTwo)),
            At(nameof(CheckOne)), At(nameof(CheckTwo)), At(nameof(KnownLeast)), At(nameof(SecondLanguage)));
    }
}

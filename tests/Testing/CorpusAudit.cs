using System.Globalization;
using Cea.Feedback.Classification;
using Cea.Feedback.Coding;
using Cea.Feedback.Texts;

namespace Cea.Testing;

/// <summary>A row of the corpus with the file that it stands in.</summary>
public sealed record CorpusRow(string File, CodedText Text)
{
    public override string ToString() => $"{File} {Text.Id}";
}

/// <summary>
/// What holds of the corpus as a whole: each row by itself, the parts by scenario, how alike messages are, and how many there are of each language, topic, type and urgency.
/// <see cref="Faults"/> is empty when the corpus may be trained on.
/// </summary>
public sealed class CorpusAudit
{
    /// <summary>Messages of a topic, over all languages.</summary>
    public const int LeastOfTopic = 250;

    /// <summary>Of the n-grams that two messages have, the share that both have: from here on they are one message written twice.</summary>
    public const double Alike = 0.7;

    /// <summary>The same between train and dev of one language, where it would make the figures better than they are.</summary>
    public const double AlikeAcross = 0.6;

    /// <summary>Shorter messages ("water", "help me") are written by many; only the same one in train and in dev is a fault.</summary>
    public const int ShortestOfInterest = 20;

    /// <summary>At most this share of a language's messages may open with four words that two others of it open with.</summary>
    public const double MostWithOneOpening = 0.05;

    private static readonly string[] Big = ["es", "en", "fr", "ar"], Middle = ["ht", "pt", "uk", "ru", "fa", "ps", "so", "ti", "am", "ha", "ur", "sw", "bn", "tr", "it", "wo", "zh"],
        Few = ["bm", "hi", "pa", "ku", "ro", "pl", "hu", "om", "ff", "ln"];
    private static readonly HashSet<string> Languages = [.. Big, .. Middle, .. Few];

    private readonly List<string> _faults = [];

    public IReadOnlyList<CorpusRow> Rows { get; }
    public IReadOnlyList<AlikeTexts> Pairs { get; }
    public IReadOnlyList<string> Faults => _faults;

    private CorpusAudit(IReadOnlyList<CorpusRow> rows)
    {
        Rows = rows;
        Pairs = NearDuplicates.Of([.. rows.Select(r => r.Text.Text)], AlikeAcross);
        Validity();
        Distinctness();
        Openings();
        Floors();
    }

    /// <summary>Audits every *.tsv of a folder.</summary>
    /// <exception cref="FormatException">A file that is no table of the corpus: names it and the line.</exception>
    public static CorpusAudit Of(string folder) => Of(Directory.GetFiles(folder, "*.tsv").Order(StringComparer.Ordinal).SelectMany(f => CodedText.Read(f).Select(t => new CorpusRow(Path.GetFileName(f), t))));

    public static CorpusAudit Of(IEnumerable<CorpusRow> rows) => new([.. rows]);

    public static int LeastOf(string language) => Array.IndexOf(Big, language) >= 0 ? 1200 : Array.IndexOf(Middle, language) >= 0 ? 400 : 0;

    /// <summary>Texts of one language that open with four words that two others open with.</summary>
    public Dictionary<string, int> SharedOpenings() => Rows.GroupBy(r => r.Text.Language).ToDictionary(l => l.Key,
        l => l.Select(r => OpeningOf(r.Text.Text)).OfType<string>().GroupBy(o => o).Where(o => o.Count() > 2).Sum(o => o.Count()), StringComparer.Ordinal);

    private void Validity()
    {
        var codebook = Codebook.Default;
        HashSet<string> types = [.. codebook.Types.Select(t => t.Name)], topics = [.. codebook.Topics.Select(t => t.Name)], urgencies = [.. Codebook.Urgencies];
        foreach (var row in Rows)
        {
            var t = row.Text;
            void Need(bool holds, string otherwise)
            {
                if (!holds)
                    _faults.Add($"{row}: {otherwise}");
            }
            Need(types.Contains(t.Type), $"no type {t.Type}");
            Need(urgencies.Contains(t.Urgency), $"no urgency {t.Urgency}");
            Need(t.Topics.Length is 1 or 2 or 3 && t.Topics.Distinct().Count() == t.Topics.Length, "one to three different topics are needed");
            foreach (var topic in t.Topics.Where(topic => !topics.Contains(topic)))
                _faults.Add($"{row}: no topic {topic}");
            Need(t.Part is "train" or "dev", $"no part {t.Part}");
            Need(Languages.Contains(t.Language), $"no language {t.Language}");
            Need(t.Sensitivity < 2 || t.Urgency is "critical" or "high", $"class 2 and {t.Urgency}");
            Need(t.Text.Trim().Length > 0 && !t.Text.Contains('\uFFFD'), "no text, or one of a broken encoding");
            if (t.Topics.All(topics.Contains))
                Need(MayBe(codebook, t), $"class {t.Sensitivity} does not go with {string.Join('|', t.Topics)}");
        }
        _faults.AddRange(Rows.GroupBy(r => r.Text.Id).Where(g => g.Count() > 1).Select(g => $"{g.Key}: {g.Count()} rows ({string.Join(", ", g.Select(r => r.File).Distinct())})"));
        _faults.AddRange(Rows.GroupBy(r => r.Text.Scenario).Where(g => g.Select(r => r.Text.Part).Distinct().Count() > 1).Select(g => $"scenario {g.Key}: in train and in dev"));
    }

    /// <summary>
    /// The highest class of the topics, 1* and discrimination at either of theirs. Beside these, a child or a body at risk raises any topic to 1, and who asks to be heard in confidence
    /// has said nothing yet ("other") and is 2.
    /// </summary>
    private static bool MayBe(Codebook codebook, CodedText t)
    {
        int Least(string topic) => topic == "discrimination" ? 1 : codebook.ClassOf([topic], personal: false);
        return t.Sensitivity >= t.Topics.Max(Least) && (t.Sensitivity <= Math.Max(1, codebook.ClassOf(t.Topics, personal: true)) || t.Topics is ["other"]);
    }

    private void Distinctness()
    {
        foreach (var same in Rows.GroupBy(r => (r.Text.Language, Fold(r.Text.Text))).Where(g => g.Key.Item2.Length > 0 && g.Count() > 1))
        {
            if (same.Key.Item2.Length >= ShortestOfInterest || same.Select(r => r.Text.Part).Distinct().Count() > 1)
                _faults.Add($"the same text: {string.Join(", ", same)}");
        }
        foreach (var pair in Pairs)
        {
            var (one, two) = (Rows[pair.One], Rows[pair.Two]);
            var (across, oneLanguage) = (one.Text.Part != two.Text.Part, one.Text.Language == two.Text.Language);
            if (Fold(one.Text.Text).Length < ShortestOfInterest || pair.Share < Alike && !(across && oneLanguage) || oneLanguage && Fold(one.Text.Text) == Fold(two.Text.Text))
                continue;
            if (!across && !oneLanguage)
                continue; // a greeting or a script, pasted by many
            _faults.Add(string.Create(CultureInfo.InvariantCulture, $"alike at {pair.Share:F2}{(across ? ", train and dev" : "")}: {one}, {two}"));
        }
    }

    private void Openings()
    {
        var of = Rows.GroupBy(r => r.Text.Language).ToDictionary(l => l.Key, l => l.Count(), StringComparer.Ordinal);
        foreach (var (language, n) in SharedOpenings().Where(s => s.Value > of[s.Key] * MostWithOneOpening))
            _faults.Add(string.Create(CultureInfo.InvariantCulture, $"{language}: {n} of {of[language]} messages open as two others do"));
    }

    private void Floors()
    {
        foreach (var topic in Codebook.Default.Topics)
        {
            if (Rows.Count(r => r.Text.Topics.Contains(topic.Name)) is var n && n < LeastOfTopic)
                _faults.Add($"{topic.Name}: {n} messages, {LeastOfTopic} are needed");
        }
        foreach (var language in Big.Concat(Middle))
        {
            if (Rows.Count(r => r.Text.Language == language) is var n && n < LeastOf(language))
                _faults.Add($"{language}: {n} messages, {LeastOf(language)} are needed");
        }
    }

    private static string Fold(string text) => TextBook.Fold(text);

    /// <summary>The first four words; of what is written without spaces, the first eight characters. Null of a message that has no more than that.</summary>
    private static string? OpeningOf(string text)
    {
        var words = Fold(text).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length > 4)
            return string.Join(' ', words.Take(4));
        var joined = string.Concat(words);
        return joined.Length > 8 && joined.Any(c => c > '\u2E80') ? joined[..8] : null;
    }
}

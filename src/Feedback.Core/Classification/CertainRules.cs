using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using Cea.Feedback.Texts;

namespace Cea.Feedback.Classification;

/// <summary>
/// Messages whose code is certain: nothing but a keyword of ours, or nothing but a cry for help, or one word of what must never lie open. Data: data/model/rules.tsv (words separated by |, folded before they are
/// compared) and the keywords of data/texts. Everything else is the model's.
/// </summary>
internal static partial class CertainRules
{
    /// <summary>Words of a message that a rule may match.</summary>
    public const int MostWords = 5;

    /// <summary>UTF-16 units of a message that a rule may match, however often a letter is drawn out.</summary>
    public const int MostLength = 400;

    private static readonly Lazy<FrozenDictionary<string, Codes>> Shipped = new(Load);

    public sealed record Codes(string Type, string Topic, string Urgency, int Sensitivity);

    /// <summary>A message that is nothing but this is a cry for help, or is certain in another way.</summary>
    public static bool Knows(string text) => OfRule(text) is not null;

    public static Codes? Find(string text, string? language)
    {
        if (OfRule(text) is { } codes)
            return codes;
        return TextBook.Default.Recognise(text, language)?.Kind switch
        {
            Keyword.Confidential => new("request", "other", "high", 2),
            Keyword.Erase => new("request", "data_privacy", "high", 2),
            Keyword.Stop or Keyword.Start => new("incomplete", "other", "low", 0),
            Keyword.Info or Keyword.Yes or Keyword.No or Keyword.Language or null => null,
        };
    }

    private static Codes? OfRule(string text)
    {
        var folded = TextBook.Fold(text);
        return Shipped.Value.GetValueOrDefault(folded) ?? Shipped.Value.GetValueOrDefault(Drawn().Replace(folded, "$1"));
    }

    // "ayudaaa": three and more of a letter are one
    [GeneratedRegex(@"(\p{L})\1{2,}")]
    private static partial Regex Drawn();

    private static FrozenDictionary<string, Codes> Load()
    {
        using var stream = typeof(CertainRules).Assembly.GetManifestResourceStream("Cea.rules.tsv")!;
        using var table = new Tsv(new StreamReader(stream), "rules.tsv");
        var (words, type, topic, urgency, sensitivity) = (table.Need("words"), table.Need("type"), table.Need("topic"), table.Need("urgency"), table.Need("sensitivity"));
        var all = new Dictionary<string, Codes>(StringComparer.Ordinal);
        while (table.Next() is { } row)
        {
            foreach (var word in row[words].Split('|'))
                all[TextBook.Fold(word)] = new(row[type], row[topic], row[urgency], int.Parse(row[sensitivity], CultureInfo.InvariantCulture));
        }
        return all.ToFrozenDictionary(StringComparer.Ordinal);
    }
}

using System.Collections.Frozen;
using System.Text;
using Cea.Feedback.Texts;

namespace Cea.Feedback.Safeguarding;

/// <summary>Names that a deployment knows: its officers and its service points, as people write them.</summary>
public sealed record MaskingNames(IReadOnlyCollection<string> People, IReadOnlyCollection<string> Places)
{
    public static readonly MaskingNames None = new([], []);
}

internal enum MaskingKind : byte
{
    Intro,
    Title,
    After,
    Name,
    Surname,
    Month,
    Weekday,
    Country,
    Origin,
    Family,
    Place,
    Stop,
    Plain,
    Near,
}

/// <summary>Words of one kind, folded.</summary>
/// <param name="Weak">It needs more: a number beside a month, a capital after a title.</param>
/// <param name="Own">Counts only in texts of its language.</param>
internal sealed record MaskingEntry(string Language, MaskingKind Kind, bool Weak, bool Own, string[] Words)
{
    public bool CountsIn(string language, bool known) => !Own || !known || Language == language;
}

/// <summary>What <see cref="Masking"/> looks for, of all languages: data/texts/masking.tsv. Read once.</summary>
internal sealed class MaskingLists
{
    private static readonly Lazy<MaskingLists> Shipped = new(() => new MaskingLists(Read()));

    private readonly FrozenDictionary<string, MaskingEntry[]> _words, _beginnings, _characters;

    private MaskingLists(List<MaskingEntry> entries)
    {
        Languages = entries.Select(e => e.Language).ToFrozenSet();
        _words = Group(entries.Where(e => !IsCharacters(e) && !IsBeginning(e)), e => e.Words[0]);
        _beginnings = Group(entries.Where(e => !IsCharacters(e) && IsBeginning(e)), e => e.Words[0].TrimEnd('*'));
        _characters = Group(entries.Where(IsCharacters), e => e.Words[0]);
        LongestBeginning = _beginnings.Keys.Max(k => k.Length);
        LongestCharacters = _characters.Keys.Max(k => k.Length);
    }

    public static MaskingLists Default => Shipped.Value;

    public FrozenSet<string> Languages { get; }

    public int LongestBeginning { get; }

    /// <summary>Of what is written without blanks, in UTF-16 units.</summary>
    public int LongestCharacters { get; }

    /// <summary>Entries whose first word this is.</summary>
    public IReadOnlyList<MaskingEntry> Of(string word) => _words.GetValueOrDefault(word) ?? [];

    /// <summary>Entries of one word that begin this one.</summary>
    public IEnumerable<MaskingEntry> Beginning(string word)
    {
        var lookup = _beginnings.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var length = Math.Min(word.Length, LongestBeginning); length > 1; length--)
        {
            if (lookup.TryGetValue(word.AsSpan(0, length), out var entries))
            {
                foreach (var entry in entries)
                    yield return entry;
            }
        }
    }

    public IReadOnlyList<MaskingEntry> OfCharacters(ReadOnlySpan<char> characters) => _characters.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(characters, out var entries) ? entries : [];

    /// <summary>One form of a word, the same for the lists and for texts.</summary>
    public static string Fold(ReadOnlySpan<char> word) => TextBook.Fold(word.ToString()).Replace(" ", "", StringComparison.Ordinal);

    /// <summary>The words of a phrase, folded, cut as a text's are.</summary>
    public static string[] WordsOf(string phrase) => [.. MaskingTokens.Of(phrase).Select(t => t.Folded).Where(w => w.Length > 0)];

    /// <summary>A script that is written without blanks.</summary>
    public static bool IsCharacter(Rune rune) => rune.Value is >= 0x3400 and <= 0x9FFF or >= 0xF900 and <= 0xFAFF or >= 0x20000 and <= 0x3FFFF or 0x3007;

    private static bool IsCharacters(MaskingEntry entry) => entry.Language == "zh";

    private static bool IsBeginning(MaskingEntry entry) => entry.Words is [[.., '*']];

    private static FrozenDictionary<string, MaskingEntry[]> Group(IEnumerable<MaskingEntry> entries, Func<MaskingEntry, string> key) =>
        entries.GroupBy(key).ToFrozenDictionary(g => g.Key, g => g.ToArray());

    private static List<MaskingEntry> Read()
    {
        using var stream = typeof(MaskingLists).Assembly.GetManifestResourceStream("Cea.masking.tsv")!;
        using var reader = new StreamReader(stream);
        var entries = new List<MaskingEntry>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#' || line.Split('\t') is not [var language, var kind, var phrases] || language == "lang")
                continue;
            var plain = Enum.Parse<MaskingKind>(kind.TrimEnd('?', '!'), ignoreCase: true);
            foreach (var phrase in phrases.Split('|'))
            {
                string[] words = language == "zh" ? [phrase] : phrase[^1] == '*' ? [Fold(phrase.AsSpan(0, phrase.Length - 1)) + "*"] : WordsOf(phrase);
                entries.Add(new MaskingEntry(language, plain, kind.Contains('?', StringComparison.Ordinal), kind.Contains('!', StringComparison.Ordinal), words));
            }
        }
        return entries;
    }
}

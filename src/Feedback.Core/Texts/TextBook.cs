using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Cea.Feedback.Texts;

/// <summary>A word that asks for something other than feedback. Only a message that is nothing but the word counts.</summary>
public enum Keyword
{
    Stop,
    Start,
    Info,
    Erase,
    Confidential,
    Yes,
    No,
    Language,
}

/// <summary>A word of the deployment's own, beside those that are shipped.</summary>
public sealed record OwnWord(string Language, Keyword Kind, string Word);

/// <summary>A text as it goes out, and the language that was found for it.</summary>
public readonly record struct Said(string Text, string Language);

/// <summary>What the service says by itself, and the words it understands, in every supported language. Data: data/texts.</summary>
public sealed partial class TextBook
{
    /// <summary>The version of the notice that <c>ack_first</c> and <c>info</c> give.</summary>
    public const string NoticeVersion = "2026-11";

    // What the speakers of a language mostly read instead.
    private static readonly FrozenDictionary<string, string> Nearest = new Dictionary<string, string>
    {
        ["wo"] = "fr", ["ht"] = "fr", ["ln"] = "fr", ["bm"] = "fr", ["ff"] = "fr", ["ti"] = "am", ["om"] = "am", ["ps"] = "fa", ["prs"] = "fa", ["uk"] = "ru", ["be"] = "ru",
        ["ku"] = "ar", ["ckb"] = "ar", ["pa"] = "ur", ["az"] = "tr", ["pt"] = "es", ["it"] = "es", ["qu"] = "es", ["ay"] = "es", ["gn"] = "es",
    }.ToFrozenDictionary();

    // Understood in every language: Twilio acts on its words whatever we do (its HELP excepted: here that is a cry for help), and everybody is told of X.
    private static readonly (string[] Words, Keyword Kind)[] Everywhere =
    [
        (["stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"], Keyword.Stop),
        (["start", "unstop"], Keyword.Start),
        (["info"], Keyword.Info),
        (["x", "х"], Keyword.Confidential), // the second is Cyrillic
    ];

    private static readonly string[] MenuOrder = ["es", "en", "fr", "ar", "ht", "pt"];
    private const int LongestKeyword = 60;
    private const char LeftToRight = '\u200E';

    private static readonly Lazy<TextBook> Shipped = new(Load);

    private readonly FrozenDictionary<string, Language> _languages;
    private readonly FrozenDictionary<string, Keyword> _everywhere;
    private readonly FrozenDictionary<string, (Keyword Kind, string Language)[]> _words;
    private readonly FrozenSet<(string Language, string Word)> _ordinary;

    private TextBook(IReadOnlyCollection<Language> languages, IReadOnlyCollection<OwnWord> own)
    {
        _languages = languages.ToFrozenDictionary(l => l.Lang);
        _everywhere = Everywhere.SelectMany(e => e.Words.Select(w => (w, e.Kind))).ToFrozenDictionary(e => e.w, e => e.Kind);
        _words = languages
            .SelectMany(l => l.Words.SelectMany(w => w.Value.Select(word => (Word: Fold(word), Kind: KindOf(w.Key), Language: l.Lang))))
            .Concat(own.Select(o => (Word: Fold(o.Word), o.Kind, o.Language)))
            .Where(w => w.Word.Length > 0)
            .GroupBy(w => w.Word)
            .ToFrozenDictionary(g => g.Key, g => g.Select(w => (w.Kind, w.Language)).Distinct().ToArray());
        _ordinary = languages.SelectMany(l => (l.Ordinary ?? []).Select(word => (l.Lang, Fold(word)))).ToFrozenSet();
        Menu = [.. languages.OrderBy(l => Array.IndexOf(MenuOrder, l.Lang) is var i && i < 0 ? 99 : i).ThenBy(l => l.Lang, StringComparer.Ordinal).Select(l => l.Lang)];
    }

    /// <summary>As it is shipped.</summary>
    public static TextBook Default => Shipped.Value;

    /// <summary>This one with words of the deployment's own.</summary>
    public TextBook With(IReadOnlyCollection<OwnWord> own) => own.Count == 0 ? this : new TextBook(_languages.Values, own);

    /// <summary>Supported languages in the order of the menu: the first is 1.</summary>
    public IReadOnlyList<string> Menu { get; }

    public bool Supports(string language) => _languages.ContainsKey(language);

    /// <summary>The language's own name.</summary>
    public string NameOf(string language) => _languages.TryGetValue(language, out var l) ? l.Name : language;

    public bool IsRightToLeft(string language) => _languages.TryGetValue(language, out var l) && l.Dir == "rtl";

    /// <summary>Who reviewed the language's texts; null: nobody yet.</summary>
    public string? ReviewedBy(string language) => _languages.TryGetValue(language, out var l) ? l.ReviewedBy : null;

    /// <summary>The language that will be spoken to somebody of this one. Takes tags with a region: es-MX.</summary>
    public string Closest(string language) => WaysDown(language).First(_languages.ContainsKey);

    /// <summary>
    /// The text with its values, in the language or the nearest one that has it. Within right-to-left script a value that begins with a digit or a sign (a telephone
    /// number, most receipt codes that begin with digits) gets a left-to-right mark before it, or its parts would be shown in the wrong order.
    /// </summary>
    /// <exception cref="ArgumentException">No such text, or a value for one of its placeholders is missing: a fault of the caller.</exception>
    public Said Say(string language, string key, IReadOnlyDictionary<string, string> values)
    {
        foreach (var way in WaysDown(language))
        {
            if (_languages.TryGetValue(way, out var l) && l.Texts.TryGetValue(key, out var text))
                return new Said(Placeholder().Replace(text, m => Kept(l, values.TryGetValue(m.Groups[1].Value, out var value) ? value : throw new ArgumentException($"{key} needs {m.Groups[1].Value}", nameof(values)))), way);
        }
        throw new ArgumentException($"no text {key}", nameof(key));
    }

    /// <summary>The language menu's text: every language with its number, one a line (in one line, right-to-left names would take their neighbours' numbers).</summary>
    public string MenuText(string language) =>
        Say(language, "language_menu", new Dictionary<string, string>()).Text + "\n" + string.Join('\n', Menu.Select((l, i) => $"{(i + 1).ToString(CultureInfo.InvariantCulture)} {NameOf(l)}"));

    /// <summary>The language that this whole message chooses from the menu by its number, in whatever digits, or null.</summary>
    public string? LanguageByNumber(string text) =>
        text.Length <= LongestKeyword && int.TryParse(Fold(text), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= Menu.Count ? Menu[number - 1] : null;

    /// <summary>
    /// The keyword that this whole message is, or null, with the language it belongs to ("" when that is everybody's, or several languages have it).
    /// The person's own language decides; a word of another one counts unless it means different things in different languages or is an everyday word of his.
    /// <paramref name="asked"/>: a question of ours is open, so yes and no come before all other meanings. Without an open question they ask for nothing and the
    /// message is feedback like any other. (Twilio itself takes a YES of somebody who stopped as START.)
    /// </summary>
    public (Keyword Kind, string Language)? Recognise(string text, string? language, bool asked = false)
    {
        if (text.Length > LongestKeyword)
            return null;
        var word = Fold(text);
        var meanings = _words.GetValueOrDefault(word) ?? [];
        if (asked && OneOf([.. meanings.Where(m => m.Kind is Keyword.Yes or Keyword.No)], word, language) is { } answer)
            return answer;
        if (_everywhere.TryGetValue(word, out var kind))
            return (kind, "");
        return OneOf(meanings, word, language);
    }

    /// <summary>All that this whole message could mean, to whomever: (kind, "") is everybody's.</summary>
    public IReadOnlyList<(Keyword Kind, string Language)> MeaningsOf(string text) =>
        [.. _words.GetValueOrDefault(Fold(text)) ?? [], .. _everywhere.TryGetValue(Fold(text), out var kind) ? [(kind, "")] : Array.Empty<(Keyword, string)>()];

    /// <summary>The languages in which it is an everyday word though another language's keyword.</summary>
    public IReadOnlyList<string> OrdinaryIn(string text) => [.. _ordinary.Where(o => o.Word == Fold(text)).Select(o => o.Language).Order(StringComparer.Ordinal)];

    /// <summary>The words that are shipped for a language, as they are written.</summary>
    public IReadOnlyList<string> WordsOf(string language, Keyword kind) => _languages.TryGetValue(language, out var l) ? [.. l.Words.Where(w => KindOf(w.Key) == kind).SelectMany(w => w.Value)] : [];

    private (Keyword Kind, string Language)? OneOf((Keyword Kind, string Language)[] meanings, string word, string? language)
    {
        foreach (var meaning in meanings)
        {
            if (meaning.Language == language)
                return meaning;
        }
        var oneLetter = word.Length == 1 && char.IsAsciiLetter(word[0]); // an interrupted text, unless the person's language has it
        if (meanings.Length == 0 || oneLetter || _ordinary.Contains((language ?? "", word)) || meanings.Any(m => m.Kind != meanings[0].Kind))
            return null;
        return (meanings[0].Kind, meanings.Length == 1 ? meanings[0].Language : "");
    }

    /// <summary>Small letters without accents, punctuation, emoji and invisible characters; one space between words. Both sides of a comparison must be folded.</summary>
    public static string Fold(string text) => Folding.Fold(text);

    private static IEnumerable<string> WaysDown(string language)
    {
        var way = language.Split('-', '_')[0].ToLowerInvariant();
        for (; way != "en"; way = Nearest.GetValueOrDefault(way, "en"))
            yield return way;
        yield return way;
    }

    private static string Kept(Language language, string value) =>
        language.Dir == "rtl" && value.Length > 0 && !char.IsLetter(value[0]) && !value.All(char.IsAsciiDigit) ? LeftToRight + value : value;

    /// <exception cref="FormatException">There is none of that name.</exception>
    internal static Keyword KindOf(string name) => name switch
    {
        "stop" => Keyword.Stop,
        "start" => Keyword.Start,
        "info" => Keyword.Info,
        "erase" => Keyword.Erase,
        "confidential" => Keyword.Confidential,
        "yes" => Keyword.Yes,
        "no" => Keyword.No,
        "language" => Keyword.Language,
        _ => throw new FormatException($"no such kind of word: {name}"),
    };

    private static TextBook Load()
    {
        var assembly = typeof(TextBook).Assembly;
        var languages = new List<Language>();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith("Cea.texts.", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            languages.Add(JsonSerializer.Deserialize<Language>(stream, Json) ?? throw new FormatException($"{name} is empty"));
        }
        return new TextBook(languages, []);
    }

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    [GeneratedRegex(@"\{([a-z_]+)\}")]
    private static partial Regex Placeholder();

    internal IEnumerable<Language> Languages => _languages.Values;

    /// <summary>One file. <see cref="Ordinary"/>: everyday words of this language that are keywords of another.</summary>
    internal sealed record Language(string Lang, string Name, string Dir, string? ReviewedBy, Dictionary<string, string> Texts, Dictionary<string, string[]> Words, string[]? Ordinary);
}

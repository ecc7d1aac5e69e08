using System.Collections.Frozen;
using System.Globalization;
using System.Text;
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

/// <summary>A text as it goes out, and the language that was found for it.</summary>
public readonly record struct Said(string Text, string Language);

/// <summary>What the service says by itself, and the words it understands, in every supported language. Data: data/texts.</summary>
public sealed partial class TextBook
{
    /// <summary>The version of the notice that <c>ack_first</c> and <c>info</c> give.</summary>
    public const string NoticeVersion = "2026-11";

    // Whose speakers mostly read this other one, when a text is missing.
    private static readonly FrozenDictionary<string, string> Nearest = new Dictionary<string, string>
    {
        ["wo"] = "fr", ["ht"] = "fr", ["ln"] = "fr", ["bm"] = "fr", ["ff"] = "fr", ["ti"] = "am", ["am"] = "en", ["ps"] = "fa", ["prs"] = "fa", ["uk"] = "ru", ["ku"] = "ar", ["om"] = "am",
        ["hi"] = "ur", ["pa"] = "ur", ["pt"] = "es", ["it"] = "es",
    }.ToFrozenDictionary();

    // Twilio's own words: understood in every language, since Twilio acts on them whatever we do.
    private static readonly (string Word, Keyword Kind)[] Everywhere =
        [("stop", Keyword.Stop), ("stopall", Keyword.Stop), ("unsubscribe", Keyword.Stop), ("optout", Keyword.Stop), ("start", Keyword.Start), ("unstop", Keyword.Start), ("info", Keyword.Info), ("x", Keyword.Confidential)];

    private static readonly Lazy<TextBook> Shipped = new(Load);

    private readonly FrozenDictionary<string, Language> _languages;
    private readonly FrozenDictionary<string, (Keyword Kind, string Language)[]> _words;

    private TextBook(List<Language> languages)
    {
        _languages = languages.ToFrozenDictionary(l => l.Lang);
        _words = languages
            .SelectMany(l => l.Words.SelectMany(w => w.Value.Select(word => (Word: Fold(word), Kind: KindOf(w.Key), Language: l.Lang))))
            .Concat(Everywhere.Select(e => (e.Word, e.Kind, Language: "")))
            .Where(w => w.Word.Length > 0)
            .GroupBy(w => w.Word)
            .ToFrozenDictionary(g => g.Key, g => g.Select(w => (w.Kind, w.Language)).Distinct().ToArray());
        Menu = [.. languages.OrderBy(l => Array.IndexOf(MenuOrder, l.Lang) is var i && i < 0 ? 99 : i).ThenBy(l => l.Lang, StringComparer.Ordinal).Select(l => l.Lang)];
    }

    private static readonly string[] MenuOrder = ["es", "en", "fr", "ar", "ht", "pt"];

    public static TextBook Default => Shipped.Value;

    /// <summary>Supported languages in the order of the menu: the first is 1.</summary>
    public IReadOnlyList<string> Menu { get; }

    public bool Supports(string language) => _languages.ContainsKey(language);

    /// <summary>The language's own name.</summary>
    public string NameOf(string language) => _languages.TryGetValue(language, out var l) ? l.Name : language;

    public bool IsRightToLeft(string language) => _languages.TryGetValue(language, out var l) && l.Dir == "rtl";

    /// <summary>Who reviewed the language's texts; null: nobody yet.</summary>
    public string? ReviewedBy(string language) => _languages.TryGetValue(language, out var l) ? l.ReviewedBy : null;

    /// <summary>The language that will be spoken to somebody of this one.</summary>
    public string Closest(string language)
    {
        for (var l = language; ; l = Nearest[l])
        {
            if (_languages.ContainsKey(l))
                return l;
            if (!Nearest.ContainsKey(l))
                return "en";
        }
    }

    /// <exception cref="ArgumentException">No such text, or a value for one of its placeholders is missing: a fault of the caller.</exception>
    public Said Say(string language, string key, IReadOnlyDictionary<string, string> values)
    {
        var used = Closest(language);
        var text = _languages[used].Texts.TryGetValue(key, out var found) ? found : throw new ArgumentException($"no text {key}", nameof(key));
        return new Said(Placeholder().Replace(text, m => values.TryGetValue(m.Groups[1].Value, out var value) ? value : throw new ArgumentException($"{key} needs {m.Groups[1].Value}", nameof(values))), used);
    }

    /// <summary>The language menu's text: every language with its number.</summary>
    public string MenuText(string language) =>
        Say(language, "language_menu", new Dictionary<string, string>()).Text + " " + string.Join(' ', Menu.Select((l, i) => $"{(i + 1).ToString(CultureInfo.InvariantCulture)} {NameOf(l)}"));

    /// <summary>
    /// The keyword that this whole message is, or null. The person's own language is looked at first; yes and no count only in it or in one that has no other meaning for the word.
    /// </summary>
    public (Keyword Kind, string Language)? Recognise(string text, string? language)
    {
        if (text.Length > 60)
            return null;
        if (!_words.TryGetValue(Fold(text), out var meanings))
            return null;
        foreach (var meaning in meanings)
        {
            if (meaning.Language == language)
                return meaning;
        }
        return meanings.Select(m => m.Kind).Distinct().Count() == 1 ? meanings[0] : null;
    }

    /// <summary>Small letters without accents, punctuation, emoji and invisible characters; one space between words.</summary>
    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        string compatible;
        try
        {
            compatible = text.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            return ""; // a broken surrogate: no keyword
        }
        foreach (var c in compatible.ToLowerInvariant().Normalize(NormalizationForm.FormD))
        {
            switch (CharUnicodeInfo.GetUnicodeCategory(c))
            {
                case UnicodeCategory.NonSpacingMark when c < 0x0900: // accents and Arabic vowel signs; Indic signs are letters' parts
                case UnicodeCategory.Format or UnicodeCategory.Control or UnicodeCategory.Surrogate or UnicodeCategory.OtherSymbol or UnicodeCategory.ModifierSymbol:
                    break;
                case UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator:
                    if (folded.Length > 0 && folded[^1] != ' ')
                        folded.Append(' ');
                    break;
                default:
                    if (char.IsLetterOrDigit(c) || c == '\'' || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.SpacingCombiningMark or UnicodeCategory.NonSpacingMark)
                        folded.Append(c);
                    break;
            }
        }
        return folded.ToString().Trim(' ', '\'');
    }

    private static Keyword KindOf(string name) => name switch
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
        return new TextBook(languages);
    }

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    [GeneratedRegex(@"\{([a-z_]+)\}")]
    private static partial Regex Placeholder();

    internal IEnumerable<Language> Languages => _languages.Values;

    internal sealed record Language(string Lang, string Name, string Dir, string? ReviewedBy, Dictionary<string, string> Texts, Dictionary<string, string[]> Words);
}

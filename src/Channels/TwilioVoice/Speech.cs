using System.Collections.Frozen;
using System.Globalization;
using System.Xml.Linq;
using Cea.Feedback.Intake;
using Cea.Feedback.Texts;

namespace Cea.Channels.TwilioVoice;

/// <summary>
/// How a line speaks each language: by recorded files where the account names them, else by one of Twilio's voices. A language that has neither is not offered, since
/// a voice of another language would not be understood.
/// </summary>
internal sealed class Speech
{
    public const int MostLanguages = 9, UsualLanguages = 6;
    public const string Prompts = "Prompts", RecordedLanguages = "RecordedLanguages", Voices = "Voices";

    // Language and voice must fit each other, or Twilio says nothing at all.
    private static readonly FrozenDictionary<string, (string Language, string Voice)> Known = new Dictionary<string, (string, string)>
    {
        ["ar"] = ("arb", "Polly.Zeina"), ["bn"] = ("bn-IN", "Google.bn-IN-Standard-A"), ["en"] = ("en-US", "Polly.Joanna"), ["es"] = ("es-MX", "Polly.Mia"), ["fr"] = ("fr-FR", "Polly.Celine"), ["it"] = ("it-IT", "Polly.Carla"),
        ["pt"] = ("pt-BR", "Polly.Vitoria"), ["ru"] = ("ru-RU", "Polly.Tatyana"), ["tr"] = ("tr-TR", "Polly.Filiz"), ["uk"] = ("uk-UA", "Google.uk-UA-Standard-A"), ["zh"] = ("cmn-CN", "Polly.Zhiyu"),
    }.ToFrozenDictionary();

    private readonly Dictionary<string, (string Language, string Voice)> _voices = new(Known);
    private readonly HashSet<string> _recorded = [];
    private readonly string? _files;

    public Speech(ChannelAccount account)
    {
        foreach (var entry in Split(account[Voices]))
        {
            // sw=sw-KE:Google.sw-KE-Standard-A
            if (entry.Split('=', 2) is [var language, var voice] && voice.Split(':', 2) is [{ Length: > 0 } tag, { Length: > 0 } name])
                _voices[language.Trim()] = (tag.Trim(), name.Trim());
        }
        if (Uri.TryCreate(account[Prompts], UriKind.Absolute, out var files) && files.Scheme is "https" or "http")
        {
            _files = account[Prompts]!.TrimEnd('/');
            _recorded.UnionWith(Split(account[RecordedLanguages]));
        }
        var wanted = account.Languages.Count > 0 ? account.Languages.Where(TextBook.Default.Supports).Distinct().ToList() : [.. TextBook.Default.Menu.Where(Speaks).Take(UsualLanguages)];
        Mute = [.. wanted.Where(l => !Speaks(l))];
        Menu = [.. wanted.Where(Speaks).Take(MostLanguages)];
        if (Menu.Count == 0)
            Menu = ["en"];
    }

    /// <summary>The languages offered, the first by digit 1.</summary>
    public IReadOnlyList<string> Menu { get; }

    /// <summary>Languages that the line is meant for and that it cannot speak.</summary>
    public IReadOnlyList<string> Mute { get; }

    public bool Speaks(string language) => _recorded.Contains(language) || _voices.ContainsKey(language);

    /// <summary>A language of the menu; what is none (an address that somebody changed) is the first.</summary>
    public string Of(string? language) => language is not null && Menu.Contains(language) ? language : Menu[0];

    /// <summary>One prompt. A file's name is that of its text, {digit} behind it where one belongs; names and numbers told in it are recorded with it.</summary>
    public XElement Say(string language, string key, IReadOnlyDictionary<string, string> values) => _recorded.Contains(language)
        ? new XElement("Play", $"{_files}/{language}/{key}{(key == "voice_language" ? "_" + values["digit"] : "")}.mp3")
        : Speak(language, TextBook.Default.Say(language, key, values).Text);

    /// <summary>A receipt code, symbol by symbol, a second after each and two after each group.</summary>
    public IEnumerable<XElement> Spell(string language, string code)
    {
        foreach (var symbol in code)
        {
            if (symbol == '-')
            {
                yield return new XElement("Pause", new XAttribute("length", 1));
                continue;
            }
            yield return _recorded.Contains(language) ? new XElement("Play", $"{_files}/{language}/symbol_{char.ToLowerInvariant(symbol)}.mp3") : Speak(language, symbol.ToString(CultureInfo.InvariantCulture));
            yield return new XElement("Pause", new XAttribute("length", 1));
        }
    }

    private XElement Speak(string language, string text)
    {
        var (tag, voice) = _voices.GetValueOrDefault(language, Known["en"]);
        return new XElement("Say", new XAttribute("language", tag), new XAttribute("voice", voice), new string([.. text.Where(System.Xml.XmlConvert.IsXmlChar)]));
    }

    private static string[] Split(string? list) => (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

using System.Globalization;
using System.Xml.Linq;
using Cea.Feedback.Intake;

namespace Cea.Channels.TwilioVoice;

/// <summary>
/// What a caller hears at each step, as TwiML. A call's state stands in the addresses of its next step: l the language, n how often nothing was heard, r what the code
/// was given for. Three silences in a row end it.
/// </summary>
internal sealed class CallScript(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot)
{
    private const int MostSilences = 3, KeyTimeout = 7, SpeechTimeout = 8, RingFor = 25, MostOperators = 10;

    private readonly Speech _speech = new(account);
    private readonly Dictionary<string, string> _told = new()
    {
        ["society"] = snapshot.Deployment.GetValueOrDefault("society", "Red Cross Red Crescent"), ["danger"] = snapshot.Deployment.GetValueOrDefault("danger", "112"), ["digit"] = "",
    };

    private string Language => _speech.Of(call.QueryValue("l"));

    private int Silences => int.TryParse(call.QueryValue("n"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;

    private string Digits => call.FormValue("Digits") ?? "";

    public string Next() => Written(call.Action switch
    {
        "receive" => _speech.Menu.Count > 1 ? Languages(0) : [Say(_speech.Menu[0], "voice_welcome"), .. Menu(_speech.Menu[0], 0)],
        "language" => LanguageChosen(),
        "menu" => Chosen(),
        "operator" => ThroughTo(Digits switch { "1" => "female", "2" => "male", _ => "" }),
        "screen" => Screen(To("take") + Operator),
        "back" => Screen(To("through") + $"&k={Uri.EscapeDataString(call.QueryValue("k") ?? "")}&c={Uri.EscapeDataString(call.QueryValue("c") ?? "")}"),
        "through" => Through(),
        "dialed" => call.FormValue("DialCallStatus") == "completed" ? [new XElement("Hangup")] : [Say("voice_nobody"), .. Record(0)],
        "silence" => Silences >= MostSilences ? Goodbye() : [Say("voice_nothing"), .. Record(Silences)],
        "callback" => receipts.Count > 0 ? [Say("voice_callback"), .. Code(call.FormValue("CallSid") + TwilioVoiceChannel.CallBack, 0)] : [Say("voice_no_number"), .. Record(0)],
        "recorded" => Recorded(),
        "code" => Digits == "1" && receipts is [{ Code: not null }, ..] ? Code(call.QueryValue("r") ?? "", Silences + 1) : Goodbye(),
        _ => [], // take: the operator has pressed a key and is connected; recording, status: nobody listens
    });

    private IEnumerable<XElement> LanguageChosen()
    {
        if (Digits is [>= '1' and <= '9'] && Digits[0] - '1' < _speech.Menu.Count)
        {
            var language = _speech.Menu[Digits[0] - '1'];
            return [Say(language, "voice_welcome"), .. Menu(language, 0)];
        }
        return Silences + 1 >= MostSilences ? Goodbye() : Languages(Silences + 1);
    }

    private IEnumerable<XElement> Chosen() => Digits switch
    {
        "1" => Record(0),
        "2" => [new XElement("Redirect", new XAttribute("method", "POST"), To("callback"))],
        "3" when OnDuty().Count > 0 => Operators(),
        "9" when _speech.Menu.Count > 1 => Languages(0),
        _ => Silences + 1 >= MostSilences ? Goodbye() : Menu(Language, Silences + 1),
    };

    private IEnumerable<XElement> Languages(int silences)
    {
        var prompts = _speech.Menu.Select((l, i) => _speech.Say(l, "voice_language", new Dictionary<string, string>(_told) { ["digit"] = (i + 1).ToString(CultureInfo.InvariantCulture) }));
        return [Gather(To("language", silences, withLanguage: false), [.. prompts])];
    }

    private IEnumerable<XElement> Menu(string language, int silences)
    {
        List<XElement> prompts = [Say(language, "voice_menu")];
        if (OnDuty(language).Count > 0)
            prompts.Add(Say(language, "voice_menu_operator"));
        return [Gather(To("menu", silences, language), [.. prompts])];
    }

    private IEnumerable<XElement> Record(int silences) =>
    [
        Say("voice_record"),
        new XElement("Record",
            new XAttribute("action", To("recorded", silences)), new XAttribute("method", "POST"), new XAttribute("maxLength", TwilioVoiceChannel.LongestRecording(account)), new XAttribute("timeout", SpeechTimeout),
            new XAttribute("finishOnKey", "#"), new XAttribute("playBeep", "true"), new XAttribute("trim", "do-not-trim"),
            new XAttribute("recordingStatusCallback", RecordingUrl), new XAttribute("recordingStatusCallbackMethod", "POST"), new XAttribute("recordingStatusCallbackEvent", "completed absent")),
        new XElement("Redirect", new XAttribute("method", "POST"), To("silence", silences + 1)), // reached only when nothing was said
    ];

    private IEnumerable<XElement> Recorded() => receipts switch
    {
        [{ Code: not null }, ..] => [Say("voice_thanks"), .. Code(TwilioVoiceChannel.RecordingOf(call) ?? "", 0)],
        _ => Silences + 1 >= MostSilences ? Goodbye() : [Say("voice_nothing"), .. Record(Silences + 1)],
    };

    // Read again as often as he likes, within reason.
    private IEnumerable<XElement> Code(string what, int times)
    {
        if (receipts is not [{ Code: { } code }, ..])
            return Goodbye();
        var spelled = _speech.Spell(Language, ReceiptCode.Read(code));
        return times >= 5 ? [.. spelled, .. Goodbye()] : [.. spelled, Gather(To("code", times) + "&r=" + Uri.EscapeDataString(what), [Say("voice_again")]), .. Goodbye()];
    }

    private IEnumerable<XElement> Operators()
    {
        var genders = OnDuty().Select(o => o.Gender).ToHashSet();
        return genders.Contains("female") && genders.Contains("male") ? [Gather(To("operator"), [Say("voice_who")])] : ThroughTo("");
    }

    private IEnumerable<XElement> ThroughTo(string gender)
    {
        var operators = OnDuty().Where(o => gender.Length == 0 || o.Gender == gender).Take(MostOperators).ToList();
        if (operators.Count == 0)
            return [Say("voice_nobody"), .. Record(0)];
        // The operator sees the line's number, never the caller's; who takes the call must press a key, or somebody's voice mail would take it.
        return
        [
            Say("voice_connecting"),
            new XElement("Dial", new XAttribute("callerId", account["From"] ?? ""), new XAttribute("timeout", RingFor), new XAttribute("action", To("dialed")), new XAttribute("method", "POST"),
                operators.Select(o => new XElement("Number", new XAttribute("url", To("screen") + (o.OfficerId > 0 ? "&o=" + o.OfficerId.ToString(CultureInfo.InvariantCulture) : "")), new XAttribute("method", "POST"), o.Number))),
        ];
    }

    // Whose telephone rings: so that the call is on his page when he takes it.
    private string Operator => int.TryParse(call.QueryValue("o"), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? "&o=" + id.ToString(CultureInfo.InvariantCulture) : "";

    // An officer calls back: the person sees the line's number, and whoever lifts the receiver hears no machine.
    private IEnumerable<XElement> Through() => Caller.Open(call.QueryValue("k") ?? "", call.QueryValue("c"), account) is { } person
        ? [new XElement("Dial", new XAttribute("callerId", account["From"] ?? ""), new XAttribute("timeout", RingFor), new XElement("Number", person.Value)), new XElement("Hangup")]
        : [new XElement("Hangup")];

    private IEnumerable<XElement> Screen(string action) =>
    [
        new XElement("Gather", new XAttribute("input", "dtmf"), new XAttribute("numDigits", 1), new XAttribute("timeout", KeyTimeout), new XAttribute("action", action), new XAttribute("method", "POST"), Say("voice_screen")),
        new XElement("Hangup"),
    ];

    private IEnumerable<XElement> Goodbye() => [Say("voice_goodbye"), new XElement("Hangup")];

    private List<OperatorOnDuty> OnDuty(string? language = null) => [.. snapshot.Operators.Where(o => o.Languages.Contains(language ?? Language))];

    private XElement Say(string key) => Say(Language, key);

    private XElement Say(string language, string key) => _speech.Say(language, key, _told);

    private static XElement Gather(string action, XElement[] prompts) => new("Gather",
        new XAttribute("input", "dtmf"), new XAttribute("numDigits", 1), new XAttribute("timeout", KeyTimeout), new XAttribute("action", action), new XAttribute("method", "POST"), new XAttribute("actionOnEmptyResult", "true"), prompts);

    private string To(string action, int silences = 0, string? language = null, bool withLanguage = true) =>
        $"{account.PublicUrl}/{action}?n={silences.ToString(CultureInfo.InvariantCulture)}" + (withLanguage ? "&l=" + (language ?? Language) : "");

    private string RecordingUrl => $"{account.PublicUrl}/recording?l={Language}"
        + (call.FormValue("CallSid") is { Length: > 0 } sid && Caller.Of(call.FormValue("From")) is { } from ? "&c=" + Caller.Seal(sid, from, account) : "");

    // An attribute that no XML can hold (a control character in a setting) would make the whole answer unreadable.
    private static string Written(IEnumerable<XElement> verbs)
    {
        var response = new XElement("Response", verbs);
        foreach (var attribute in response.Descendants().Attributes())
            attribute.Value = new string([.. attribute.Value.Where(System.Xml.XmlConvert.IsXmlChar)]);
        return $"""<?xml version="1.0" encoding="UTF-8"?>{response.ToString(SaveOptions.DisableFormatting)}""";
    }
}

using System.Collections.Frozen;
using System.Text;
using System.Xml.Linq;
using Cea.Channels.TwilioVoice;
using Cea.Feedback.Intake;

namespace Cea.Channels.Tests.TwilioVoice;

/// <summary>What a caller hears, and where his next key leads.</summary>
public sealed class CallScriptTests
{
    private static readonly TwilioVoiceTable Table = new();
    private static readonly OperatorOnDuty Amina = new("+254722000001", ["sw", "es"], "female"), Juan = new("+254722000002", ["es"], "male"), Omar = new("+254722000003", ["ar"], "male");

    [Fact]
    public void A_call_begins_with_the_languages_each_in_its_own_voice()
    {
        var said = Hear("receive", "");
        var gather = said.Element("Gather")!;
        Attribute(gather, "numDigits").ShouldBe("1");
        Attribute(gather, "actionOnEmptyResult").ShouldBe("true");
        Attribute(gather, "action").ShouldBe(TwilioVoiceTable.Url + "language?n=0");
        gather.Elements("Say").Select(s => (Attribute(s, "language"), Attribute(s, "voice"))).Take(4).ShouldBe([("es-MX", "Polly.Mia"), ("en-US", "Polly.Joanna"), ("fr-FR", "Polly.Celine"), ("arb", "Polly.Zeina")]);
        gather.Elements("Say").Select(s => s.Value).Take(2).ShouldBe(["Para español, marque 1.", "For English, press 2."]);
    }

    [Fact]
    public void A_line_of_one_language_begins_with_its_menu()
    {
        var said = Hear("receive", "", languages: ["fr"]);
        said.Elements().Select(e => e.Name.LocalName).ShouldBe(["Say", "Gather"]);
        said.Element("Say")!.Value.ShouldContain("Croix-Rouge & Cie <Niger>"); // as it is, once read
        Next(said).ShouldBe("menu?n=0&l=fr");
    }

    [Fact]
    public void A_language_that_no_voice_speaks_is_heard_from_recordings_or_not_offered()
    {
        string[] languages = ["so", "es", "ti"];
        Texts(Hear("receive", "", languages)).ShouldNotContain(t => t.Contains("Soomaali", StringComparison.Ordinal));
        Next(Hear("receive", "", languages)).ShouldBe("menu?n=0&l=es"); // one is left: there is nothing to choose

        var changes = new Dictionary<string, string> { ["Prompts"] = "https://files.example.org/prompts/", ["RecordedLanguages"] = "so, ti" };
        Hear("receive", "", languages, changes).Element("Gather")!.Elements().Select(e => e.Value).ShouldBe(
            ["https://files.example.org/prompts/so/voice_language_1.mp3", "Para español, marque 2.", "https://files.example.org/prompts/ti/voice_language_3.mp3"]);
        Hear("language?n=0", "&Digits=1", languages, changes).Descendants("Play").Select(p => p.Value).ShouldBe(["https://files.example.org/prompts/so/voice_welcome.mp3", "https://files.example.org/prompts/so/voice_menu.mp3"]);
        Hear("recorded?n=0&l=ti", TwilioVoiceTable.Recorded, languages, changes, code: "7KMNPQRSTVW").Descendants("Play").Select(p => p.Value).Skip(1).Take(2).ShouldBe(
            ["https://files.example.org/prompts/ti/symbol_7.mp3", "https://files.example.org/prompts/ti/symbol_k.mp3"]);
    }

    [Fact]
    public void A_voice_can_be_added_by_setting()
    {
        var said = Hear("language?n=0", "&Digits=1", ["ur", "es"], new() { ["Voices"] = "ur=ur-IN:Google.ur-IN-Standard-A, odd, =:,x=" });
        said.Descendants("Say").Select(s => (Attribute(s, "language"), Attribute(s, "voice"))).Distinct().ShouldBe([("ur-IN", "Google.ur-IN-Standard-A")]);
    }

    [Fact]
    public void Only_nine_languages_have_a_key()
    {
        string[] all = ["ar", "bn", "en", "es", "fr", "it", "pt", "ru", "tr", "uk", "zh"];
        Hear("receive", "", all).Element("Gather")!.Elements("Say").Count().ShouldBe(9);
        Next(Hear("language?n=0", "&Digits=9", all)).ShouldBe("menu?n=0&l=tr");
    }

    [Theory]
    [InlineData("language?n=0", "language?n=1"), InlineData("language?n=1", "language?n=2"), InlineData("menu?n=0&l=fr", "menu?n=1&l=fr"), InlineData("menu?n=1&l=fr", "menu?n=2&l=fr")]
    public void Silence_or_a_wrong_key_is_asked_again(string step, string next)
    {
        foreach (var digits in new[] { "", "8", "0", "*", "77", "x" })
            Next(Hear(step, "&Digits=" + Uri.EscapeDataString(digits))).ShouldBe(next);
    }

    [Theory]
    [InlineData("language?n=2"), InlineData("menu?n=2&l=fr"), InlineData("silence?n=3&l=fr"), InlineData("recorded?n=2&l=fr"), InlineData("menu?n=99999999&l=fr")]
    public void The_third_silence_ends_the_call_politely(string step)
    {
        var said = Hear(step, "&Digits=");
        said.Elements().Select(e => e.Name.LocalName).ShouldBe(["Say", "Hangup"]);
    }

    [Fact]
    public void Whoever_says_nothing_at_any_point_is_out_after_three_times()
    {
        foreach (var first in new[] { "receive", "menu?n=0&l=es&Digits=1" })
        {
            var (step, digits) = first.Contains("Digits", StringComparison.Ordinal) ? ("menu?n=0&l=es", "&Digits=1") : (first, "");
            for (var steps = 0; ; steps++)
            {
                steps.ShouldBeLessThan(6, "an endless loop");
                var said = Hear(step, digits);
                if (said.Elements().Any(e => e.Name == "Hangup"))
                    break;
                step = Next(said, silent: true);
                digits = "&Digits=";
            }
        }
    }

    [Fact]
    public void A_message_is_recorded_with_a_limit_a_closing_key_and_a_word_when_it_is_there()
    {
        var record = Hear("menu?n=0&l=es", "&Digits=1", changes: new() { ["MaxSeconds"] = "240" }).Element("Record")!;
        Attribute(record, "maxLength").ShouldBe("240");
        Attribute(record, "finishOnKey").ShouldBe("#");
        Attribute(record, "action").ShouldBe(TwilioVoiceTable.Url + "recorded?n=0&l=es");
        Attribute(record, "recordingStatusCallback").ShouldStartWith(TwilioVoiceTable.Url + "recording?l=es&c=");
        Attribute(record, "recordingStatusCallback").ShouldNotContain("711000002"); // nobody's number stands in an address
        Attribute(record, "recordingStatusCallbackEvent").ShouldBe("completed absent");
        foreach (var (setting, holds) in new[] { ("999999", "3600"), ("0", "10"), ("x", "180") })
            Attribute(Hear("menu?n=0&l=es", "&Digits=1", changes: new() { ["MaxSeconds"] = setting }).Element("Record")!, "maxLength").ShouldBe(holds);
    }

    [Fact]
    public void The_code_is_spelled_slowly_and_again_on_a_key()
    {
        var said = Hear("recorded?n=0&l=es", TwilioVoiceTable.Recorded, code: "7KMNPQRSTVW");
        string.Concat(said.Elements("Say").Select(s => s.Value).Where(v => v.Length == 1)).ShouldBe("7KMNPQRSTVW");
        said.Elements("Pause").Count().ShouldBe(13); // after each symbol, and between the groups
        Next(said).ShouldBe($"code?n=0&l=es&r={TwilioVoiceTable.Recording}");

        var again = Hear($"code?n=0&l=es&r={TwilioVoiceTable.Recording}", "&Digits=1", code: "7KMNPQRSTVW");
        string.Concat(again.Elements("Say").Select(s => s.Value).Where(v => v.Length == 1)).ShouldBe("7KMNPQRSTVW");
        Next(again).ShouldBe($"code?n=1&l=es&r={TwilioVoiceTable.Recording}");
        Hear("code?n=0&l=es&r=RE1", "&Digits=").Elements().Select(e => e.Name.LocalName).ShouldBe(["Say", "Hangup"]);
        Hear($"code?n=7&l=es&r={TwilioVoiceTable.Recording}", "&Digits=1", code: "7KMNPQRSTVW").Elements("Gather").ShouldBeEmpty();
    }

    [Fact]
    public void Who_wants_to_be_called_back_hears_a_code_and_who_hides_his_number_is_told_to_speak()
    {
        Hear("menu?n=0&l=es", "&Digits=2").Element("Redirect")!.Value.ShouldBe(TwilioVoiceTable.Url + "callback?n=0&l=es");
        string.Concat(Hear("callback?n=0&l=es", "", code: "7KMNPQRSTVW").Elements("Say").Select(s => s.Value).Where(v => v.Length == 1)).ShouldBe("7KMNPQRSTVW");
        var hidden = Hear("callback?n=0&l=es", "", from: "anonymous");
        hidden.Elements("Record").Count().ShouldBe(1);
        Attribute(hidden.Element("Record")!, "recordingStatusCallback").ShouldBe(TwilioVoiceTable.Url + "recording?l=es");
    }

    [Fact]
    public void An_operator_is_offered_only_while_one_of_the_language_is_on_duty()
    {
        Texts(Hear("language?n=0", "&Digits=1")).ShouldNotContain(t => t.Contains("marque 3", StringComparison.Ordinal));
        Texts(Hear("language?n=0", "&Digits=1", operators: [Omar])).ShouldNotContain(t => t.Contains("marque 3", StringComparison.Ordinal));
        Texts(Hear("language?n=0", "&Digits=1", operators: [Juan])).ShouldContain(t => t.Contains("marque 3", StringComparison.Ordinal));
        Next(Hear("menu?n=0&l=es", "&Digits=3")).ShouldBe("menu?n=1&l=es"); // nobody is there: a key without a meaning
    }

    [Fact]
    public void A_caller_is_put_through_with_the_lines_number_to_those_who_speak_his_language()
    {
        var dial = Hear("menu?n=0&l=es", "&Digits=3", operators: [Juan, Omar]).Element("Dial")!;
        Attribute(dial, "callerId").ShouldBe(TwilioVoiceTable.Number);
        Attribute(dial, "action").ShouldBe(TwilioVoiceTable.Url + "dialed?n=0&l=es");
        dial.Elements("Number").Select(n => n.Value).ShouldBe([Juan.Number]);
        dial.ToString().ShouldNotContain(TwilioVoiceTable.Caller);

        // Somebody's voice mail must not take the call: a key is asked for on the operator's side.
        var screen = Hear("screen?n=0&l=es", "");
        screen.Elements().Select(e => e.Name.LocalName).ShouldBe(["Gather", "Hangup"]);
        Hear("take?n=0&l=es", "&Digits=5").Elements().ShouldBeEmpty();
    }

    [Fact]
    public void The_operator_who_takes_a_call_is_named_by_his_id_alone()
    {
        var dial = Hear("menu?n=0&l=es", "&Digits=3", operators: [Juan with { OfficerId = 7 }]).Element("Dial")!;
        Attribute(dial.Element("Number")!, "url").ShouldBe(TwilioVoiceTable.Url + "screen?n=0&l=es&o=7");
        Next(Hear("screen?n=0&l=es&o=7", "")).ShouldBe("take?n=0&l=es&o=7");
        Next(Hear("screen?n=0&l=es&o=%26x", "")).ShouldBe("take?n=0&l=es");
    }

    [Fact]
    public void An_officer_who_calls_back_presses_a_key_and_the_person_sees_the_line_and_hears_no_machine()
    {
        var account = Table.Account();
        var query = $"k=abc&c={Caller.Seal("abc", new("tel", TwilioVoiceTable.Caller), account)}";
        query.ShouldNotContain("711000002");
        var screen = Hear($"back?l=es&{query}", "", from: TwilioVoiceTable.Number);
        screen.Elements().Select(e => e.Name.LocalName).ShouldBe(["Gather", "Hangup"]);
        Next(screen).ShouldBe($"through?n=0&l=es&{query}");
        var through = Hear($"through?l=es&{query}", "&Digits=1", from: TwilioVoiceTable.Number);
        through.Elements().Select(e => e.Name.LocalName).ShouldBe(["Dial", "Hangup"]);
        (Attribute(through.Element("Dial")!, "callerId"), through.Value).ShouldBe((TwilioVoiceTable.Number, TwilioVoiceTable.Caller));

        // Sealed for another call, or by somebody else: nobody is called.
        foreach (var wrong in new[] { query.Replace("k=abc", "k=abd", StringComparison.Ordinal), "k=abc&c=AAAA", "" })
            Hear($"through?l=es&{wrong}", "&Digits=1", from: TwilioVoiceTable.Number).Elements().Select(e => e.Name.LocalName).ShouldBe(["Hangup"]);
    }

    [Fact]
    public void Where_women_and_men_are_on_duty_the_caller_chooses()
    {
        Next(Hear("menu?n=0&l=es", "&Digits=3", operators: [Amina, Juan])).ShouldBe("operator?n=0&l=es");
        foreach (var (key, expected) in new (string, string[])[] { ("1", [Amina.Number]), ("2", [Juan.Number]), ("3", [Amina.Number, Juan.Number]), ("", [Amina.Number, Juan.Number]) })
            Hear("operator?n=0&l=es", "&Digits=" + key, operators: [Amina, Juan]).Element("Dial")!.Elements("Number").Select(n => n.Value).ShouldBe(expected);
        Hear("operator?n=0&l=es", "&Digits=1", operators: [Juan]).Elements("Record").Count().ShouldBe(1); // she has gone meanwhile
    }

    [Theory]
    [InlineData("no-answer"), InlineData("busy"), InlineData("failed"), InlineData("canceled"), InlineData("")]
    public void When_no_operator_answers_a_message_can_be_left(string status) =>
        Hear("dialed?n=0&l=es", "&DialCallStatus=" + status, operators: [Juan]).Elements("Record").Count().ShouldBe(1);

    [Fact]
    public void After_a_talk_with_an_operator_the_call_ends() => Hear("dialed?n=0&l=es", "&DialCallStatus=completed").Elements().Select(e => e.Name.LocalName).ShouldBe(["Hangup"]);

    [Fact]
    public void Nothing_that_a_setting_holds_breaks_the_answer()
    {
        var said = Hear("language?n=0", "&Digits=1", deployment: new() { ["society"] = "\u0001<Dial>+1</Dial>\"&\u0000\ud800", ["danger"] = "<Hangup/>" }); // it must parse
        said.Elements().Select(e => e.Name.LocalName).ShouldBe(["Say", "Gather"]);
        said.Element("Say")!.Value.ShouldContain("<Dial>+1</Dial>\"&");
        Hear("menu?n=0&l=%22%3E%3CDial%3E", "&Digits=").Elements().Select(e => e.Name.LocalName).ShouldBe(["Gather"]);
    }

    private static XElement Hear(string step, string more, string[]? languages = null, Dictionary<string, string>? changes = null, string? code = null, OperatorOnDuty[]? operators = null, string from = TwilioVoiceTable.Caller,
        Dictionary<string, string>? deployment = null)
    {
        var settings = Table.Settings("http://127.0.0.1:9");
        foreach (var (name, value) in changes ?? [])
            settings[name] = value;
        var account = new ChannelAccount("line", "twilio-voice", settings) { PublicUrl = TwilioVoiceTable.Url.TrimEnd('/'), Languages = languages ?? [] };
        var call = TwilioVoiceTable.At(step, TwilioVoiceTable.Step(from) + more);
        var channel = new TwilioVoiceChannel(null!);
        channel.Receive(call, account).Match((status, note) => throw new InvalidOperationException($"{status} {note}"), _ => 0, note => throw new InvalidOperationException(note), _ => 0);
        var snapshot = new IntakeSnapshot(FrozenDictionary<string, ChannelAccount>.Empty, FrozenDictionary<string, PlaceAtIntake>.Empty, deployment ?? new() { ["society"] = "Croix-Rouge & Cie <Niger>" }) { Operators = operators ?? [] };
        var answer = channel.Answer(call, account, code is null ? [] : [new Receipt(Guid.CreateVersion7(), code, false)], snapshot);
        answer.Status.ShouldBe(200);
        answer.ContentType.ShouldBe("text/xml");
        return XDocument.Parse(Encoding.UTF8.GetString(answer.Body.Span)).Root!;
    }

    private static IEnumerable<string> Texts(XElement response) => response.Descendants("Say").Select(s => s.Value);

    private static string Attribute(XElement element, string name) => element.Attribute(name)?.Value ?? "";

    // Where the next key leads, or, when nothing is said, the end of the document.
    private static string Next(XElement response, bool silent = false)
    {
        var verb = silent && response.Element("Redirect") is { } redirect ? redirect.Value : Attribute(response.Element("Gather")!, "action");
        return verb[TwilioVoiceTable.Url.Length..];
    }
}

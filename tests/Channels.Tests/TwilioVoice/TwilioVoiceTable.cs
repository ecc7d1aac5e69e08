using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Cea.Channels.Tests.Twilio;
using Cea.Channels.TwilioVoice;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;

namespace Cea.Channels.Tests.TwilioVoice;

/// <summary>A helpline: what each call of Twilio is read as. What the caller hears is <see cref="CallScriptTests"/>.</summary>
public sealed class TwilioVoiceTable : ChannelTable
{
    public const string Sid = "AC00000000000000000000000000000001", Token = "test_auth_token", CallSid = "CA00000000000000000000000000000004", Number = "+254700000001", Caller = "+254711000002",
        Recording = "RE00000000000000000000000000000001", Url = "https://cfm.example.org/cea/c/twilio-voice/line/", File = $"https://api.twilio.com/2010-04-01/Accounts/{Sid}/Recordings/{Recording}";

    public override Type Kind => typeof(TwilioVoiceChannel);

    public override bool Written => false;

    public override IChannel Channel(IHttpClientFactory http) => new TwilioVoiceChannel(http);

    public override Dictionary<string, string> Settings(string provider) => new() { ["AccountSid"] = Sid, ["AuthToken"] = Token, ["From"] = Number, ["ApiBaseUrl"] = provider };

    public override (string Name, string Value)? Secret => ("AuthToken", Token);

    public override string Message(string text) => Step() + "&Extra=" + WebUtility.UrlEncode(text);

    public override WebhookCall Call(byte[] body, string? secret, string action = "receive") => TwilioSigning.Form(action, Url + action, body, secret);

    public override WebhookCall? AnothersCall => At("receive", Step().Replace(Sid, "AC00000000000000000000000000000009", StringComparison.Ordinal));

    public override OutgoingText Outgoing => new(Guid.CreateVersion7(), new ContactAddress(ContactAddress.Telephone, Caller), new PersonalText("Asante"), "sw");

    public override IReadOnlyList<ReceivedCase> Received =>
    [
        new("a call comes in", At("receive", Step()), Began),
        new("signed with the older of two tokens", At("receive", Step()), Began, Changes: new() { ["AuthToken"] = "newer_token, " + Token }),
        new("a field that nobody knows", At("receive", Step() + "&FinishedOnKey=&msg=Gather+End"), Began),
        .. new[] { "anonymous", "Anonymous", "unknown", "", "restricted", "+266696687", "+7378742833", "+86282452253", "+8656696", "+2562533", "client:web", "sip:x@example.org", "22141", "+", "+12a45678" }
            .Select(from => new ReceivedCase($"a withheld number, \"{from}\"", At("receive", Step(from)), $"call {CallSid} Began from nobody known as {CallSid}/Began")),
        new("a call without From", At("receive", Step().Replace("From=%2B254711000002&", "", StringComparison.Ordinal)), $"call {CallSid} Began from nobody known as {CallSid}/Began"),
        new("a call to another number", At("receive", Step().Replace("254700000001", "254700000777", StringComparison.Ordinal)), "refused 403: another number's call", 403),
        new("a call without an id", At("receive", Step().Replace($"CallSid={CallSid}&", "", StringComparison.Ordinal)), "unreadable: no CallSid"),
        new("an id too long to be one", At("receive", Step().Replace(CallSid, new string('C', 65), StringComparison.Ordinal)), "unreadable: no CallSid"),
        new("nothing at all, signed", At("receive", ""), "unreadable: no CallSid"),
        new("a language is chosen", At("language?n=0", Step() + "&Digits=2"), "ignored: a step of a call"),
        new("a key of the menu", At("menu?n=0&l=es", Step() + "&Digits=1"), "ignored: a step of a call"),
        new("a silence", At("silence?n=1&l=es", Step()), "ignored: a step of a call"),
        new("a forged step", TwilioSigning.Form("menu", Url + "menu?n=0&l=es", Step() + "&Digits=2", null), "refused 403: signature does not fit", 403),
        new("a step whose state was changed on the way", new WebhookCall("POST", "menu", Url + "menu?n=0&l=fr", new Dictionary<string, string> { ["Content-Type"] = "application/x-www-form-urlencoded", ["X-Twilio-Signature"] = TwilioSigning.Sign(Url + "menu?n=0&l=es", Step(), Token) }, Encoding.UTF8.GetBytes(Step())), "refused 403: signature does not fit", 403),
        new("a message was left", At("recorded?n=0&l=es", Step() + Recorded), Voicemail("es")),
        new("the caller hung up while he spoke", At("recorded?n=0&l=es", Step() + $"&RecordingUrl={WebUtility.UrlEncode(File)}&RecordingDuration=3&Digits=hangup"), Voicemail("es")),
        new("a message by a withheld number", At("recorded?n=0&l=es", Step("anonymous") + Recorded), Voicemail("es").Replace("tel:" + Caller, "nobody", StringComparison.Ordinal)),
        new("a message in a language that the line does not offer", At("recorded?n=0&l=xx", Step() + Recorded), Voicemail("es")),
        new("hung up before the tone", At("recorded?n=0&l=es", Step() + "&Digits=hangup"), "ignored: nothing was said"),
        new("a recording of no length", At("recorded?n=0&l=es", Step() + $"&RecordingUrl={WebUtility.UrlEncode(File)}&RecordingDuration=0"), "ignored: nothing was said"),
        new("an address that is no recording", At("recorded?n=0&l=es", Step() + "&RecordingUrl=https%3A%2F%2Fexample.org%2Fx&RecordingDuration=3"), "ignored: nothing was said"),
        new("the file is there", At($"recording?l=es&c={Sealed()}", Finished("completed")), Voicemail("es"), 204),
        new("the file of a withheld number is there", At("recording?l=es", Finished("completed")), Voicemail("es").Replace("tel:" + Caller, "nobody", StringComparison.Ordinal), 204),
        new("the caller of another call", At($"recording?l=es&c={Sealed("CA9")}", Finished("completed")), Voicemail("es").Replace("tel:" + Caller, "nobody", StringComparison.Ordinal), 204),
        new("a caller that nobody sealed", At("recording?l=es&c=%2B25471100", Finished("completed")), Voicemail("es").Replace("tel:" + Caller, "nobody", StringComparison.Ordinal), 204),
        new("the file could not be kept", At($"recording?l=es&c={Sealed()}", Finished("failed")), $"message {Recording} from tel:{Caller} \"\" hint es in es call {CallSid} acknowledged recording=failed", 204),
        new("nothing was to be recorded", At("recording?l=es", Finished("absent")), "ignored: no recording to fetch", 204),
        new("still recording", At("recording?l=es", Finished("in-progress")), "ignored: no recording to fetch", 204),
        new("a forged recording", TwilioSigning.Form("recording", Url + "recording?l=es", Finished("completed"), null), "refused 403: signature does not fit", 403),
        new("wants to be called back", At("callback?n=0&l=fr", Step()), $"message {CallSid} callback from tel:{Caller} \"\" hint fr in fr call {CallSid} acknowledged wants=call_back"),
        new("wants to be called back, without a number", At("callback?n=0&l=fr", Step("anonymous")), "ignored: a withheld number cannot be called back"),
        new("the code again", At($"code?n=0&l=es&r={Recording}", Step() + "&Digits=1"), $"message {Recording} from tel:{Caller} \"\" hint es in es call {CallSid} acknowledged"),
        new("the code of a call-back again", At($"code?n=0&l=es&r={Uri.EscapeDataString(CallSid + " callback")}", Step() + "&Digits=1"), $"message {CallSid} callback from tel:{Caller} \"\" hint es in es call {CallSid} acknowledged"),
        new("no key after the code", At($"code?n=0&l=es&r={Recording}", Step() + "&Digits="), "ignored: no code to read again"),
        new("the code of something else", At("code?n=0&l=es&r=SM1", Step() + "&Digits=1"), "ignored: no code to read again"),
        new("an operator took the call", At("dialed?n=0&l=es", Step() + "&DialCallStatus=completed&DialCallDuration=61"), $"call {CallSid} Answered from tel:{Caller} known as {CallSid}/Answered"),
        new("no operator took the call", At("dialed?n=0&l=es", Step() + "&DialCallStatus=no-answer"), "ignored: no operator took it"),
        new("an operator's telephone asks", At("screen?n=0&l=es", Step(Number).Replace("To=%2B254700000001", "To=%2B254722000009", StringComparison.Ordinal) + "&ParentCallSid=CA1"), "ignored: a step of a call"),
        new("an operator pressed a key", At("take?n=0&l=es&o=7", Leg + "&Digits=5"), $"call {CallSid} Answered from nobody by 7 known as {CallSid}/taken"),
        new("an operator's telephone that nobody pressed", At("take?n=0&l=es&o=7", Leg + "&Digits="), "ignored: nobody's telephone"),
        new("a telephone that nobody knows", At("take?n=0&l=es", Leg + "&Digits=5"), "ignored: nobody's telephone"),
        new("an officer who calls back lifts the receiver", At("back?l=es&k=1&c=x", Step(Number)), "ignored: a step of a call"),
        new("an officer who calls back presses a key", At("through?l=es&k=1&c=x", Step(Number) + "&Digits=1"), "ignored: a step of a call"),
        new("the caller hung up", At("status", Step().Replace("in-progress", "completed", StringComparison.Ordinal) + "&CallDuration=4"), $"call {CallSid} Ended from tel:{Caller} known as {CallSid}/Ended", 204),
        new("the call never came about", At("status", Step().Replace("in-progress", "failed", StringComparison.Ordinal)), $"call {CallSid} Ended from tel:{Caller} known as {CallSid}/Ended", 204),
        new("a call still goes on", At("status", Step()), "ignored: not its end", 204),
        new("an operator's leg ended", At("status", Step().Replace("in-progress", "completed", StringComparison.Ordinal) + "&ParentCallSid=CA1"), "ignored: not its end", 204),
        new("a status word that nobody knows", At("status", Step().Replace("in-progress", "teleported", StringComparison.Ordinal)), "ignored: not its end", 204),
        new("a forged end", TwilioSigning.Form("status", Url + "status", Step(), null), "refused 403: signature does not fit", 403),
    ];

    public override IReadOnlyList<SentCase> Sent => [new("nothing is said by machine to whoever lifts the receiver", Provider.Away, "bad_address ()")];

    public static string Step(string from = Caller) => $"CallSid={CallSid}&AccountSid={Sid}&From={WebUtility.UrlEncode(from)}&To=%2B254700000001&CallStatus=in-progress&ApiVersion=2010-04-01&Direction=inbound";

    // The leg to an operator: its own id, the caller's as its parent; nothing of it names the caller.
    private static string Leg => Step(Number).Replace(CallSid, "CA00000000000000000000000000000077", StringComparison.Ordinal).Replace("To=%2B254700000001", "To=%2B254722000009", StringComparison.Ordinal) + $"&ParentCallSid={CallSid}";

    public static string Recorded => $"&RecordingUrl={WebUtility.UrlEncode(File)}&RecordingSid={Recording}&RecordingDuration=12&Digits=%23";

    /// <summary>A call of Twilio to the action, state included: "menu?n=0".</summary>
    public static WebhookCall At(string step, string form) => TwilioSigning.Form(step.Split('?')[0], Url + step, form, Token);

    private static string Began => $"call {CallSid} Began from tel:{Caller} known as {CallSid}/Began";

    private static string Voicemail(string language) => $"message {Recording} from tel:{Caller} \"\" hint {language} in {language} call {CallSid} acknowledged media {File}.mp3|audio/mpeg||voice";

    private static string Finished(string status) => $"AccountSid={Sid}&CallSid={CallSid}&RecordingSid={Recording}&RecordingUrl={WebUtility.UrlEncode(File)}&RecordingStatus={status}&RecordingDuration=12&RecordingChannels=1&RecordingSource=RecordVerb";

    // As it stands in the address that we give Twilio for the finished recording.
    private static string Sealed(string call = CallSid)
    {
        var menu = At("menu?n=0&l=es", Step().Replace(CallSid, call, StringComparison.Ordinal) + "&Digits=1");
        var answer = new TwilioVoiceChannel(null!).Answer(menu, new TwilioVoiceTable().Account(), [], IntakeSnapshot.Empty);
        return Regex.Match(Encoding.UTF8.GetString(answer.Body.Span), "recordingStatusCallback=\"[^\"]*&amp;c=([^\"]+)\"").Groups[1].Value;
    }
}

using System.Globalization;
using System.Runtime.CompilerServices;
using Cea.Channels.Twilio;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;

namespace Cea.Channels.TwilioVoice;

/// <summary>
/// A helpline through Twilio's Programmable Voice: choose a language, leave a message, ask to be called back, be put through. Nothing is said by machine to who is
/// called: whoever lifts the receiver may be somebody else. Officers call back.
/// </summary>
public sealed class TwilioVoiceChannel(IHttpClientFactory http) : IChannel, IChecksAccount, IFetchesMedia, IDeletesMedia, IDeletesTalks, IListsReceived, IPlacesCalls
{
    internal const string CallBack = " callback";
    private const int UsualLongest = 180;

    private readonly TwilioRest _rest = new(http);
    private readonly TwilioMedia _media = new(http);

    public string Kind => "twilio-voice";

    public ChannelTraits Traits { get; } = new()
    {
        AddressSpace = ContactAddress.Telephone, MaxLength = 0, CanSend = false, TakesCalls = true, FurthestState = "none", IfrcChannel = "Call Centre", WebhookSuffix = "#rc=2&rp=5xx,ct,rt",
    };

    public IReadOnlyList<AccountSetting> Settings { get; } =
    [
        new("AccountSid", true, false, "Account SID, begins with AC"),
        new("AuthToken", true, true, "Auth token; two with a comma while it is being changed, the new one first"),
        new("From", true, false, "The number, as +50212345678; also shown to operators who are called"),
        new(Speech.Prompts, false, false, "Where recorded prompts are, as https://files.example.org/prompts; in it a folder for each language, in that voice_menu.mp3 and the others"),
        new(Speech.RecordedLanguages, false, false, "Languages that have recorded prompts, with commas: so,ti,ht"),
        new(Speech.Voices, false, false, "Other voices of Twilio than ours, or for more languages: ur=ur-IN:Google.ur-IN-Standard-A"),
        new("MaxSeconds", false, false, "Longest message, in seconds", UsualLongest.ToString(CultureInfo.InvariantCulture)),
        new("DeleteRecordings", false, false, "yes: recordings are deleted at Twilio once our own copy is kept", "no"),
        new("ApiBaseUrl", false, false, "Only for a test provider", TwilioRest.DefaultBase),
    ];

    public WebhookOutcome Receive(WebhookCall call, ChannelAccount account)
    {
        if (!TwilioSignature.Fits(call, call.PublicUrl, TwilioRest.Tokens(account)))
            return WebhookOutcome.Refused(403, "signature does not fit");
        if (call.FormValue("AccountSid") is { } sid && sid != account["AccountSid"])
            return WebhookOutcome.Refused(403, "another account's call");
        if (call.Action == "receive" && account["From"] is { Length: > 0 } number && call.FormValue("To") is { } to && to != number)
            return WebhookOutcome.Refused(403, "another number's call");
        if (!Actions.Contains(call.Action))
            return WebhookOutcome.Refused(404, "no such action");
        if (call.FormValue("CallSid") is not { Length: > 0 and <= 64 } callSid)
            return WebhookOutcome.Unreadable("no CallSid");
        return call.Action switch
        {
            "receive" => Reported(call, callSid, CallStage.Began),
            "recorded" => RecordingOf(call) is { } recording && call.FormValue("RecordingDuration") != "0"
                ? WebhookOutcome.Accepted(Voicemail(call, account, callSid, recording, Caller.Of(call.FormValue("From")), lost: false)) : WebhookOutcome.Ignored("nothing was said"),
            "recording" => Finished(call, account, callSid),
            "callback" => Caller.Of(call.FormValue("From")) is { } from ? WebhookOutcome.Accepted(Wish(call, account, callSid, from)) : WebhookOutcome.Ignored("a withheld number cannot be called back"),
            "code" => Again(call, account, callSid),
            "take" => call.FormValue("ParentCallSid") is { Length: > 0 and <= 64 } caller && int.TryParse(call.QueryValue("o"), NumberStyles.None, CultureInfo.InvariantCulture, out var taker) && call.FormValue("Digits") is { Length: > 0 }
                ? WebhookOutcome.Accepted(new CallReported { ExternalId = $"{caller} taken", Call = caller, Stage = CallStage.Answered, TakenBy = taker }) : WebhookOutcome.Ignored("nobody's telephone"),
            "dialed" => call.FormValue("DialCallStatus") == "completed" ? Reported(call, callSid, CallStage.Answered) : WebhookOutcome.Ignored("no operator took it"),
            // A leg to an operator ends by itself; only the caller's own end counts.
            "status" => call.FormValue("ParentCallSid") is null && call.FormValue("CallStatus") is "completed" or "busy" or "failed" or "no-answer" or "canceled"
                ? Reported(call, callSid, CallStage.Ended) : WebhookOutcome.Ignored("not its end"),
            _ => WebhookOutcome.Ignored("a step of a call"),
        };
    }

    public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => call.Action is "status" or "recording"
        ? WebhookAnswer.Empty(204) : WebhookAnswer.Text(200, "text/xml", new CallScript(call, account, receipts, snapshot).Next());

    public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct) => Task.FromResult(SendOutcome.Failed(SendFailure.BadAddress, ""));

    /// <summary>Twilio fetches what to do once the officer has lifted the receiver. The person's number stands sealed in that address, bound to it.</summary>
    public Task<SendOutcome> PlaceCallAsync(CallOrder order, ChannelAccount account, CancellationToken ct)
    {
        var id = Guid.CreateVersion7().ToString("N");
        var language = new Speech(account).Of(order.Language);
        return _rest.CreateAsync(account,
        [
            new("To", order.Officer.Value), new("From", account["From"] ?? ""), new("Url", $"{account.PublicUrl}/back?l={language}&k={id}&c={Caller.Seal(id, order.To, account)}"), new("Method", "POST"), new("Timeout", "30"),
        ], ct, "Calls");
    }

    public async Task<IReadOnlyList<LineProblem>> CheckAsync(ChannelAccount account, Uri webhook, CancellationToken ct)
    {
        var wrong = new List<LineProblem>();
        var speech = new Speech(account);
        if (speech.Mute.Count > 0)
        {
            var mute = string.Join(", ", speech.Mute);
            wrong.Add(new("mute", false, $"no voice of Twilio speaks {mute}: record the prompts (settings {Speech.Prompts} and {Speech.RecordedLanguages}); until then these languages are not offered", mute, Speech.Prompts, Speech.RecordedLanguages));
        }
        if (account.Languages.Count > Speech.MostLanguages)
            wrong.Add(new("menu_full", false, $"a telephone's menu holds {Speech.MostLanguages} languages; those behind are not offered", Speech.MostLanguages.ToString(CultureInfo.InvariantCulture)));
        if (await TwilioNumber.FindAsync(_rest, account, ct) is not { } number)
            return [TwilioNumber.Unknown, .. wrong];
        wrong.AddRange(new[]
        {
            TwilioNumber.Webhook(number, "voice_url", webhook.ToString(), Traits.WebhookSuffix, "webhook", stops: true, "the number's voice webhook at Twilio"),
            TwilioNumber.Webhook(number, "status_callback", $"{account.PublicUrl}/status", Traits.WebhookSuffix, "status", stops: false, "the number's call status address at Twilio (who hangs up early is not counted without it)"),
        }.OfType<LineProblem>());
        return wrong;
    }

    public Task<MediaFetched> FetchAsync(string reference, ChannelAccount account, long most, CancellationToken ct) => _media.FetchAsync(reference, account, most, ct);

    public async Task<bool> DeleteMediaAsync(string reference, ChannelAccount account, CancellationToken ct)
    {
        if (account["DeleteRecordings"] is not "yes" || RecordingIn(reference) is not { } recording)
            return false;
        await _rest.DeleteAsync(account, $"/2010-04-01/Accounts/{account["AccountSid"]}/Recordings/{recording}.json", ct);
        return true;
    }

    /// <summary>Recorded messages whose word from Twilio never reached us. In which language they were left Twilio does not know.</summary>
    public async IAsyncEnumerable<MessageReceived> ListReceivedAsync(ChannelAccount account, DateTimeOffset since, [EnumeratorCancellation] CancellationToken ct)
    {
        var root = $"/2010-04-01/Accounts/{account["AccountSid"]}";
        var settled = TimeProvider.System.GetUtcNow() - IListsReceived.Settles;
        var found = new List<MessageReceived>();
        await foreach (var recording in _rest.ListAsync(account, "Recordings", $"DateCreated%3E={since.AddHours(-1).UtcDateTime:yyyy-MM-dd}", ct))
        {
            if (TwilioRest.Text(recording, "sid") is not { } sid || !IsRecording(sid) || TwilioRest.Text(recording, "status") != "completed" || TwilioRest.Text(recording, "call_sid") is not { } callSid)
                continue;
            if (!int.TryParse(TwilioRest.Text(recording, "duration"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds == 0 || TwilioRest.Date(TwilioRest.Text(recording, "date_created")) is not { } at)
                continue;
            if (at.AddSeconds(seconds) < since || at.AddSeconds(seconds) > settled)
                continue; // its own word, which tells the language too, may still be on its way
            if (await _rest.GetAsync(account, $"{root}/Calls/{callSid}.json", ct) is not { } call || TwilioRest.Text(call, "to") != account["From"])
                continue;
            found.Add(new MessageReceived
            {
                ExternalId = sid, Call = callSid, From = Caller.Of(TwilioRest.Text(call, "from")), Acknowledged = true, At = at,
                Media = [new ReceivedMedia($"{(account["ApiBaseUrl"] ?? TwilioRest.DefaultBase).TrimEnd('/')}{root}/Recordings/{sid}.mp3", "audio/mpeg", null, "voice")],
            });
        }
        foreach (var message in found.OrderBy(m => m.At))
            yield return message;
    }

    /// <summary>The calls of this person to this line and back, their recordings first.</summary>
    public async Task DeleteTalkAsync(ContactAddress person, DateTimeOffset until, ChannelAccount account, CancellationToken ct)
    {
        var root = $"/2010-04-01/Accounts/{account["AccountSid"]}";
        var calls = new List<string>();
        foreach (var (theirs, ours) in new[] { ("From", "to"), ("To", "from") })
        {
            await foreach (var call in _rest.ListAsync(account, "Calls", $"{theirs}={Uri.EscapeDataString(person.Value)}", ct))
            {
                if (TwilioRest.Text(call, "sid") is { } sid && TwilioRest.Text(call, ours) == account["From"] && TwilioRest.Date(TwilioRest.Text(call, "date_created")) <= until)
                    calls.Add(sid);
            }
        }
        foreach (var call in calls)
        {
            var recordings = new List<string>();
            await foreach (var recording in _rest.ListAsync(account, "Recordings", $"CallSid={call}", ct))
            {
                if (TwilioRest.Text(recording, "sid") is { } sid)
                    recordings.Add(sid);
            }
            foreach (var recording in recordings)
                await _rest.DeleteAsync(account, $"{root}/Recordings/{recording}.json", ct);
            await _rest.DeleteAsync(account, $"{root}/Calls/{call}.json", ct);
        }
    }

    internal static int LongestRecording(ChannelAccount account) =>
        int.TryParse(account["MaxSeconds"], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? Math.Clamp(seconds, 10, 3600) : UsualLongest;

    /// <summary>The id of the recording that the call tells of, or null.</summary>
    internal static string? RecordingOf(WebhookCall call) => call.FormValue("RecordingUrl") is not { Length: > 0 and <= 2000 } url ? null : call.FormValue("RecordingSid") is { } sid && IsRecording(sid) ? sid : RecordingIn(url);

    private static readonly System.Buffers.SearchValues<char> Hex = System.Buffers.SearchValues.Create("0123456789abcdef");
    private static readonly HashSet<string> Actions = ["receive", "language", "menu", "silence", "recorded", "recording", "code", "callback", "operator", "screen", "take", "dialed", "back", "through", "status"];

    private static WebhookOutcome Reported(WebhookCall call, string callSid, CallStage stage) => WebhookOutcome.Accepted(new CallReported
    {
        ExternalId = $"{callSid} {stage}", Call = callSid, From = Caller.Of(call.FormValue("From")), Stage = stage,
    });

    // The word of Twilio that the file is there; it comes before, after or without the caller's next step, and tells the same message.
    private static WebhookOutcome Finished(WebhookCall call, ChannelAccount account, string callSid)
    {
        if (call.FormValue("RecordingStatus") is not ("completed" or "failed") || call.FormValue("RecordingDuration") == "0")
            return WebhookOutcome.Ignored("no recording to fetch");
        if (RecordingOf(call) is not { } recording)
            return WebhookOutcome.Unreadable("no RecordingSid");
        return WebhookOutcome.Accepted(Voicemail(call, account, callSid, recording, Caller.Open(callSid, call.QueryValue("c"), account), call.FormValue("RecordingStatus") == "failed"));
    }

    private static MessageReceived Voicemail(WebhookCall call, ChannelAccount account, string callSid, string recording, ContactAddress? from, bool lost) => Said(call, account, callSid, recording, from) with
    {
        // Twilio serves the same recording as WAV without an ending; MP3 is a tenth of it.
        Media = lost ? [] : [new ReceivedMedia(call.FormValue("RecordingUrl") + (call.FormValue("RecordingUrl")!.EndsWith(".mp3", StringComparison.Ordinal) ? "" : ".mp3"), "audio/mpeg", null, "voice")],
        Fields = lost ? new Dictionary<string, string> { ["recording"] = "failed" } : [],
    };

    private static MessageReceived Wish(WebhookCall call, ChannelAccount account, string callSid, ContactAddress from) =>
        Said(call, account, callSid, callSid + CallBack, from) with { Fields = new Dictionary<string, string> { ["wants"] = "call_back" } };

    // The code is read again: the message was stored before, under the same id, and its receipt comes back.
    private static WebhookOutcome Again(WebhookCall call, ChannelAccount account, string callSid)
    {
        if (call.FormValue("Digits") != "1" || call.QueryValue("r") is not { } what || (what != callSid + CallBack && !IsRecording(what)))
            return WebhookOutcome.Ignored("no code to read again");
        return WebhookOutcome.Accepted(Said(call, account, callSid, what, Caller.Of(call.FormValue("From"))));
    }

    private static MessageReceived Said(WebhookCall call, ChannelAccount account, string callSid, string id, ContactAddress? from)
    {
        var speech = new Speech(account);
        var language = speech.Of(call.QueryValue("l"));
        return new MessageReceived
        {
            ExternalId = id, Call = callSid, From = from, Acknowledged = true,
            // With one language nobody chose it.
            StatedLanguage = speech.Menu.Count > 1 ? language : null, LanguageHint = language,
        };
    }

    private static string? RecordingIn(string url)
    {
        var path = url.Split('?', '#')[0];
        var last = path[(path.LastIndexOf('/') + 1)..].Split('.')[0];
        return IsRecording(last) ? last : null;
    }

    private static bool IsRecording(string sid) => sid is ['R', 'E', ..] && sid.Length == 34 && sid.AsSpan(2).IndexOfAnyExcept(Hex) < 0;
}

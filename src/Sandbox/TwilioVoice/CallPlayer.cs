using System.Collections.Concurrent;
using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Control;
using Cea.Sandbox.Faults;
using Cea.Sandbox.Messages;
using Cea.Sandbox.Twilio;
using Cea.Sandbox.Webhooks;

namespace Cea.Sandbox.TwilioVoice;

/// <summary>Plays calls: asks the webhook what to do, reads its TwiML, and waits for the caller where that waits for him.</summary>
internal sealed class CallPlayer(AccountBook accounts, TwilioWebhooks webhooks, MediaStore media, FaultBoard faults, Background background, OwnAddress own, IConfiguration settings, TimeProvider clock)
{
    private const int MostCalls = 1_000, MostRedirects = 10;
    private readonly TimeSpan _delay = TimeSpan.FromMilliseconds(settings.GetValue("Sandbox:StatusDelayMs", 250));
    private readonly ConcurrentDictionary<string, PlayedCall> _calls = new();
    private readonly ConcurrentDictionary<string, PlayedRecording> _recordings = new();

    public IReadOnlyList<PlayedCall> Calls => [.. _calls.Values.OrderByDescending(c => c.At)];

    public IReadOnlyList<PlayedRecording> Recordings => [.. _recordings.Values.OrderByDescending(r => r.At)];

    public PlayedCall? Find(string sid) => _calls.GetValueOrDefault(sid);

    public PlayedRecording? Recording(string sid) => _recordings.GetValueOrDefault(sid);

    public bool Delete(string sid)
    {
        if (!_recordings.TryRemove(sid, out var recording))
            return false;
        media.Remove(recording.File);
        return true;
    }

    public bool Forget(string sid) => _calls.TryRemove(sid, out _);

    public void Reset()
    {
        _calls.Clear();
        _recordings.Clear();
    }

    public async Task<PlayedCall> BeginAsync(CallRequest request, CancellationToken ct)
    {
        var account = request.Account is null && accounts.All.Where(a => a.Kind == TwilioVoiceAccount.Name).ToList() is [var only] ? only : accounts.Get(request.Account);
        if (account.Kind != TwilioVoiceAccount.Name || account.WebhookUrl is not { } url)
            throw new ControlException("the account takes no calls, or has no webhook");
        if (_calls.Count >= MostCalls)
            throw new ControlException("too many calls are remembered: reset");
        var call = new PlayedCall(TwilioJson.NewSid("CA"), account.Name, request.From, account.Number!, clock.GetUtcNow());
        _calls[call.Sid] = call;
        await TakingTurnsAsync(call, () => AskAsync(account, call, url, [], 0, ct));
        return call;
    }

    /// <summary>The line calls somebody: his telephone rings, and the address says what he hears.</summary>
    public PlayedCall Place(SandboxAccount account, string to, string url)
    {
        var call = new PlayedCall(TwilioJson.NewSid("CA"), account.Name, account.Number!, to, clock.GetUtcNow()) { Direction = "outbound-api" };
        _calls[call.Sid] = call;
        background.Start(stop => TakingTurnsAsync(call, () => AskAsync(account, call, url, [], 0, stop)));
        return call;
    }

    public async Task<PlayedCall> ActAsync(string sid, string what, CallAct act, CancellationToken ct)
    {
        var call = Find(sid) ?? throw new ControlException("no such call");
        var account = accounts.Get(call.Account);
        await TakingTurnsAsync(call, () => (what, call.Waiting) switch
        {
            (_, "ended") => throw new ControlException("the call has ended"),
            ("hangup", _) => EndAsync(account, call, ct),
            ("press", "key") => KeyAsync(account, call, act.Digits is [var first, ..] ? first.ToString() : throw new ControlException("digits are needed"), ct),
            ("silence", "key") => KeyAsync(account, call, "", ct),
            ("silence", "speech") or ("press", "speech") => PlayAsync(account, call, call.Waits!.Value.After, 0, ct),
            ("speak", "speech") => SpeakAsync(account, call, act, ct),
            ("answer", "operator") => OperatorAsync(account, call, takes: true, ct),
            ("decline", "operator") or ("silence", "operator") => OperatorAsync(account, call, takes: false, ct),
            _ => throw new ControlException($"the call waits for: {call.Waiting}"),
        });
        return call;
    }

    private static async Task TakingTurnsAsync(PlayedCall call, Func<Task> work)
    {
        await call.Turn.WaitAsync();
        try
        {
            await work();
        }
        finally
        {
            call.Turn.Release();
        }
    }

    private async Task AskAsync(SandboxAccount account, PlayedCall call, string url, KeyValuePair<string, string>[] more, int redirects, CancellationToken ct)
    {
        call.Url = url;
        var (document, _) = await PostAsync(account, url, [.. Standard(account, call), .. more], ct);
        if (document is null || redirects > MostRedirects)
        {
            call.Heard.Add(new Heard("en-US", "We are sorry, an application error has occurred. Goodbye."));
            await EndAsync(account, call, ct, document is null ? "failed" : "completed");
            return;
        }
        await PlayAsync(account, call, [.. document.Elements()], redirects, ct);
    }

    private async Task PlayAsync(SandboxAccount account, PlayedCall call, IReadOnlyList<XElement> verbs, int redirects, CancellationToken ct)
    {
        for (var i = 0; i < verbs.Count; i++)
        {
            var verb = verbs[i];
            switch (verb.Name.LocalName)
            {
                case "Say" or "Play":
                    Hear(call, verb);
                    break;
                case "Gather" or "Record" or "Dial":
                    foreach (var prompt in verb.Elements().Where(e => e.Name.LocalName is "Say" or "Play"))
                        Hear(call, prompt);
                    call.Waits = (verb, [.. verbs.Skip(i + 1)]);
                    return;
                case "Redirect":
                    await AskAsync(account, call, Absolute(call, verb.Value), [], redirects + 1, ct);
                    return;
                case "Hangup" or "Reject":
                    await EndAsync(account, call, ct);
                    return;
            }
        }
        await EndAsync(account, call, ct);
    }

    private async Task KeyAsync(SandboxAccount account, PlayedCall call, string digits, CancellationToken ct)
    {
        var (gather, after) = call.Waits!.Value;
        if (digits.Length == 0 && (string?)gather.Attribute("actionOnEmptyResult") != "true")
            await PlayAsync(account, call, after, 0, ct);
        else
            await AskAsync(account, call, Absolute(call, (string?)gather.Attribute("action")), [new("Digits", digits), new("FinishedOnKey", ""), new("msg", "Gather End")], 0, ct);
    }

    private async Task SpeakAsync(SandboxAccount account, PlayedCall call, CallAct act, CancellationToken ct)
    {
        var record = call.Waits!.Value.Verb;
        var seconds = Math.Clamp(act.Seconds ?? 4, 0, int.TryParse((string?)record.Attribute("maxLength"), NumberStyles.None, CultureInfo.InvariantCulture, out var most) ? most : 3600);
        var file = media.Add(act.Base64 is { Length: > 0 } given ? Convert.FromBase64String(given) : Tone(seconds), act.ContentType ?? "audio/x-wav");
        var recording = _recordings.GetOrAdd(TwilioJson.NewSid("RE"), sid => new PlayedRecording(sid, call.Sid, account.Name, file, seconds, clock.GetUtcNow(), "completed"));
        var url = $"{own.Base}/{TwilioJson.Version}/Accounts/{account.AccountSid}/Recordings/{recording.Sid}";
        KeyValuePair<string, string>[] told = [new("RecordingUrl", url), new("RecordingSid", recording.Sid), new("RecordingDuration", seconds.ToString(CultureInfo.InvariantCulture))];

        // The word that the file is there comes at its own time: before, after, twice, or not at all.
        if ((string?)record.Attribute("recordingStatusCallback") is { } callback && faults.Take(FaultNames.StatusMissing, account.Name) is null)
        {
            var twice = faults.Take(FaultNames.StatusDuplicate, account.Name) is not null;
            async Task TellAsync(CancellationToken stop)
            {
                for (var i = 0; i < (twice ? 2 : 1); i++)
                    await PostAsync(account, Absolute(call, callback), [new("AccountSid", account.AccountSid!), new("CallSid", call.Sid), new("RecordingStatus", "completed"), new("RecordingChannels", "1"), new("RecordingSource", "RecordVerb"), .. told], stop);
            }
            if (faults.Take(FaultNames.StatusEarly, account.Name) is not null)
                await TellAsync(ct);
            else
                background.Start(async stop =>
                {
                    await Task.Delay(_delay, clock, stop);
                    await TellAsync(stop);
                });
        }
        var hangsUp = act.Ends == "hangup";
        await AskAsync(account, call, Absolute(call, (string?)record.Attribute("action")), [.. told, new("Digits", hangsUp ? "hangup" : act.Ends ?? "#")], 0, ct);
        if (hangsUp && call.Waits is not null)
            await EndAsync(account, call, ct);
    }

    private async Task OperatorAsync(SandboxAccount account, PlayedCall call, bool takes, CancellationToken ct)
    {
        var dial = call.Waits!.Value.Verb;
        var number = dial.Elements("Number").FirstOrDefault();
        if (number is not null && (string?)number.Attribute("url") is { } screen)
        {
            // The operator's own leg: he hears who calls, and takes it by a key.
            KeyValuePair<string, string>[] leg =
            [
                new("CallSid", TwilioJson.NewSid("CA")), new("ParentCallSid", call.Sid), new("AccountSid", account.AccountSid!), new("From", (string?)dial.Attribute("callerId") ?? ""), new("To", number.Value),
                new("CallStatus", "in-progress"), new("ApiVersion", TwilioJson.Version), new("Direction", "outbound-dial"),
            ];
            var (document, _) = await PostAsync(account, Absolute(call, screen), leg, ct);
            foreach (var prompt in document?.Descendants().Where(e => e.Name.LocalName is "Say" or "Play") ?? [])
                call.Heard.Add(new Heard("operator", prompt.Value));
            if (takes && document?.Element("Gather") is { } gather)
                await PostAsync(account, Absolute(call, (string?)gather.Attribute("action")), [.. leg, new("Digits", "1")], ct);
        }
        if (dial.Attribute("action") is null)
            await PlayAsync(account, call, call.Waits!.Value.After, 0, ct);
        else
            await AskAsync(account, call, Absolute(call, (string?)dial.Attribute("action")), [new("DialCallStatus", takes ? "completed" : "no-answer"), new("DialCallSid", TwilioJson.NewSid("CA"))], 0, ct);
    }

    private async Task EndAsync(SandboxAccount account, PlayedCall call, CancellationToken ct, string status = "completed")
    {
        (call.Waits, call.Status, call.EndedAt) = (null, status, clock.GetUtcNow());
        if (call.Direction != "inbound" || account.StatusUrl is not { } url || faults.Take(FaultNames.StatusMissing, account.Name) is not null)
            return;
        KeyValuePair<string, string>[] form = [.. Standard(account, call), new("CallDuration", ((int)(call.EndedAt - call.At).Value.TotalSeconds).ToString(CultureInfo.InvariantCulture))];
        await PostAsync(account, url, form, ct);
    }

    private async Task<(XElement? Document, int? Status)> PostAsync(SandboxAccount account, string url, KeyValuePair<string, string>[] form, CancellationToken ct)
    {
        var policy = faults.Take(FaultNames.NeverRetries, account.Name) is null ? RetryPolicy.Parse(url.Split('#').ElementAtOrDefault(1)) : RetryPolicy.Never;
        var copy = faults.Take(FaultNames.InboundDuplicate, account.Name) is not null ? webhooks.PostAsync(account, url, form, "call", 0, policy, ct) : null;
        var (answer, _) = await webhooks.PostAsync(account, url, form, "call", 0, policy, ct);
        if (copy is not null)
            await copy;
        if (!answer.IsOk || answer.ContentType is not ("text/xml" or "application/xml" or "text/html"))
            return (null, answer.Status);
        try
        {
            using var reader = XmlReader.Create(new StringReader(answer.Body), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            return (XDocument.Load(reader).Root is { Name.LocalName: "Response" } root ? root : null, answer.Status);
        }
        catch (XmlException)
        {
            return (null, answer.Status);
        }
    }

    private static KeyValuePair<string, string>[] Standard(SandboxAccount account, PlayedCall call) =>
    [
        new("CallSid", call.Sid), new("AccountSid", account.AccountSid!), new("From", call.From), new("To", call.To), new("Caller", call.From), new("Called", call.To), new("CallStatus", call.Status),
        new("ApiVersion", TwilioJson.Version), new("Direction", call.Direction), new("FromCountry", ""), new("ToCountry", ""),
    ];

    private static void Hear(PlayedCall call, XElement prompt) => call.Heard.Add(prompt.Name.LocalName == "Play" ? new Heard(null, prompt.Value.Trim()) : new Heard((string?)prompt.Attribute("language"), prompt.Value));

    private static string Absolute(PlayedCall call, string? address) => string.IsNullOrEmpty(address) ? call.Url : new Uri(new Uri(call.Url), address.Trim()).ToString();

    // A quiet tone of at most ten seconds, 8 kHz, as a telephone has it.
    private static byte[] Tone(int seconds)
    {
        const int rate = 8000;
        var samples = Math.Clamp(seconds, 1, 10) * rate;
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("RIFF"u8);
        writer.Write(36 + samples);
        writer.Write("WAVEfmt "u8);
        writer.Write(16);
        writer.Write((short)1);
        writer.Write((short)1);
        writer.Write(rate);
        writer.Write(rate);
        writer.Write((short)1);
        writer.Write((short)8);
        writer.Write("data"u8);
        writer.Write(samples);
        for (var i = 0; i < samples; i++)
            writer.Write((byte)(128 + (20 * Math.Sin(2 * Math.PI * 440 * i / rate))));
        return stream.ToArray();
    }
}

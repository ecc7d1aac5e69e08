using System.Xml.Linq;

namespace Cea.Sandbox.TwilioVoice;

/// <summary>One telephone call as it goes on: what the caller has heard, and what he is waited for.</summary>
internal sealed class PlayedCall(string sid, string account, string from, string to, DateTimeOffset at)
{
    public string Sid { get; } = sid;
    public string Account { get; } = account;
    public string From { get; } = from;
    public string To { get; } = to;
    public DateTimeOffset At { get; } = at;

    /// <summary>inbound: somebody called the line; outbound-api: the line calls somebody.</summary>
    public string Direction { get; init; } = "inbound";
    public DateTimeOffset? EndedAt { get; set; }
    public string Status { get; set; } = "in-progress";
    public List<Heard> Heard { get; } = [];

    /// <summary>The verb that waits, and what comes after it; null: the call has ended.</summary>
    public (XElement Verb, IReadOnlyList<XElement> After)? Waits { get; set; }

    /// <summary>The address that the present document came from.</summary>
    public string Url { get; set; } = "";
    public SemaphoreSlim Turn { get; } = new(1, 1);

    public string Waiting => Waits?.Verb.Name.LocalName switch { "Gather" => "key", "Record" => "speech", "Dial" => "operator", _ => "ended" };
}

/// <summary>Said by a voice of that language, or played from a file.</summary>
internal sealed record Heard(string? Language, string Text);

internal sealed record PlayedRecording(string Sid, string CallSid, string Account, string File, int Seconds, DateTimeOffset At, string Status);

/// <summary>What the page and tests see of a call.</summary>
internal sealed record CallView(string Sid, string Account, string From, string To, string Direction, string Status, string Waiting, IReadOnlyList<Heard> Heard, IReadOnlyList<string> Dials)
{
    public static CallView Of(PlayedCall call) => new(call.Sid, call.Account, call.From, call.To, call.Direction, call.Status, call.Waiting, [.. call.Heard], [.. call.Waits?.Verb.Elements("Number").Select(n => n.Value) ?? []]);
}

/// <summary>Somebody calls; From as the provider gives it: "anonymous" for a withheld number.</summary>
internal sealed record CallRequest(string? Account, string From);

/// <summary>What the caller does: press, silence, speak, hangup; or what an operator does: answer, decline.</summary>
internal sealed record CallAct(string? Digits, int? Seconds, string? Base64, string? ContentType, string? Ends);

using System.Text.Json.Serialization;
using Cea.Feedback.People;

namespace Cea.Feedback.Intake;

/// <summary>Something that happened on a line. <see cref="ExternalId"/> is unique within its account for ever: a repeat is stored once.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(MessageReceived), "message")]
[JsonDerivedType(typeof(SpeechRecorded), "recorded")]
[JsonDerivedType(typeof(DeliveryReported), "status")]
[JsonDerivedType(typeof(ReachChanged), "reach")]
[JsonDerivedType(typeof(CallReported), "call")]
[JsonDerivedType(typeof(UnreadableCall), "unreadable")]
public abstract record ChannelEvent
{
    public required string ExternalId { get; init; }

    /// <summary>When it happened, by the provider's word; else when it came.</summary>
    public DateTimeOffset? At { get; init; }
}

/// <summary>A person said something.</summary>
public record MessageReceived : ChannelEvent
{
    /// <summary>Null: nobody can be answered (withheld number, anonymous form).</summary>
    public ContactAddress? From { get; init; }
    public PersonalText Text { get; init; }

    /// <summary>The person's own choice of language. Wins over detection.</summary>
    public string? StatedLanguage { get; init; }

    /// <summary>The language of the person's app: a hint only.</summary>
    public string? LanguageHint { get; init; }

    /// <summary>A slug; wins over the account's own service point.</summary>
    public string? ServicePoint { get; init; }

    /// <summary>How it reached us when the account does not say it ("face-to-face" in an import): the channel column's value.</summary>
    public string? Channel { get; init; }
    public IReadOnlyList<ReceivedMedia> Media { get; init; } = [];

    /// <summary>A new version of an earlier message of the same person, by its external id.</summary>
    public string? Edits { get; init; }

    /// <summary>The provider already answered an opt-out, opt-in or help word: stop, start, help. No word of ours goes out. The first two are done, whatever the text; what it took for help is read like any text.</summary>
    public string? AnsweredByProvider { get; init; }

    /// <summary>The code was told where it was said (a call, a page): no acknowledgement goes out.</summary>
    public bool Acknowledged { get; init; }

    /// <summary>The call it was said in, by the provider's id: whatever else is heard of that call adds no second record.</summary>
    public string? Call { get; init; }

    /// <summary>The provider's id of the button that was pressed: the person sees it waiting until the provider is told that it was taken.</summary>
    public string? Press { get; init; }

    /// <summary>It was added with this receipt code of earlier feedback: it joins that, whoever wrote it, and is taken for no command.</summary>
    public string? Adds { get; init; }

    /// <summary>Fields that a form or a call recorded: speaker, speaks_for, about, stay, minor, consents, recorded_by... Codes only.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();
}

/// <summary>
/// Somebody of ours wrote it down for who spoke: it makes an item of its own. It has a kind of its own: a Host of an older version that would take a wish to talk in confidence for anybody's
/// message fails to read it, and leaves it to a newer one.
/// </summary>
public sealed record SpeechRecorded : MessageReceived
{
    public required RecordedSpeech Recorded { get; init; }
}

/// <summary>What somebody of ours wrote down beside the words.</summary>
/// <param name="By">The officer, who sees his own words until his shift ends (S6).</param>
public sealed record RecordedSpeech(int By, DateTimeOffset SeesUntil)
{
    /// <summary>The call that was put through to him: whose it is, and by which line he can be called back. Never a number.</summary>
    public Guid? Call { get; init; }

    /// <summary>A wish to talk in confidence: the text says how to reach the person, nothing else is known.</summary>
    public bool Confidential { get; init; }
    public bool Interrupted { get; init; }

    /// <summary>What the person was told on the spot; null: nothing.</summary>
    public PersonalText? Told { get; init; }

    /// <summary>With what was told nothing is left to do.</summary>
    public bool Settles { get; init; }

    /// <summary>Answers by kind of <see cref="Consents"/>.</summary>
    public IReadOnlyDictionary<string, string> Consents { get; init; } = new Dictionary<string, string>();
    public Items.SpeakerFacts? Speaker { get; init; }

    public override string ToString() => "[recorded]";
}

/// <summary>A photo, voice note or file, to be fetched later. Reference is the provider's URL or file id.</summary>
public sealed record ReceivedMedia(string Reference, string? ContentType, long? Bytes, string? Kind)
{
    /// <summary>Set when it is too large for the provider to give it to us: the most that it gives, in bytes. The person is told.</summary>
    public long? Limit { get; init; }
}

/// <summary>What became of a message that we sent.</summary>
public sealed record DeliveryReported : ChannelEvent
{
    /// <summary>Ours, from the status address; null when only the provider's id is known.</summary>
    public Guid? OutboxId { get; init; }

    /// <summary>The provider's id of the message.</summary>
    public string? ProviderId { get; init; }

    /// <summary>The provider's word, kept as it came: an unknown one is stored, not thrown.</summary>
    public required string Status { get; init; }

    /// <summary>What the word means to us.</summary>
    public DeliveryState State { get; init; }

    /// <summary>The provider's code, opaque.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>For failed and undelivered: a code of <see cref="Replies.SendFailure"/>.</summary>
    public string? Failure { get; init; }
}

/// <summary>How far a message got. Higher never goes back to lower; the first of the final ones stays.</summary>
public enum DeliveryState
{
    Unknown,
    Queued,
    Sending,
    Sent,
    Delivered,
    Failed,
    Read,
}

/// <summary>A person blocked or unblocked us on this line.</summary>
public sealed record ReachChanged : ChannelEvent
{
    public required ContactAddress Address { get; init; }
    public required bool Reachable { get; init; }
}

/// <summary>How far a telephone call got. What was said in it comes as a <see cref="MessageReceived"/> that names the call; a call without one was silent.</summary>
public sealed record CallReported : ChannelEvent
{
    /// <summary>The provider's id of the call.</summary>
    public required string Call { get; init; }

    /// <summary>Null: a withheld number.</summary>
    public ContactAddress? From { get; init; }

    public required CallStage Stage { get; init; }

    /// <summary>The officer who took the call on his telephone, at <see cref="CallStage.Answered"/>.</summary>
    public int? TakenBy { get; init; }
}

/// <summary>Stages of a call; <see cref="Answered"/>: somebody of ours spoke with the caller.</summary>
public enum CallStage
{
    Began,
    Answered,
    Ended,
}

/// <summary>The provider's call that no reading fits: its raw body is kept with it for somebody to look at.</summary>
public sealed record UnreadableCall : ChannelEvent
{
    public required string Note { get; init; }
}

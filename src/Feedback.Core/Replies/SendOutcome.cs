using Cea.Feedback.People;

namespace Cea.Feedback.Replies;

/// <summary>One text on its way to one address. <see cref="Id"/> is ours, put into the status address.</summary>
public sealed record OutgoingText(Guid Id, ContactAddress To, PersonalText Text, string Language)
{
    /// <summary>Where the provider reports on this very message; null: nowhere.</summary>
    public Uri? StatusUrl { get; init; }

    /// <summary>Buttons under the text, where the channel has them: label and what comes back as text.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Choices { get; init; } = [];

    /// <summary>The provider's approved template that says this text; null: free text.</summary>
    public TemplateUse? Template { get; init; }
}

/// <summary>A template by the provider's id, and what stands in its places, the first first.</summary>
public sealed record TemplateUse(string ExternalId, IReadOnlyList<PersonalText> Values);

/// <summary>What came of one attempt: taken by the provider, failed for a known reason, or in doubt.</summary>
public sealed record SendOutcome
{
    private readonly string? _externalId;
    private readonly string _status;
    private readonly SendFailure? _failure;
    private readonly TimeSpan? _wait;

    private SendOutcome(string? externalId, string status, SendFailure? failure, TimeSpan? wait) => (_externalId, _status, _failure, _wait) = (externalId, status, failure, wait);

    /// <param name="externalId">The provider's id.</param>
    /// <param name="status">Its first status: "queued", "accepted", "sent".</param>
    public static SendOutcome Taken(string externalId, string status) => new(externalId, status, null, null);

    /// <param name="failure">One of the closed list.</param>
    /// <param name="providerCode">The provider's code, opaque; "" when none.</param>
    /// <param name="wait">How long the provider asks us to wait.</param>
    public static SendOutcome Failed(SendFailure failure, string providerCode, TimeSpan? wait = null) => new(null, providerCode, failure, wait);

    public T Match<T>(Func<string, string, T> taken, Func<SendFailure, string, TimeSpan?, T> failed) => _failure is null ? taken(_externalId!, _status) : failed(_failure, _status, _wait);
}

/// <summary>When a failed sending may be tried again.</summary>
public enum RetryRule
{
    /// <summary>Never by itself; an officer may correct and resend.</summary>
    Never,

    /// <summary>Later, with growing pauses; counts as an attempt.</summary>
    BackOff,

    /// <summary>When the account's pause ends; does not count as an attempt.</summary>
    AfterPause,

    /// <summary>Kept until an administrator mends the account.</summary>
    WhenMended,

    /// <summary>Nobody knows whether it went out: settled by a status call, the provider's list, or an officer.</summary>
    InDoubt,
}

/// <summary>Why a sending failed, with all consequences, so that no caller decides again.</summary>
public sealed record SendFailure
{
    private SendFailure(string code, RetryRule retry, bool breaksAccount = false, bool pausesAccount = false, bool unreachable = false, bool optedOut = false) =>
        (Code, Retry, BreaksAccount, PausesAccount, Unreachable, OptedOut) = (code, retry, breaksAccount, pausesAccount, unreachable, optedOut);

    /// <summary>Stable; pages show the text for it: <c>failure.{code}</c>.</summary>
    public string Code { get; }
    public RetryRule Retry { get; }
    public bool BreaksAccount { get; }
    public bool PausesAccount { get; }
    public bool Unreachable { get; }
    public bool OptedOut { get; }

    public static readonly SendFailure Throttled = new("throttled", RetryRule.AfterPause, pausesAccount: true);
    public static readonly SendFailure QueueFull = new("queue_full", RetryRule.AfterPause, pausesAccount: true);
    /// <summary>Known not to have gone out: connection refused, name not found.</summary>
    public static readonly SendFailure NotReached = new("not_reached", RetryRule.BackOff);
    public static readonly SendFailure CarrierTrouble = new("carrier_trouble", RetryRule.BackOff);
    public static readonly SendFailure InDoubt = new("in_doubt", RetryRule.InDoubt);
    public static readonly SendFailure AccountBroken = new("account_broken", RetryRule.WhenMended, breaksAccount: true);
    public static readonly SendFailure BadAddress = new("bad_address", RetryRule.Never, unreachable: true);
    public static readonly SendFailure NoReach = new("unreachable", RetryRule.Never, unreachable: true);
    public static readonly SendFailure BlockedByPerson = new("blocked_by_person", RetryRule.Never, unreachable: true);
    public static readonly SendFailure PersonOptedOut = new("opted_out", RetryRule.Never, optedOut: true);
    public static readonly SendFailure Geography = new("country_not_allowed", RetryRule.Never);
    public static readonly SendFailure Content = new("content_refused", RetryRule.Never);
    public static readonly SendFailure Filtered = new("filtered", RetryRule.Never);
    public static readonly SendFailure WindowClosed = new("window_closed", RetryRule.Never);
    /// <summary>Known not to have gone out: the hours that were recorded as safe were over.</summary>
    public static readonly SendFailure OutsideSafeHours = new("outside_safe_hours", RetryRule.Never);
    public static readonly SendFailure Template = new("template", RetryRule.Never);
    public static readonly SendFailure Refused = new("refused", RetryRule.Never);

    public static IReadOnlyList<SendFailure> All { get; } =
        [Throttled, QueueFull, NotReached, CarrierTrouble, InDoubt, AccountBroken, BadAddress, NoReach, BlockedByPerson, PersonOptedOut, Geography, Content, Filtered, WindowClosed, OutsideSafeHours, Template, Refused];

    /// <summary>By its code; null for an unknown one.</summary>
    public static SendFailure? Of(string? code) => All.FirstOrDefault(f => f.Code == code);
}

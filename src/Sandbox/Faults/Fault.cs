namespace Cea.Sandbox.Faults;

/// <summary>Something that goes wrong on demand. <see cref="Times"/> counts down; null lasts until it is taken away.</summary>
internal sealed record Fault
{
    public string Name { get; init; } = "";

    /// <summary>Only this account; null: every one.</summary>
    public string? Account { get; init; }

    /// <summary>Only messages to this person; null: to everyone.</summary>
    public string? To { get; init; }

    /// <summary>Calls of the API it strikes: <c>send</c>, <c>list</c>, <c>read</c>, <c>file</c>, <c>other</c>; null: all.</summary>
    public string? On { get; init; }
    public int? Times { get; init; }

    /// <summary>How long: of an answer that is slow, or the seconds of a 429.</summary>
    public int? DelayMs { get; init; }

    /// <summary>The provider's error code, for <c>send-error</c> and <c>delivery-error</c>.</summary>
    public int? Code { get; init; }

    /// <summary>What share of the messages a list leaves out, 0 to 1.</summary>
    public double? Share { get; init; }

    /// <summary>Whether the provider did what was asked before it failed to say so.</summary>
    public bool? Taken { get; init; }
}

/// <summary>The faults there are, in the order in which the page shows them.</summary>
internal static class FaultNames
{
    public const string Slow = "slow", Throttle = "throttle", ServerError = "server-error", HangUp = "hang-up", SendError = "send-error", DeliveryError = "delivery-error",
        StatusMissing = "status-missing", StatusDuplicate = "status-duplicate", StatusReorder = "status-reorder", StatusEarly = "status-early",
        NeverRetries = "never-retries", InboundDuplicate = "inbound-duplicate", ListMisses = "list-misses", MediaLate = "media-late", MediaRedirect = "media-redirect", WindowClosed = "window-closed";

    public static readonly IReadOnlyDictionary<string, string> Told = new Dictionary<string, string>
    {
        [Slow] = "API answers late (5 s)",
        [Throttle] = "API answers 429, too many requests",
        [ServerError] = "API answers 500",
        [HangUp] = "API takes the message, then hangs up",
        [SendError] = "API refuses to send (Twilio 21211, Telegram 403)",
        [DeliveryError] = "Messages do not arrive (Twilio 30003)",
        [StatusMissing] = "No delivery reports",
        [StatusDuplicate] = "Every delivery report comes twice",
        [StatusReorder] = "Delivery reports come in the wrong order",
        [StatusEarly] = "Delivery reports come before the API answers",
        [NeverRetries] = "Never tries an incoming message again",
        [InboundDuplicate] = "Every incoming message comes twice",
        [ListMisses] = "Message list leaves messages out",
        [MediaLate] = "Files are not there yet (404)",
        [MediaRedirect] = "Files are on another host",
        [WindowClosed] = "WhatsApp takes templates only (63016)",
    };
}

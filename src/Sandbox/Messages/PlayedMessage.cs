namespace Cea.Sandbox.Messages;

/// <summary>One message as the provider holds it. <c>Direction</c> is seen from the account: inbound is what a person wrote.</summary>
internal sealed record PlayedMessage
{
    public long Id { get; init; }
    public required string Account { get; init; }
    public required string Kind { get; init; }
    public required string ExternalId { get; init; }
    public required string Direction { get; init; }

    /// <summary>How it came to be: received, api, reply (in a webhook's answer) or provider (its own words, as after STOP).</summary>
    public required string Origin { get; init; }
    public required string From { get; init; }
    public required string To { get; init; }
    public required string Text { get; init; }
    public required string Status { get; init; }
    public string? ErrorCode { get; init; }
    public DateTimeOffset At { get; init; }
    public DateTimeOffset ChangedAt { get; init; }
    public DateTimeOffset? SentAt { get; init; }
    public int Segments { get; init; } = 1;
    public string? MessagingServiceSid { get; init; }
    public string? StatusCallback { get; init; }
    public IReadOnlyList<PlayedMedia> Media { get; init; } = [];
    public IReadOnlyList<IReadOnlyList<PlayedButton>> Buttons { get; init; } = [];

    public PlayedPlace? Place { get; init; }

    /// <summary>What a button's press was answered with.</summary>
    public string? Notice { get; init; }
    public bool Edited { get; init; }
    public bool Deleted { get; init; }

    /// <summary>The webhook calls about it, latest last, at most <see cref="MaxDeliveries"/>.</summary>
    public IReadOnlyList<WebhookDelivery> Deliveries { get; init; } = [];

    public const int MaxDeliveries = 40;

    public bool IsInbound => Direction == Inbound;
    public const string Inbound = "inbound", Outbound = "outbound";

    public PlayedMessage Delivered(WebhookDelivery delivery) =>
        this with { Deliveries = [.. Deliveries.Skip(Deliveries.Count >= MaxDeliveries ? 1 : 0), delivery] };
}

internal sealed record PlayedMedia(string Id, string ContentType, long Size, string? FileName);

internal sealed record PlayedButton(string Text, string? Data);

internal sealed record PlayedPlace(double Latitude, double Longitude, string? Name = null)
{
    public bool IsOnEarth => Latitude is >= -90 and <= 90 && Longitude is >= -180 and <= 180;
}

/// <summary>One call to a webhook: <c>What</c> is receive, fallback, press, member or the status told.</summary>
internal sealed record WebhookDelivery(DateTimeOffset At, string What, int? Status, string? Error);

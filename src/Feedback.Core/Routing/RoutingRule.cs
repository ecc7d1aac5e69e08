namespace Cea.Feedback.Routing;

/// <summary>First rule whose set fields all fit gives the team; the default fits everything.</summary>
public sealed class RoutingRule
{
    public int Id { get; set; }
    public int Position { get; set; }

    /// <summary>A topic or a group of topics.</summary>
    public string? Topic { get; set; }
    public int? ServicePointId { get; set; }
    public string? Lang { get; set; }
    public string? Urgency { get; set; }
    public short? CircleId { get; set; }
    public string? Channel { get; set; }
    public int TeamId { get; set; }
    public bool IsDefault { get; set; }
}

/// <summary>Somebody on call for a circle or a team.</summary>
public sealed class RotaTurn
{
    public int Id { get; set; }
    public short? CircleId { get; set; }
    public int? TeamId { get; set; }
    public int OfficerId { get; set; }
    public DateTimeOffset StartsAt { get; set; }
    public DateTimeOffset EndsAt { get; set; }
}

/// <summary>A configured line as kept in the database.</summary>
public sealed class AccountRow
{
    public string Id { get; set; } = "";
    public string Kind { get; set; } = "";
    public byte[]? Settings { get; set; }
    public int? ServicePointId { get; set; }
    public string[] Languages { get; set; } = [];
    public bool Enabled { get; set; } = true;
    public string? RiskNote { get; set; }
    public DateTimeOffset? RiskNotedAt { get; set; }
    public int? RiskNotedBy { get; set; }
    public DateTimeOffset? OpenedAt { get; set; }

    /// <summary>The provider's code with which it refused our credentials or number: nothing is sent.</summary>
    public string? Broken { get; set; }
    public DateTimeOffset? CheckedAt { get; set; }

    /// <summary>What the provider showed to be wrong (<see cref="Intake.LineProblem"/>, JSON); null: it did not answer.</summary>
    public string? CheckFound { get; set; }
    public decimal? PriceOutbound { get; set; }
    public decimal? PriceInbound { get; set; }
    public decimal? PriceMinute { get; set; }
    public decimal? PriceMonth { get; set; }
    public string? PriceCurrency { get; set; }
    public DateTimeOffset? PausedUntil { get; set; }
    public DateTimeOffset? CaughtUpTo { get; set; }
    public DateTimeOffset? LastReceivedAt { get; set; }
}

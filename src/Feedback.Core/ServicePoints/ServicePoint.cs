namespace Cea.Feedback.ServicePoints;

/// <summary>A humanitarian service point, or a service with a place and hours.</summary>
public sealed class ServicePoint
{
    public int Id { get; set; }
    public string Slug { get; set; } = "";
    public string Name { get; set; } = "";
    public string? Area { get; set; }
    public string? Country { get; set; }
    public string? Region { get; set; }
    public string? Route { get; set; }
    public string? NationalSociety { get; set; }

    /// <summary>fixed, mobile, at_sea.</summary>
    public string Kind { get; set; } = "fixed";

    /// <summary>Who may be told of it: all, on_asking, never.</summary>
    public string Visibility { get; set; } = "all";
    public string TimeZone { get; set; } = "UTC";

    /// <summary>{"mon":[["08:00","17:00"]], ...}; local times.</summary>
    public string Hours { get; set; } = "{}";
    public DateTimeOffset? HoursConfirmedAt { get; set; }
    public bool Active { get; set; } = true;
}

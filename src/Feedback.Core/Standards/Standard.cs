namespace Cea.Feedback.Standards;

/// <summary>How long a step may take for an urgency: seen, answer, close. Minutes of working time of the team, or day and night.</summary>
public sealed class Standard
{
    public string Urgency { get; set; } = "";
    public string Step { get; set; } = "";
    public int Minutes { get; set; }
    public bool DayAndNight { get; set; }
}

/// <summary>A clock of one item: due, met, and when somebody is told next.</summary>
public sealed class ItemClock
{
    public Guid ItemId { get; set; }

    /// <summary>check, seen, answer, close, refer, refer_ack, decide, outcome, review.</summary>
    public string Step { get; set; } = "";
    public int AudienceId { get; set; }
    public DateTimeOffset DueAt { get; set; }
    public DateTimeOffset? MetAt { get; set; }
    public int Escalated { get; set; }
    public DateTimeOffset? NextAt { get; set; }
}

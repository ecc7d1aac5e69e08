using Cea.Feedback.Storage;

namespace Cea.Feedback.Replies;

/// <summary>
/// The hours of the day in which surveys and tellings go out, by the deployment's clock on the wall; what is queued at night waits. Answers, acknowledgements and alarms go out at any hour.
/// </summary>
public sealed record TellingHours(SafeHours Hours, TimeZoneInfo Zone)
{
    /// <summary>When nothing else is set.</summary>
    public const string Usual = "08:00-20:00";

    /// <summary>What cannot be read counts as the usual hours, in UTC.</summary>
    public static TellingHours Of(string? hours, string? zone) =>
        new(SafeHours.Parse(hours ?? Usual) ?? SafeHours.Parse(Usual)!.Value, zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : TimeZoneInfo.Utc);

    public static TellingHours Of(IReadOnlyDictionary<string, string> deployment) => Of(deployment.GetValueOrDefault(DeploymentValues.TellingHours), deployment.GetValueOrDefault(DeploymentValues.TimeZone));

    public bool IsOpen(DateTimeOffset now) => OpensAt(now) <= now;

    /// <summary>Now, or the next morning.</summary>
    public DateTimeOffset OpensAt(DateTimeOffset now) => Hours.At(now, Zone).From;

    /// <summary>The lanes that go out at this moment: up to this one.</summary>
    public short LastLane(DateTimeOffset now) => IsOpen(now) ? Outgoing.TellingLane : Outgoing.AckLane;
}

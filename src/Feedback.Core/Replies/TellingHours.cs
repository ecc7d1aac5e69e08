using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Replies;

/// <summary>
/// The hours of the day in which surveys and tellings go out, by the deployment's clock on the wall; what is queued at night waits. Answers, acknowledgements and alarms go out at any hour.
/// </summary>
public sealed record TellingHours(SafeHours Hours, TimeZoneInfo Zone)
{
    /// <summary>When nothing else is set.</summary>
    public const string Usual = "08:00-20:00";

    private const string AllDay = "00:00-00:00";

    /// <summary>What cannot be read counts as the usual hours, in UTC. Without a time zone nobody knows when it is night: then all hours are open, and the doctor asks for the zone.</summary>
    public static TellingHours Of(string? hours, string? zone) =>
        new(SafeHours.Parse(zone is null ? AllDay : hours ?? Usual) ?? SafeHours.Parse(Usual)!.Value, zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : TimeZoneInfo.Utc);

    internal static async Task<TellingHours> ReadAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select name, value from deployment where name = any ($1)", connection) { Parameters = { new() { Value = new[] { DeploymentValues.TellingHours, DeploymentValues.TimeZone } } } };
        var values = new Dictionary<string, string>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            values[reader.GetString(0)] = reader.GetString(1);
        return Of(values);
    }

    public static TellingHours Of(IReadOnlyDictionary<string, string> deployment) => Of(deployment.GetValueOrDefault(DeploymentValues.TellingHours), deployment.GetValueOrDefault(DeploymentValues.TimeZone));

    public bool IsOpen(DateTimeOffset now) => OpensAt(now) <= now;

    /// <summary>Now, or the next morning.</summary>
    public DateTimeOffset OpensAt(DateTimeOffset now) => Hours.At(now, Zone).From;

    /// <summary>The lanes that go out at this moment: up to this one.</summary>
    public short LastLane(DateTimeOffset now) => IsOpen(now) ? Outgoing.TellingLane : Outgoing.AckLane;
}

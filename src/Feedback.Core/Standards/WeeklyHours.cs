using System.Globalization;
using System.Text.Json;
using Cea.Feedback.UseCases;

namespace Cea.Feedback.Standards;

/// <summary>One span of a day as a form shows it: "08:00" to "17:00"; midnight as an end is "00:00" or "24:00".</summary>
public sealed record DaySpan(string From, string To);

/// <summary>A week as people fill it in: spans for each day, holidays, a time zone. Reads and writes what <see cref="WorkingCalendar"/> understands.</summary>
public sealed record WeeklyHours(string TimeZone, IReadOnlyDictionary<string, IReadOnlyList<DaySpan>> Days, IReadOnlyList<string> Holidays)
{
    public const int SpansADay = 2;
    public static readonly IReadOnlyList<string> DayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    public static readonly WeeklyHours Always = new("UTC", new Dictionary<string, IReadOnlyList<DaySpan>>(), []);

    /// <summary>No hours at all: day and night.</summary>
    public bool AlwaysOpen => Days.Values.All(d => d.Count == 0);

    /// <summary>From a team's calendar, or from a service point's hours, which are the days alone. What cannot be read shows as empty.</summary>
    public static WeeklyHours Read(string json, string? timeZone = null)
    {
        using var file = JsonDocument.Parse(json);
        var root = file.RootElement;
        var days = timeZone is not null ? root : root.TryGetProperty("days", out var own) ? own : default;
        return new WeeklyHours(
            timeZone ?? (root.TryGetProperty("time_zone", out var zone) ? zone.GetString() : null) ?? "UTC",
            days.ValueKind != JsonValueKind.Object ? new Dictionary<string, IReadOnlyList<DaySpan>>() : days.EnumerateObject().ToDictionary(d => d.Name,
                d => (IReadOnlyList<DaySpan>)[.. d.Value.EnumerateArray().Where(s => s.GetArrayLength() == 2).Select(s => new DaySpan(s[0].GetString()!, s[1].GetString()!))]),
            timeZone is null && root.TryGetProperty("holidays", out var holidays) ? [.. holidays.EnumerateArray().Select(h => h.GetString()!)] : []);
    }

    /// <summary>As a team's calendar.</summary>
    public string ToCalendar() => JsonSerializer.Serialize(new { time_zone = TimeZone, days = DaysJson(), holidays = Holidays });

    /// <summary>As a service point's hours.</summary>
    public string ToHours() => JsonSerializer.Serialize(DaysJson());

    /// <summary>Names every wrong field: <c>time_zone</c>, a day's name, <c>holidays</c>.</summary>
    internal void Check(FieldCheck check)
    {
        check.Need(TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _), "time_zone", "unknown_zone");
        foreach (var (day, spans) in Days)
        {
            var read = spans.Select(s => (From: Time(s.From), To: s.To is "24:00" or "00:00" ? TimeOnly.MaxValue : Time(s.To))).ToList();
            check.Need(DayNames.Contains(day) && read.All(s => s.From is not null && s.To is not null), day, "not_a_time");
            check.Need(read.All(s => s.From is null || s.To is null || s.From < s.To), day, "ends_before_it_begins");
            var order = read.OrderBy(s => s.From).ToList();
            check.Need(order.Zip(order.Skip(1)).All(p => p.First.To is null || p.Second.From is null || p.First.To <= p.Second.From), day, "overlaps");
        }
        check.Need(Holidays.All(h => DateOnly.TryParseExact(h, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)), "holidays", "not_a_date");
    }

    private Dictionary<string, string[][]> DaysJson() =>
        Days.Where(d => d.Value.Count > 0).ToDictionary(d => d.Key, d => d.Value.Select(s => new[] { s.From, s.To == "00:00" ? "24:00" : s.To }).ToArray());

    private static TimeOnly? Time(string text) => TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
}

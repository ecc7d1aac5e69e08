using System.Globalization;
using System.Text.Json;

namespace Cea.Feedback.Standards;

/// <summary>A team's working hours: local times per weekday, holidays, a time zone. No days at all means always open. At most 366 days are looked ahead.</summary>
public sealed class WorkingCalendar
{
    public static readonly WorkingCalendar Always = new(TimeZoneInfo.Utc, [], []);
    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private readonly TimeZoneInfo _zone;
    private readonly Dictionary<DayOfWeek, List<(TimeOnly From, TimeOnly To)>> _days;
    private readonly HashSet<DateOnly> _holidays;

    private WorkingCalendar(TimeZoneInfo zone, Dictionary<DayOfWeek, List<(TimeOnly, TimeOnly)>> days, HashSet<DateOnly> holidays) => (_zone, _days, _holidays) = (zone, days, holidays);

    /// <exception cref="FormatException">Says what is wrong: the zone, a day's name, a time, a span that ends before it begins.</exception>
    public static WorkingCalendar Parse(string json)
    {
        try
        {
            var file = JsonSerializer.Deserialize<CalendarFile>(json, Json) ?? throw new FormatException("the calendar is empty");
            if (!TimeZoneInfo.TryFindSystemTimeZoneById(file.TimeZone ?? "UTC", out var zone))
                throw new FormatException($"unknown time zone {file.TimeZone}: use names like Africa/Nairobi");
            var days = new Dictionary<DayOfWeek, List<(TimeOnly, TimeOnly)>>();
            foreach (var (name, spans) in file.Days ?? [])
            {
                var day = Array.IndexOf(DayNames, name);
                if (day < 0)
                    throw new FormatException($"unknown day {name}: mon tue wed thu fri sat sun");
                days[(DayOfWeek)day] = [.. spans.Select(Span).OrderBy(s => s.Item1)];
            }
            return new WorkingCalendar(zone, days, [.. (file.Holidays ?? []).Select(h => DateOnly.ParseExact(h, "yyyy-MM-dd", CultureInfo.InvariantCulture))]);
        }
        catch (JsonException)
        {
            throw new FormatException("""the calendar must look like {"time_zone":"UTC","days":{"mon":[["08:00","17:00"]]},"holidays":["2026-12-25"]}""");
        }
    }

    public bool IsOpen(DateTimeOffset at)
    {
        if (_days.Count == 0)
            return true;
        var local = TimeZoneInfo.ConvertTime(at, _zone);
        var time = TimeOnly.FromTimeSpan(local.TimeOfDay);
        return Spans(DateOnly.FromDateTime(local.Date)).Any(s => time >= s.From && time < s.To);
    }

    /// <summary>The moment when so many working minutes have gone by. Never closer than plain time; with no opening within 366 days: plain time.</summary>
    public DateTimeOffset Add(DateTimeOffset start, int minutes)
    {
        if (_days.Count == 0)
            return start.AddMinutes(minutes);
        var left = TimeSpan.FromMinutes(minutes);
        var local = TimeZoneInfo.ConvertTime(start, _zone).DateTime;
        for (var day = 0; day < 366; day++)
        {
            var date = DateOnly.FromDateTime(local.Date).AddDays(day);
            foreach (var (from, to) in Spans(date))
            {
                var (opens, closes) = (date.ToDateTime(from), date.ToDateTime(to));
                if (opens < local)
                    opens = local;
                if (opens >= closes)
                    continue;
                if (closes - opens >= left)
                    return ToUtc(opens + left);
                left -= closes - opens;
            }
        }
        return start.AddMinutes(minutes);
    }

    private List<(TimeOnly From, TimeOnly To)> Spans(DateOnly date) => _holidays.Contains(date) ? [] : _days.GetValueOrDefault(date.DayOfWeek) ?? [];

    // A time that the change to summer time skips counts as the moment after.
    private DateTimeOffset ToUtc(DateTime local)
    {
        var there = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        while (_zone.IsInvalidTime(there))
            there = there.AddMinutes(15);
        return new DateTimeOffset(there, _zone.GetUtcOffset(there)).ToUniversalTime();
    }

    private static (TimeOnly, TimeOnly) Span(string[] span)
    {
        if (span is not [var from, var to] || !TimeOnly.TryParseExact(from, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var f))
            throw new FormatException("hours look like [\"08:00\",\"17:00\"]");
        if (to == "24:00")
            return (f, TimeOnly.MaxValue);
        if (!TimeOnly.TryParseExact(to, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var t) || t <= f)
            throw new FormatException($"hours {from}-{to} end before they begin");
        return (f, t);
    }

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record CalendarFile(string? TimeZone, Dictionary<string, string[][]>? Days, string[]? Holidays);
}

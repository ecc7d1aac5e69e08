using System.Globalization;
using Cea.Feedback;
using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Feedback.Trends;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Cea.Admin.Trends;

/// <summary>A trend's question as it stands in the address: the page, its file and the API read the same names, and a link shows the same to whoever may see it.</summary>
internal static class TrendUrl
{
    public static readonly IReadOnlyList<string> Bys = ["topic", "service_point", "channel", "lang", "type", "urgency"], Buckets = ["day", "week", "month"], Comparisons = ["previous", "year", "none"];

    /// <summary>Presets of the period: name, weeks or months up to today.</summary>
    public static readonly IReadOnlyList<string> Presets = ["4w", "8w", "12m"];

    /// <exception cref="RuleException">A name or code that does not exist.</exception>
    public static TrendFilter Read(IQueryCollection query, DateOnly today, Codebook book)
    {
        var period = Dates(query, today) ?? Preset(One(query, "period"), today) ?? null;
        var bucket = One(query, "bucket") is { } named ? (Bucket?)At(Buckets, named) : null;
        var shown = period ?? bucket switch { Bucket.Day => new Period(today.AddDays(-27), today), Bucket.Month => Period.LastMonths(12, today), Bucket.Week or null => Period.LastWeeks(8, today) };
        return new TrendFilter
        {
            By = (TrendBy)At(Bys, One(query, "by") ?? "topic"),
            Period = shown,
            Bucket = bucket ?? shown.Days switch { <= 14 => Bucket.Day, <= 200 => Bucket.Week, _ => Bucket.Month },
            Comparison = (Comparison)At(Comparisons, One(query, "compare") ?? "previous"),
            Topics = Codes(query, "topic", c => book.Find("topic", c) ?? book.Find("group", c)),
            Types = Codes(query, "type", c => book.Find("type", c)),
            Urgencies = Codes(query, "urgency", c => book.Find("urgency", c)),
            ServicePoints = Many(query, "service_point"),
            Channels = Many(query, "channel"),
            Langs = Many(query, "lang"),
            Incomplete = One(query, "incomplete") == "yes",
        };
    }

    /// <summary>The latest day anywhere: a day is the service point's own, and where the sun rises first the newest messages already belong to tomorrow.</summary>
    public static DateOnly Today(IntakeBoard board, TimeProvider clock) => board.Snapshot.ServicePoints.Values.Select(p => p.TimeZone).Append("UTC").Distinct()
        .Select(zone => TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var known) ? known : TimeZoneInfo.Utc).Max(zone => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone).DateTime));

    /// <summary>The preset that the address asks for; null when it gives dates.</summary>
    public static string? PresetOf(IQueryCollection query, DateOnly today) => Dates(query, today) is not null ? null : Presets.FirstOrDefault(p => p == One(query, "period")) ?? (One(query, "bucket") is null or "week" ? "8w" : null);

    /// <summary>The same question with some names changed; null takes one away.</summary>
    public static string With(string path, IQueryCollection query, params (string Name, string? Value)[] changes)
    {
        var kept = query.Where(p => changes.All(c => c.Name != p.Key)).SelectMany(p => p.Value.Where(v => !string.IsNullOrEmpty(v)), (p, v) => KeyValuePair.Create(p.Key, v));
        return QueryHelpers.AddQueryString(path, kept.Concat(changes.Where(c => c.Value is not null).Select(c => KeyValuePair.Create(c.Name, c.Value))));
    }

    public static string Name(TrendBy by) => Bys[(int)by];

    public static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>The items behind a number: the list with the same filters. <paramref name="key"/> is a row's, or empty for all rows together.</summary>
    public static string Items(TrendFilter filter, string key, Period period)
    {
        IReadOnlyList<string> Narrowed(TrendBy by, IReadOnlyList<string> values) => filter.By == by && key.Length > 0 ? [key] : values;
        var parameters = new List<KeyValuePair<string, string?>> { KeyValuePair.Create("view", (string?)"all") };
        foreach (var (name, values) in new[]
        {
            ("topic", Narrowed(TrendBy.Topic, filter.Topics)), ("service_point", Narrowed(TrendBy.ServicePoint, filter.ServicePoints)), ("type", Narrowed(TrendBy.Type, filter.Types)),
            ("urgency", Narrowed(TrendBy.Urgency, filter.Urgencies)), ("channel", Narrowed(TrendBy.Channel, filter.Channels)), ("lang", Narrowed(TrendBy.Lang, filter.Langs)),
        })
        {
            if (values.Count > 0)
                parameters.Add(KeyValuePair.Create(name, (string?)string.Join(',', values)));
        }
        parameters.Add(KeyValuePair.Create("from", (string?)Day(period.From)));
        parameters.Add(KeyValuePair.Create("to", (string?)Day(period.To)));
        if (filter.LeavesIncompleteOut && !(filter.By == TrendBy.Type && key == "incomplete"))
            parameters.Add(KeyValuePair.Create("incomplete", (string?)"no"));
        parameters.Add(KeyValuePair.Create("sort", (string?)"newest"));
        return QueryHelpers.AddQueryString("/items", parameters);
    }

    private static Period? Dates(IQueryCollection query, DateOnly today)
    {
        var (from, to) = (Date(query, "from"), Date(query, "to"));
        return from is null && to is null ? null : new Period(from ?? to!.Value.AddDays(-55), to ?? (from > today ? from.Value : today));
    }

    private static DateOnly? Date(IQueryCollection query, string name) => One(query, name) is not { } text ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 2000 and <= 2200 ? day : throw new RuleException("trend_unknown_day");

    private static Period? Preset(string? name, DateOnly today) => name switch
    {
        "4w" => Period.LastWeeks(4, today),
        "8w" => Period.LastWeeks(8, today),
        "12m" => Period.LastMonths(12, today),
        _ => null,
    };

    private static int At(IReadOnlyList<string> names, string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
                return i;
        }
        throw new RuleException("trend_unknown_choice");
    }

    private static IReadOnlyList<string> Codes(IQueryCollection query, string name, Func<string, Code?> find) =>
        Many(query, name) is var codes && codes.All(c => find(c) is not null) ? codes : throw new RuleException("unknown_code");

    // Given as often as there are values, or once with commas.
    private static IReadOnlyList<string> Many(IQueryCollection query, string name) => [.. query[name].SelectMany(v => (v ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct().Take(100)];

    private static string? One(IQueryCollection query, string name) => query[name].ToString() is { Length: > 0 and <= 100 } value ? value : null;
}

using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Microsoft.AspNetCore.Http;

namespace Cea.Admin.Shell;

/// <summary>The pages' words in the language of who reads them: the officer's own, else ?ui= or the browser's. Data: Words/{area}.{language}.json, one file an area.</summary>
public sealed class Words(CurrentOfficer current, IHttpContextAccessor http, CodebookInUse codebook)
{
    public static readonly IReadOnlyList<string> Languages = ["en", "fr", "es", "ar"];
    private static readonly FrozenDictionary<string, FrozenDictionary<string, string>> All = Load();

    private string? _language;

    public string Language => _language ??= Choose();

    public bool RightToLeft => Language == "ar";

    public CultureInfo Culture => CultureInfo.GetCultureInfo(Language);

    /// <summary>The word for a key; English when the language lacks it; the key itself when nobody has it (a test finds those).</summary>
    public string this[string key] => All[Language].TryGetValue(key, out var word) ? word : All["en"].TryGetValue(key, out var english) ? english : key;

    /// <summary>The codes to choose from.</summary>
    public Codebook Codes => codebook.Shown;

    /// <summary>A code's label in the reader's language.</summary>
    public string Label(string kind, string code) => code.Length == 0 ? "" : codebook.Shown.Label(kind, code, Language);

    /// <summary>With {0}, {1}... filled in.</summary>
    public string Format(string key, params object?[] values) => string.Format(Culture, this[key], values);

    /// <summary>How long ago, or until when, in short: "3 h", "in 12 min".</summary>
    public string Age(DateTimeOffset at, DateTimeOffset now)
    {
        var span = now - at;
        var size = span.Duration();
        var text = size.TotalMinutes < 1 ? this["time.now"] : size.TotalHours < 1 ? Format("time.minutes", (int)size.TotalMinutes) : size.TotalDays < 1 ? Format("time.hours", (int)size.TotalHours) : Format("time.days", (int)size.TotalDays);
        return span < TimeSpan.Zero && size.TotalMinutes >= 1 ? Format("time.in", text) : text;
    }

    /// <summary>Day and time as the clock on the wall of the service point shows it; UTC where none is known.</summary>
    public string Moment(DateTimeOffset at, string? zone) =>
        TimeZoneInfo.ConvertTime(at, zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var z) ? z : TimeZoneInfo.Utc).ToString("d MMM HH:mm", Culture);

    /// <summary>The day with its year, as the calendar on the same wall shows it.</summary>
    public string Day(DateTimeOffset at, string? zone) =>
        TimeZoneInfo.ConvertTime(at, zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var z) ? z : TimeZoneInfo.Utc).ToString("d MMM yyyy", Culture);

    internal static IEnumerable<(string Language, IReadOnlyDictionary<string, string> Words)> Everything => All.Select(l => (l.Key, (IReadOnlyDictionary<string, string>)l.Value));

    private string Choose()
    {
        if (current.Officer.Id != 0 && Languages.Contains(current.Officer.Language))
            return current.Officer.Language;
        var request = http.HttpContext?.Request;
        if (request?.Query["ui"].ToString() is { Length: > 0 } asked && Languages.Contains(asked))
            return asked;
        return request?.GetTypedHeaders().AcceptLanguage.OrderByDescending(l => l.Quality ?? 1).Select(l => l.Value.ToString().Split('-')[0]).FirstOrDefault(Languages.Contains) ?? "en";
    }

    private static FrozenDictionary<string, FrozenDictionary<string, string>> Load()
    {
        var assembly = typeof(Words).Assembly;
        return Languages.ToFrozenDictionary(l => l, language => assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith("Cea.words.", StringComparison.Ordinal) && n.EndsWith($".{language}", StringComparison.Ordinal))
            .SelectMany(n =>
            {
                using var stream = assembly.GetManifestResourceStream(n)!;
                return JsonSerializer.Deserialize<Dictionary<string, string>>(stream)!;
            })
            .ToFrozenDictionary(w => w.Key, w => w.Value));
    }
}

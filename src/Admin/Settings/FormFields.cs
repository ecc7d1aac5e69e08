using System.Globalization;
using Cea.Feedback.Standards;
using Microsoft.AspNetCore.Http;

namespace Cea.Admin.Settings;

/// <summary>Reads what forms post. What cannot be read becomes something that the use case refuses by the field's name.</summary>
internal static class FormFields
{
    public static int? Number(IFormCollection form, string field) => int.TryParse(form[field], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : null;

    public static long? LongNumber(IFormCollection form, string field) => long.TryParse(form[field], NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null;

    /// <summary>Empty: null. Something else than a number: -1, which no row has.</summary>
    public static int? Choice(IFormCollection form, string field) => Some(form, field) is null ? null : Number(form, field) ?? -1;

    /// <summary>An amount as it is written anywhere, with a point or a comma; empty: null; something else: -1, which no price is.</summary>
    public static decimal? Amount(IFormCollection form, string field) => Some(form, field)?.Trim() is not { Length: > 0 } typed ? null
        : decimal.TryParse(typed.Replace(',', '.').Replace('٫', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) ? amount : -1;

    public static short? Circle(IFormCollection form, string field = "circle") => Some(form, field) is null ? null : short.TryParse(form[field], CultureInfo.InvariantCulture, out var n) ? n : (short)-1;

    public static string? Some(IFormCollection form, string field) => form[field].ToString() is { Length: > 0 } text ? text : null;

    public static bool Ticked(IFormCollection form, string field) => form[field] == "1";

    public static IReadOnlyList<int> Numbers(IFormCollection form, string field) => [.. form[field].Select(v => int.TryParse(v, CultureInfo.InvariantCulture, out var n) ? n : -1)];

    public static IReadOnlyList<string> Texts(IFormCollection form, string field) => [.. form[field].OfType<string>().Where(v => v.Length > 0)];

    /// <summary>One entry a line, or between commas.</summary>
    public static IReadOnlyList<string> Lines(IFormCollection form, string field) => form[field].ToString().Split(['\n', ',', ';', '،'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The week of <see cref="WeekFields"/>. A span with one half empty stays, to be refused.</summary>
    public static WeeklyHours Week(IFormCollection form) => new(
        form["time_zone"].ToString().Trim(),
        WeeklyHours.DayNames.ToDictionary(d => d, d => (IReadOnlyList<DaySpan>)[.. Enumerable.Range(1, WeeklyHours.SpansADay)
            .Select(n => new DaySpan(form[$"{d}_from{n}"].ToString(), form[$"{d}_to{n}"].ToString())).Where(s => s.From.Length + s.To.Length > 0)]),
        Lines(form, "holidays"));
}

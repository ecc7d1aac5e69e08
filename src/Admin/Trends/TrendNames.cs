using System.Globalization;
using Cea.Admin.Shell;
using Cea.Feedback.Texts;
using Cea.Feedback.Trends;

namespace Cea.Admin.Trends;

/// <summary>What rows, points and numbers of a trend are called in the reader's language.</summary>
public sealed class TrendNames(Words words)
{
    public string Row(TrendBy by, string key, string? name) => by switch
    {
        TrendBy.Topic => words.Label("topic", key),
        TrendBy.ServicePoint => name ?? words["trends.no_place"],
        TrendBy.Channel => Channel(key),
        TrendBy.Lang => Language(key),
        TrendBy.Type => words.Label("type", key),
        TrendBy.Urgency => words.Label("urgency", key),
    };

    public string Channel(string channel) => words[$"channel.{channel}"] is var word && word != $"channel.{channel}" ? word : channel;

    public string Language(string lang) => lang == "und" ? words["trends.lang_unknown"] : TextBook.Default.NameOf(lang);

    /// <summary>A point's name: its first day, or its month.</summary>
    public string Point(Bucket bucket, Period period) => bucket == Bucket.Month ? period.From.ToString("MMM yyyy", words.Culture) : period.From.ToString("d MMM", words.Culture);

    /// <summary>A point in full: "9 Nov – 15 Nov 2026".</summary>
    public string Span(Period period) => period.Days == 1 ? Date(period.From) : words.Format("trends.span", period.From.Year == period.To.Year ? period.From.ToString("d MMM", words.Culture) : Date(period.From), Date(period.To));

    public string Date(DateOnly day) => day.ToString("d MMM yyyy", words.Culture);

    /// <summary>The sign stays before its number in a right-to-left text too (isolates).</summary>
    public string Number(Shown shown) => shown.N is { } n ? n.ToString("N0", words.Culture) : shown.Under ? $"\u2066<{Suppression.Floor}\u2069" : "…";

    public string Signed(int difference) => difference.ToString("+#,0;\u2212#,0;0", words.Culture);

    /// <summary>How many times as much, as "×2.6"; empty where nothing was before or nothing has changed.</summary>
    public string Times(Change change) => change is { Ratio: { } ratio, Difference: not 0 } ? "×" + ratio.ToString(ratio < 10 ? "0.0" : "0", words.Culture) : "";

    public static string Iso(Period period) => period.From.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

using System.Globalization;
using Cea.Admin.Shell;
using Cea.Feedback.Learning;
using Cea.Feedback.Texts;

namespace Cea.Admin.Learning;

/// <summary>How figures of models are written: percentages with their interval, read from left to right in every language (isolates).</summary>
public sealed class LearningNames(Words words)
{
    public string Percent(double? value) => value is { } v ? $"\u2066{(v * 100).ToString("0", words.Culture)}%\u2069" : "–";

    public string Share(Share? share) => share is { Value: { } value } s ? $"\u2066{(value * 100).ToString("0", words.Culture)}% ({Whole(s.Low)}–{Whole(s.High)})\u2069" : "–";

    /// <summary>With how many of how many instead of the interval.</summary>
    public string Counted(Share share) => share.Value is { } value ? $"\u2066{(value * 100).ToString("0", words.Culture)}% ({share.Hit}/{share.Of})\u2069" : "–";

    public string Interval(Interval? interval) => interval is { } i ? $"\u2066{Hundredths(i.Value)} ({Hundredths(i.Low)}–{Hundredths(i.High)})\u2069" : "–";

    /// <summary>A difference with its sign.</summary>
    public string Better(Interval i) => $"\u2066{i.Value.ToString("+0.000;\u22120.000;0.000", words.Culture)} ({i.Low.ToString("+0.000;\u22120.000;0.000", words.Culture)} … {i.High.ToString("+0.000;\u22120.000;0.000", words.Culture)})\u2069";

    public string Count(int? n) => n is { } known ? known.ToString("N0", words.Culture) : $"\u2066<{Feedback.Trends.Suppression.Floor}\u2069";

    public string Language(string lang) => lang == "all" ? words["learning.all"] : lang == "und" ? words["trends.lang_unknown"] : TextBook.Default.NameOf(lang);

    public string Day(DateTimeOffset at) => at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public string Month(DateOnly first) => first.ToString("MMM yyyy", words.Culture);

    public string Week(DateOnly monday) => monday.ToString("d MMM", words.Culture);

    /// <summary>A number in a drawing.</summary>
    public static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private string Whole(double share) => (share * 100).ToString("0", words.Culture);

    private string Hundredths(double value) => value.ToString("0.000", words.Culture);
}

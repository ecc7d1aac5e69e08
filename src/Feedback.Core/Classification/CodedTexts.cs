using System.Globalization;

namespace Cea.Feedback.Classification;

/// <summary>One coded message of the corpus.</summary>
public sealed record CodedText(string Id, string Scenario, string Part, string Language, string Type, string[] Topics, string Urgency, int Sensitivity, string Text)
{
    /// <summary>Names of the heads that it is an example of.</summary>
    internal string[] Heads { get; } = [.. Topics.Select(t => "topic:" + t), "type:" + Type, "urgency:" + Urgency, .. Sensitivity > 0 ? ["sensitivity:1"] : Array.Empty<string>(), .. Sensitivity > 1 ? ["sensitivity:2"] : Array.Empty<string>()];

    /// <summary>Files with the columns id scenario part lang type topics urgency sensitivity text.</summary>
    /// <exception cref="FormatException">Names the file, and the line or the column.</exception>
    public static IEnumerable<CodedText> Read(string path)
    {
        using var table = Tsv.Open(path);
        int[] at = [.. new[] { "id", "scenario", "part", "lang", "type", "topics", "urgency", "sensitivity", "text" }.Select(table.Need)];
        while (table.Next() is { } r)
        {
            if (!int.TryParse(r[at[7]], NumberStyles.None, CultureInfo.InvariantCulture, out var sensitivity) || sensitivity > 2)
                throw new FormatException($"{table.Name}, {r[at[0]]}: the sensitivity must be 0, 1 or 2");
            yield return new(r[at[0]], r[at[1]], r[at[2]], r[at[3]], r[at[4]], r[at[5]].Split('|'), r[at[6]], sensitivity, r[at[8]]);
        }
    }
}

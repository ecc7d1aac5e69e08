using Cea.Feedback.Classification;

namespace Cea.Testing;

/// <summary>Reads codes that the test wrote in front of the text: "[complaint|opening_hours|normal|0|es] text". Without them: unreadable.</summary>
public sealed class ScriptedReader : ITextClassifier
{
    public string Version => "scripted";

    public Reading Read(string? text, string? statedLanguage = null)
    {
        if (text is null || !text.StartsWith('[') || text.IndexOf(']', StringComparison.Ordinal) is var end && end < 0)
            return Reading.Unreadable;
        var parts = text[1..end].Split('|');
        var sensitivity = int.Parse(parts[3], System.Globalization.CultureInfo.InvariantCulture);
        return new Reading(true, new(parts.Length > 4 ? parts[4] : "en", 0.99f), null, new(parts[0], 0.9f), [.. parts[1].Split(',').Select(t => new Suggested(t, 0.9f))], new(parts[2], 0.9f),
            new(sensitivity, sensitivity > 0 ? 0.95f : 0.01f, sensitivity == 2 ? 0.95f : 0.01f, parts.Length > 5), []);
    }
}

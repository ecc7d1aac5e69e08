using Cea.Feedback.Texts;

namespace Cea.Feedback.Safeguarding;

/// <summary>Whether a text may be about somebody who would see it (S4): his name, a nickname, a title or his own site stands in it.</summary>
public static class Conflict
{
    private const int ShortestName = 4; // shorter parts of a name are everyday words in some language

    /// <summary>All that people call him, folded: the whole name, its longer parts, the nicknames and titles, his site.</summary>
    public static IReadOnlyList<string> NamesOf(string displayName, string? userName, IEnumerable<string> otherNames, string? site)
    {
        var names = new HashSet<string>();
        foreach (var name in otherNames.Append(displayName).Append(site ?? "").Select(TextBook.Fold).Where(n => n.Length > 1))
            names.Add(name);
        foreach (var part in TextBook.Fold(displayName).Split(' ').Append(TextBook.Fold(userName ?? "")).Where(p => p.Length >= ShortestName))
            names.Add(part);
        return [.. names];
    }

    /// <summary>Whole words only. Linear in the text.</summary>
    public static bool Mentions(string foldedText, IEnumerable<string> names)
    {
        var padded = $" {foldedText} ";
        return names.Any(n => padded.Contains($" {n} ", StringComparison.Ordinal));
    }
}

using System.Text.RegularExpressions;

namespace Cea.Host.Tests.Rules;

/// <summary>The source as it stands beside these tests: rules that no compiler knows are read from it.</summary>
internal static partial class Sources
{
    public static readonly string Root = FindRoot();

    /// <summary>Our own files under src, by their path from there, with forward slashes.</summary>
    public static IReadOnlyList<(string Path, string Text)> Of(params string[] extensions) =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, "src"), "*", SearchOption.AllDirectories)
            .Select(f => (Full: f, Path: Path.GetRelativePath(Path.Combine(Root, "src"), f).Replace('\\', '/')))
            .Where(f => extensions.Contains(Path.GetExtension(f.Path)) && !Generated().IsMatch(f.Path))
            .OrderBy(f => f.Path, StringComparer.Ordinal)
            .Select(f => (f.Path, File.ReadAllText(f.Full)))];

    /// <summary>"path:line" of each match, comments left out.</summary>
    public static IEnumerable<string> Where(IEnumerable<(string Path, string Text)> files, Regex pattern) =>
        from file in files
        from match in pattern.Matches(file.Text)
        where !Comment().IsMatch(Line(file.Text, match.Index))
        select $"{file.Path}:{LineNumber(file.Text, match.Index)} {match.Value.ReplaceLineEndings(" ")}";

    public static int LineNumber(string text, int index) => text.AsSpan(0, index).Count('\n') + 1;

    private static string Line(string text, int index)
    {
        var start = text.LastIndexOf('\n', Math.Max(0, index - 1)) + 1;
        return text[start..index];
    }

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Cea.sln")))
                return directory.FullName;
        }
        throw new InvalidOperationException("Cea.sln is not above the tests");
    }

    [GeneratedRegex("(^|/)(obj|bin|node_modules)/")]
    private static partial Regex Generated();

    [GeneratedRegex(@"^\s*(//|\*|@\*)")]
    private static partial Regex Comment();
}

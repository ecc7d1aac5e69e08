using System.Text.RegularExpressions;

namespace Cea.Host.Tests.Rules;

/// <summary>What people wrote never enters a log: each line that can be logged is known, and takes nothing that could hold it.</summary>
public sealed partial class LogTests
{
    private static readonly HashSet<string> Words =
        ["kind", "note", "job", "trouble", "accountId", "code", "step", "route", "why", "roles", "urls", "status", "state", "lane", "purpose", "version", "migration", "provider", "language", "name"];

    private static readonly HashSet<string> Numbers = ["int", "long", "short", "double", "bool", "Guid", "TimeSpan"];

    private static readonly IReadOnlyList<(string Path, string Text)> Files = Sources.Of(".cs", ".razor");

    [Fact]
    public void A_log_line_takes_only_ids_counts_and_stable_codes()
    {
        var lines = Files.SelectMany(f => Line().Matches(f.Text).Select(m => (f.Path, Method: m.Groups["name"].Value, Parameters: m.Groups["parameters"].Value))).ToList();
        lines.Count.ShouldBeGreaterThan(10);
        lines.Count.ShouldBe(Files.Sum(f => Attribute().Count(f.Text)), "a line is written in a way that this test does not read");

        var wrong = from line in lines
                    from parameter in line.Parameters.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    let parts = parameter.Split(' ')
                    let type = parts[0].TrimEnd('?')
                    let name = parts[^1].TrimStart('@')
                    where type != "ILogger" && !Numbers.Contains(type) && !(type == "string" && Words.Contains(name))
                    select $"{line.Path} {line.Method}: {parameter}";
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Every_line_stands_in_the_one_log_of_its_project() =>
        Files.Where(f => Attribute().IsMatch(f.Text)).Select(f => f.Path).ShouldAllBe(p => p.Count(c => c == '/') == 1 && p.EndsWith("/Log.cs", StringComparison.Ordinal));

    [Fact]
    public void Nothing_is_logged_in_any_other_way() => Sources.Where(Files, OtherWay()).ShouldBeEmpty();

    [Fact]
    public void Only_the_host_and_the_sandbox_write_to_the_console() =>
        Sources.Where(Files.Where(f => !f.Path.StartsWith("Host/", StringComparison.Ordinal) && !f.Path.StartsWith("Sandbox/", StringComparison.Ordinal)), ConsoleCall()).ShouldBeEmpty();

    [Fact]
    public void No_content_and_no_message_of_an_exception_is_handed_to_a_log_line() => Sources.Where(Files, ContentInCall()).ShouldBeEmpty();

    [Fact]
    public void No_content_stands_in_the_message_of_an_exception() => Sources.Where(Files, ContentInThrow()).ShouldBeEmpty();

    [GeneratedRegex(@"\[LoggerMessage\b")]
    private static partial Regex Attribute();

    [GeneratedRegex(@"\[LoggerMessage\((?:[^\]""]|""[^""]*"")*\)\]\s*(?:public|internal|private) static partial void (?<name>\w+)\((?<parameters>[^)]*)\);")]
    private static partial Regex Line();

    [GeneratedRegex(@"\.Log(Information|Warning|Error|Debug|Trace|Critical)\s*\(|\.Log\(\s*LogLevel|LoggerMessage\.Define|\bTrace\.Write|\bDebug\.Write|\bBeginScope\(")]
    private static partial Regex OtherWay();

    [GeneratedRegex(@"\bConsole\.(?!IsErrorRedirected|IsOutputRedirected)")]
    private static partial Regex ConsoleCall();

    [GeneratedRegex(@"\bLog\.[A-Z]\w*\((_?log(ger)?|Log)\b[^;]*\.(Message|StackTrace|Text|Value|To|From|Address)\b(?!\.Length)")]
    private static partial Regex ContentInCall();

    [GeneratedRegex(@"throw new \w+\([^;]*\b(text|address|body|word|phone)\.Value\b", RegexOptions.IgnoreCase)]
    private static partial Regex ContentInThrow();
}

using System.Text.Json;
using System.Text.RegularExpressions;
using Cea.Admin.Shell;
using Cea.Feedback.Replies;

namespace Cea.Host.Tests.Rules;

/// <summary>Whatever a page says, it says in every language of the pages.</summary>
public sealed partial class WordTests
{
    private static readonly Dictionary<string, Dictionary<string, string>> All = Words.Languages.ToDictionary(l => l, l => Directory.EnumerateFiles(Path.Combine(Sources.Root, "src", "Admin", "Words"), $"*.{l}.json")
        .SelectMany(f => JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(f))!).ToDictionary(w => w.Key, w => w.Value));

    [Fact]
    public void Every_key_that_is_used_exists_in_every_language()
    {
        var used = Sources.Of(".razor", ".cs").SelectMany(f => Uses(f.Text).Select(key => (f.Path, Key: key))).ToList();
        used.Count.ShouldBeGreaterThan(100);
        var missing = from use in used
                      from language in All
                      where !Exists(language.Value, use.Key)
                      select $"{use.Path}: {use.Key} ({language.Key})";
        missing.Distinct().ShouldBeEmpty();
    }

    [Fact]
    public void All_languages_have_the_same_keys_and_fill_the_same_places()
    {
        foreach (var (language, words) in All)
        {
            words.Keys.Except(All["en"].Keys).ShouldBeEmpty($"only in {language}");
            All["en"].Keys.Except(words.Keys).ShouldBeEmpty($"not in {language}");
            words.Where(w => string.IsNullOrWhiteSpace(w.Value)).Select(w => w.Key).ShouldBeEmpty($"empty in {language}");
            words.Where(w => Places(w.Value) != Places(All["en"][w.Key])).Select(w => w.Key).ShouldBeEmpty($"other places in {language}");
        }
    }

    [Fact]
    public void Every_reason_for_a_failed_sending_has_its_words() =>
        SendFailure.All.SelectMany(f => All.Where(l => !l.Value.ContainsKey($"failure.{f.Code}")).Select(l => $"failure.{f.Code} ({l.Key})")).ShouldBeEmpty();

    [Fact]
    public void Whatever_is_wrong_with_a_line_has_its_words()
    {
        var codes = Sources.Of(".cs").Where(f => !f.Path.StartsWith("Host/", StringComparison.Ordinal)).SelectMany(f => (f.Path == "Feedback.Core/Intake/LineState.cs" ? Quoted() : Problem()).Matches(f.Text).Select(m => m.Groups["code"].Value))
            .Concat(["webhook_elsewhere", "webhook_no_retry", "status_elsewhere", "status_no_retry"]).Distinct().ToList(); // the last ones are made of two parts
        codes.Count.ShouldBeGreaterThan(20);
        codes.SelectMany(c => All.Where(l => !l.Value.ContainsKey($"line.{c}")).Select(l => $"line.{c} ({l.Key})")).ShouldBeEmpty();
        All["en"].Keys.Where(k => k.StartsWith("line.", StringComparison.Ordinal)).Select(k => k[5..]).Except(codes).ShouldBeEmpty("words that nothing says");
    }

    [Fact]
    public void Every_rule_that_refuses_has_its_words()
    {
        var codes = Sources.Of(".cs").Where(f => !AnsweredElsewhere(f.Path)).SelectMany(f => Refusal().Matches(f.Text).Select(m => m.Groups["code"].Value)).Distinct().Where(c => c != "sign_in").ToList();
        codes.Count.ShouldBeGreaterThan(10);
        codes.SelectMany(c => All.Where(l => !l.Value.ContainsKey($"error.{c}")).Select(l => $"error.{c} ({l.Key})")).ShouldBeEmpty();
    }

    // The command line says its own sentences for officers' accounts; trends are held to it from the day that a page shows them.
    private static bool AnsweredElsewhere(string path) =>
        path is "Feedback.Core/Officers/OfficerAccounts.cs" || path.StartsWith("Sandbox/", StringComparison.Ordinal)
        || (path.StartsWith("Feedback.Core/Trends/", StringComparison.Ordinal) && !File.Exists(Path.Combine(Sources.Root, "src", "Admin", "Words", "trends.en.json")));

    // The literals inside W[...] and W.Format(...): "a.b" is a key, $"a.{x}" any key of that form.
    private static IEnumerable<string> Uses(string text)
    {
        foreach (Match start in Start().Matches(text))
        {
            var end = start.Index + start.Length;
            for (var depth = 1; depth > 0 && end < text.Length; end++)
                depth += text[end] switch { '[' or '(' => 1, ']' or ')' => -1, _ => 0 };
            foreach (Match literal in Literal().Matches(text[(start.Index + start.Length)..(end - 1)]))
            {
                if (Key().IsMatch(literal.Groups["key"].Value))
                    yield return literal.Groups["key"].Value;
            }
        }
    }

    private static bool Exists(Dictionary<string, string> words, string key) =>
        key.Contains('{', StringComparison.Ordinal) ? words.Keys.Any(new Regex("^" + string.Join(".+", Hole().Split(key).Select(Regex.Escape)) + "$").IsMatch) : words.ContainsKey(key);

    private static string Places(string word) => string.Concat(Place().Matches(word).Select(m => m.Value).Distinct().Order(StringComparer.Ordinal));

    [GeneratedRegex(@"\b(?:W|[Ww]ords|this)\??(?:\[|\.Format\()(?=[^\]]*"")")]
    private static partial Regex Start();

    [GeneratedRegex(@"\$?""(?<key>(?:\{[^{}]*\}|[^""{])*)""")]
    private static partial Regex Literal();

    [GeneratedRegex(@"^[a-z][a-z0-9_]*\.[a-z0-9_.{][^ ]*")]
    private static partial Regex Key();

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Hole();

    [GeneratedRegex(@"\{\d+")]
    private static partial Regex Place();

    [GeneratedRegex(@"new(?: LineProblem)?\(""(?<code>[a-z_]+)"", (?:true|false),")]
    private static partial Regex Problem();

    [GeneratedRegex(@"""(?<code>[a-z_]+)""")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"new RuleException\(""(?<code>[a-z_]+)""")]
    private static partial Regex Refusal();
}

using System.Text.RegularExpressions;
using Cea.Admin.Shell;
using Cea.Feedback.Officers;
using Cea.Testing;

namespace Cea.Admin.Tests;

public sealed partial class WordsTests
{
    private static readonly Dictionary<string, IReadOnlyDictionary<string, string>> All = Words.Everything.ToDictionary(e => e.Language, e => e.Words);

    [Theory]
    [InlineData("fr")]
    [InlineData("es")]
    [InlineData("ar")]
    public void Every_word_is_there_with_the_same_places_to_fill(string language)
    {
        All[language].Keys.Order().ShouldBe(All["en"].Keys.Order());
        All["en"].Where(w => !Places(w.Value).SetEquals(Places(All[language][w.Key]))).Select(w => w.Key).ShouldBeEmpty();
    }

    [Fact]
    public void Every_word_that_a_page_asks_for_is_there()
    {
        var files = Directory.GetFiles(Path.Combine(TestDatabase.RepositoryRoot, "src", "Admin"), "*.razor", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("node_modules", StringComparison.Ordinal));
        files.SelectMany(f => Asked().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).Distinct().Where(w => !All["en"].ContainsKey(w)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_role_refusal_and_wrong_field_has_words()
    {
        var core = Directory.GetFiles(Path.Combine(TestDatabase.RepositoryRoot, "src", "Feedback.Core"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();
        Roles.All.Where(r => !All["en"].ContainsKey($"role.{r}")).ShouldBeEmpty();
        core.SelectMany(c => Wrong().Matches(c).Select(m => m.Groups[1].Value)).Distinct().Where(w => !All["en"].ContainsKey($"wrong.{w}")).ShouldBeEmpty();
    }

    [Fact]
    public void Every_act_that_the_audit_shows_has_words()
    {
        var writes = typeof(Feedback.UseCases.IWrite<>).Assembly.GetTypes().Where(t => t.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(Feedback.UseCases.IWrite<>))).Select(t => t.Name).ToList();
        writes.Count.ShouldBeGreaterThan(50);
        writes.Where(w => !All["en"].ContainsKey($"act.{w}")).ShouldBeEmpty();
    }

    private static HashSet<string> Places(string word) => [.. Place().Matches(word).Select(m => m.Value)];

    [GeneratedRegex(@"W(?:\.Format\(|\[)""([a-z_.0-9-]+)""")]
    private static partial Regex Asked();

    [GeneratedRegex(@"check\.Need\(.*, ""([a-z_]+)""(?:, \w+|, string\.Join\(.*\))?\);")]
    private static partial Regex Wrong();

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Place();
}

using Cea.Host.Files;

namespace Cea.Host.Tests.Files;

/// <summary>No group that an export shows is smaller than ten, nor is what it leaves out.</summary>
public sealed class CommonSpeakersTests
{
    private static readonly CommonSpeakers.Among Here = new(1, new(2025, 10, 1), "es"), There = new(2, new(2025, 10, 1), "es"), Later = new(1, new(2025, 11, 1), "es");

    [Theory]
    [InlineData("F18x10", "F18x10"), InlineData("F18x9", "---x9"), InlineData("F18x10 M18x9", "-18x19"), InlineData("F18x30 M18x9", "-18x39")]
    [InlineData("F18x30 M18x9 ---x1", "F18x30 ---x10"), InlineData("F18x10 M60x10", "F18x10 M60x10"), InlineData("F18x20 F60x9", "F--x29"), InlineData("F18x20 F60x9 F13x5", "F18x20 F--x14")]
    [InlineData("F18x12 M18x11 ---x3", "F18x12 ---x14"), InlineData("-18x15 ---x10", "-18x15 ---x10"), InlineData("-18x15 ---x9", "---x24")]
    [InlineData("F18x10 ---x0", "---x10"), InlineData("F18x12 M18x10 ---x0", "F18x12 ---x10"), InlineData("F18x12 M18x9 ---x0", "---x21")]
    public void Whoever_is_left_out_is_among_ten(string said, string leaves)
    {
        var common = new CommonSpeakers(Groups(said).Select(g => (Here, g.Who, g.Count)));
        var shown = Groups(said).GroupBy(g => common.Leaves(Here, g.Who)).Select(g => (g.Key, g.Sum(x => x.Count))).ToList();
        shown.OrderBy(s => s.Key.ToString()).ShouldBe(Groups(leaves).Select(g => (g.Who, g.Count)).OrderBy(s => s.Who.ToString()));
    }

    [Fact]
    public void Places_and_months_are_apart_and_what_was_not_counted_does_not_leave()
    {
        var common = new CommonSpeakers([(Here, Who("F18"), 10), (There, Who("F18"), 9)]);
        common.Leaves(Here, Who("F18")).ShouldBe(Who("F18"));
        common.Leaves(There, Who("F18")).ShouldBe(WhoSpoke.Nothing);
        common.Leaves(Later, Who("F18")).ShouldBe(WhoSpoke.Nothing);
        common.Leaves(Here, Who("M18")).ShouldBe(WhoSpoke.Nothing);
    }

    [Fact]
    public void In_whatever_mix_no_shown_group_is_smaller_than_ten_unless_nothing_is_shown_at_all()
    {
        var random = new Random(11);
        for (var run = 0; run < 2_000; run++)
        {
            var groups = Enumerable.Range(0, random.Next(1, 12)).Select(_ => (Who: new WhoSpoke(One("F", "M"), One("18", "60"), One("none", "migrant")), Count: random.Next(1, 25))).GroupBy(g => g.Who).Select(g => (Who: g.Key, Count: g.Sum(x => x.Count))).ToList();
            var common = new CommonSpeakers(groups.Select(g => (Here, g.Who, g.Count)));
            var shown = groups.GroupBy(g => common.Leaves(Here, g.Who)).ToDictionary(g => g.Key, g => g.Sum(x => x.Count));
            shown.Where(s => s.Value < 10 && shown.Count > 1).ShouldBeEmpty($"run {run}: {string.Join(", ", groups)}");
            if (groups.Sum(g => g.Count) < 10)
                shown.Keys.ShouldBe([WhoSpoke.Nothing]);
            foreach (var (who, _) in groups)
                (common.Leaves(Here, who) is var l && (l.Sex ?? who.Sex) == who.Sex && (l.AgeBand ?? who.AgeBand) == who.AgeBand && (l.Diversity ?? who.Diversity) == who.Diversity).ShouldBeTrue();
        }

        string? One(params string[] values) => random.Next(values.Length + 1) is var n && n < values.Length ? values[n] : null;
    }

    private static WhoSpoke Who(string code) => new(code[0] == '-' ? null : code[..1], code[1] == '-' ? null : code[1..3], null);

    private static List<(WhoSpoke Who, int Count)> Groups(string text) => [.. text.Split(' ').Select(g => g.Split('x')).Select(g => (Who(g[0]), int.Parse(g[1], System.Globalization.CultureInfo.InvariantCulture)))];
}

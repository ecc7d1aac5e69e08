using Cea.Feedback.Coding;

namespace Cea.Feedback.Core.Tests.Coding;

public sealed class CodebookTests
{
    [Fact]
    public void The_shipped_codebook_has_26_topics_in_9_groups_and_8_types()
    {
        Codebook.Default.Topics.Count.ShouldBe(26);
        Codebook.Default.Of("group").Count().ShouldBe(9);
        Codebook.Default.Types.Count.ShouldBe(8);
    }

    [Fact]
    public void It_round_trips() => Codebook.Parse(Codebook.Default.Tsv).Version.ShouldBe(Codebook.Default.Version);

    [Theory]
    [InlineData("health_care", false, 0, "open"), InlineData("health_care", true, 1, "health"), InlineData("family_links", false, 1, "family_links")]
    [InlineData("sea_staff_abuse|child_protection", false, 2, "psea"), InlineData("cash_vouchers|fraud_corruption", false, 2, "integrity"), InlineData("data_privacy", false, 2, "data_protection")]
    [InlineData("family_links|child_protection", false, 1, "protection"), InlineData("queues_waiting", true, 0, "open")]
    public void Topics_give_the_class_and_the_stricter_circle(string topics, bool personal, int sensitivity, string circle)
    {
        var list = topics.Split('|');
        Codebook.Default.ClassOf(list, personal).ShouldBe(sensitivity);
        Codebook.Default.CircleOf(list, sensitivity).Code.ShouldBe(circle);
    }

    [Fact]
    public void A_wrong_line_is_named()
    {
        var broken = Codebook.Default.Tsv.Replace("\twater\t", "\tWater!\t", StringComparison.Ordinal).Replace("topic\twater", "topic\tWater!", StringComparison.Ordinal);
        Should.Throw<FormatException>(() => Codebook.Parse(broken)).Message.ShouldContain("column code");
        Should.Throw<FormatException>(() => Codebook.Parse("a\tb\n")).Message.ShouldContain("line 1");
    }

    [Fact]
    public void The_IFRC_shape_has_a_line_for_each_type_and_topic() => Codebook.Default.ToIfrcCsv().Split("\r\n").Length.ShouldBe(1 + 8 * 26 + 1);
}

using Cea.Feedback.Trends;

namespace Cea.Feedback.Core.Tests.Trends;

public sealed class ChangeTests
{
    [Theory]
    [InlineData(8, 10, 56.0 / 1024)] // 45 + 10 + 1 ways out of 2^10
    [InlineData(9, 10, 11.0 / 1024)]
    [InlineData(10, 10, 1.0 / 1024)]
    [InlineData(5, 9, 0.5)]
    [InlineData(3, 10, 968.0 / 1024)] // all but 1 + 10 + 45
    [InlineData(0, 10, 1)]
    [InlineData(11, 10, 0)]
    [InlineData(0, 0, 1)]
    [InlineData(23, 32, 43_081_973 / 4_294_967_296.0)]
    public void The_tail_is_the_counted_share_of_all_ways(int k, int n, double expected) => Change.UpperTail(k, n).ShouldBe(expected, Math.Max(expected * 1e-12, double.Epsilon));

    // The sign test asks the same question; its table of critical values, two sided at 5 per cent, is that of
    // Dixon and Mood, "The statistical sign test", Journal of the American Statistical Association 41 (1946), 557-566.
    [Theory]
    [InlineData(6, 0)]
    [InlineData(8, 0)]
    [InlineData(9, 1)]
    [InlineData(12, 2)]
    [InlineData(15, 3)]
    [InlineData(17, 4)]
    [InlineData(20, 5)]
    [InlineData(23, 6)]
    [InlineData(25, 7)]
    [InlineData(30, 9)]
    [InlineData(40, 13)]
    [InlineData(50, 17)]
    [InlineData(100, 39)]
    public void A_rise_is_marked_from_the_critical_value_of_the_sign_test_on(int both, int critical)
    {
        new Change(both - critical, critical).Mark.ShouldBe(ChangeMark.Rise);
        new Change(critical, both - critical).Mark.ShouldBe(ChangeMark.Fall);
        new Change(both - critical - 1, critical + 1).Mark.ShouldBe(ChangeMark.None);
        new Change(critical + 1, both - critical - 1).Mark.ShouldBe(ChangeMark.None);
    }

    [Fact]
    public void Large_counts_keep_their_precision()
    {
        // Normal approximation with continuity correction: z = (501_500 - 500_000.5) / 500 => 0.001355; the exact value is within a thousandth of it.
        Change.UpperTail(501_501, 1_000_000).ShouldBe(0.001350, 0.00001);
        (Change.UpperTail(500_000, 1_000_000) + Change.UpperTail(500_001, 1_000_000)).ShouldBe(1, 1e-9);
    }

    [Fact]
    public void Difference_and_ratio_are_plain_and_nothing_before_has_no_ratio()
    {
        var change = new Change(23, 9);
        change.Difference.ShouldBe(14);
        change.Ratio!.Value.ShouldBe(23 / 9.0);
        change.Mark.ShouldBe(ChangeMark.Rise);
        new Change(5, 0).Ratio.ShouldBeNull();
        new Change(0, 0).Mark.ShouldBe(ChangeMark.None);
    }
}

using Cea.Feedback.Replies;

namespace Cea.Feedback.Core.Tests.Replies;

public sealed class SmsSegmentsTests
{
    [Theory]
    [InlineData("a", 0, 0), InlineData("a", 1, 1), InlineData("a", 160, 1), InlineData("a", 161, 2), InlineData("a", 306, 2), InlineData("a", 307, 3)]
    [InlineData("ع", 70, 1), InlineData("ع", 71, 2), InlineData("ع", 134, 2), InlineData("ع", 135, 3)]
    [InlineData("😀", 35, 1), InlineData("😀", 36, 2), InlineData("€", 80, 1), InlineData("€", 81, 2), InlineData("€", 153, 3)]
    public void A_text_counts_as_the_network_counts_it(string unit, int times, int segments) =>
        SmsSegments.Count(string.Concat(Enumerable.Repeat(unit, times))).Segments.ShouldBe(segments);

    [Fact]
    public void One_extended_character_costs_two_septets() => SmsSegments.Count(new string('a', 159) + "€").Segments.ShouldBe(2);

    [Fact]
    public void One_character_outside_the_alphabet_makes_all_of_it_unicode() => SmsSegments.Count(new string('a', 100) + "…").ShouldBe((2, true));
}

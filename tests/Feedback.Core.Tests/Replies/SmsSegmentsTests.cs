using Cea.Feedback.Replies;

namespace Cea.Feedback.Core.Tests.Replies;

public sealed class SmsSegmentsTests
{
    [Theory]
    [InlineData("a", 0, 0), InlineData("a", 1, 1), InlineData("a", 160, 1), InlineData("a", 161, 2), InlineData("a", 306, 2), InlineData("a", 307, 3)]
    [InlineData("ع", 70, 1), InlineData("ع", 71, 2), InlineData("ع", 134, 2), InlineData("ع", 135, 3)]
    [InlineData("😀", 35, 1), InlineData("😀", 36, 2), InlineData("😀", 66, 2), InlineData("😀", 67, 3), InlineData("€", 80, 1), InlineData("€", 81, 2), InlineData("€", 152, 2), InlineData("€", 153, 3)]
    public void A_text_counts_as_the_network_counts_it(string unit, int times, int segments) =>
        SmsSegments.Count(string.Concat(Enumerable.Repeat(unit, times))).Segments.ShouldBe(segments);

    [Fact]
    public void One_extended_character_costs_two_septets() => SmsSegments.Count(new string('a', 159) + "€").ShouldBe((2, false));

    [Fact]
    public void One_character_outside_the_alphabet_makes_all_of_it_unicode() => SmsSegments.Count(new string('a', 100) + "…").ShouldBe((2, true));

    [Fact]
    public void An_escape_pair_is_not_split() => SmsSegments.Count(new string('a', 152) + "€" + new string('a', 152)).ShouldBe((3, false)); // 306 septets would fit two

    [Fact]
    public void A_surrogate_pair_is_not_split() => SmsSegments.Count(new string('ع', 66) + "😀" + new string('ع', 66)).ShouldBe((3, true)); // 134 units would fit two

    [Theory]
    [InlineData("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà^{}\\[~]|€\f", false), InlineData("ç", true), InlineData("á", true), InlineData("`", true), InlineData("–", true), InlineData("“", true), InlineData("\t", true), InlineData("\u001b", true)]
    public void The_alphabet_is_that_of_GSM(string text, bool unicode) => SmsSegments.Count(text).Unicode.ShouldBe(unicode);
}

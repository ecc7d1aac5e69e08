using Cea.Sandbox.Twilio;

namespace Cea.Sandbox.Tests.Twilio;

public sealed class SmsSegmentsTests
{
    [Theory]
    [InlineData("a", 160, "", 1)]
    [InlineData("a", 161, "", 2)]
    [InlineData("a", 306, "", 2)]
    [InlineData("a", 307, "", 3)]
    [InlineData("a", 159, "€", 2)]
    [InlineData("ع", 70, "", 1)]
    [InlineData("ع", 71, "", 2)]
    [InlineData("ع", 134, "", 2)]
    [InlineData("ع", 135, "", 3)]
    [InlineData("💧", 35, "", 1)]
    [InlineData("💧", 36, "", 2)]
    public void A_text_takes_as_many_sms_as_its_alphabet_allows(string unit, int times, string end, int segments) =>
        SmsSegments.Count(string.Concat(Enumerable.Repeat(unit, times)) + end).ShouldBe(segments);
}

using Cea.Feedback.Intake;

namespace Cea.Feedback.Core.Tests.Intake;

public sealed class ReceiptCodeTests
{
    [Fact]
    public void A_code_is_found_again_as_people_type_it()
    {
        var code = ReceiptCode.New();

        ReceiptCode.Parse(ReceiptCode.Read(code)).ShouldBe(code);
        ReceiptCode.Parse($"\u200E{ReceiptCode.Read(code)}").ShouldBe(code); // copied from a right-to-left text
        ReceiptCode.Parse($"  {code[..4].ToLowerInvariant()} {code[4..8]}–{code[8..]} ").ShouldBe(code);
    }

    [Fact]
    public void Every_single_wrong_symbol_shows()
    {
        var code = ReceiptCode.New();
        for (var i = 0; i < code.Length; i++)
        {
            foreach (var wrong in ReceiptCode.Symbols.Where(s => s != code[i]))
                ReceiptCode.Parse(string.Concat(code.AsSpan(0, i), wrong.ToString(), code.AsSpan(i + 1))).ShouldBeNull();
        }
    }

    [Theory]
    [InlineData(null), InlineData(""), InlineData("ABCD"), InlineData("0000-0000-000"), InlineData("👍👍👍👍")]
    public void What_cannot_be_a_code_is_none(string? typed) => ReceiptCode.Parse(typed).ShouldBeNull();
}

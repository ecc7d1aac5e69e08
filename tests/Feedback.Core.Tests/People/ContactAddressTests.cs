using Cea.Feedback.People;

namespace Cea.Feedback.Core.Tests.People;

/// <summary>The one rule for what is a telephone number, whoever types it.</summary>
public sealed class ContactAddressTests
{
    [Theory]
    [InlineData("+50255501234", true), InlineData("+502 (5550) 12-34", true), InlineData("+1234567", true), InlineData("+123456789012345", true)]
    [InlineData("+123456", false), InlineData("+1234567890123456", false), InlineData("+0123456789", false), InlineData("50255501234", false), InlineData("0050255501234", false), InlineData("+5025550123a", false), InlineData("+٥٠٢٥٥٥٠١٢٣", false), InlineData("", false)]
    public void A_telephone_number_has_its_country_and_is_typed_with_blanks_dashes_and_brackets(string typed, bool isOne) => ContactAddress.IsTelephone(ContactAddress.Typed(typed)).ShouldBe(isOne);

    [Fact]
    public void No_number_is_no_telephone_and_what_was_typed_is_never_printed()
    {
        ContactAddress.IsTelephone(null).ShouldBeFalse();
        $"{new TypedAddress("+50255501234")} {new ContactAddress(ContactAddress.Telephone, "+50255501234")}".ShouldBe("[address] [address]");
    }
}

using Cea.Feedback.Texts;

namespace Cea.Feedback.Core.Tests.Texts;

public sealed class FoldingTests
{
    [Theory]
    [InlineData("  ¡AYÚDAME,  por favor!\n", "ayudame por favor"), InlineData("Carlos,el\njefe", "carlos el jefe"), InlineData("l’hôtel d'Ahmed", "l hotel d ahmed"), InlineData("opt-out", "opt out")]
    [InlineData("İSTANBUL ılık", "istanbul ilik"), InlineData("ﷲ", "الله"), InlineData("كُتُبٌ ـــ كتـاب", "كتب كتاب"), InlineData("علی کریمی", "علي كريمي"), InlineData("مدرسة", "مدرسه"), InlineData("إيقاف", "ايقاف")]
    [InlineData("ዓለም ሠላም ፀሐይ ኀይል", "አለም ሰላም ጸሀይ ሀይል"), InlineData("ɗan ƙauye", "dan kauye"), InlineData("১২৩ ٤٥٦", "123 456"), InlineData("হ্যাঁ", "হ্যাঁ"), InlineData("straße Œuvre", "strasse oeuvre")]
    [InlineData("x\u200d\u2066y\u2069\ufe0f", "xy"), InlineData("a🙏🏽b", "a b"), InlineData("𞤀𞤣𞤤𞤢𞤥", "𞤢𞤣𞤤𞤢𞤥"), InlineData("停止!", "停止"), InlineData("\ud800", ""), InlineData("caf\u00e9 \ufffe\u0301", "cafe"), InlineData("a\udc00b", "a b"), InlineData("", "")]
    public void People_write_one_word_in_many_ways(string text, string folded) => TextBook.Fold(text).ShouldBe(folded);

    [Theory]
    [InlineData("  ¡AYÚDAME,  por favor!\n"), InlineData("ዓለም ሠላም"), InlineData("A’a"), InlineData("İı"), InlineData("پښتو ګړندۍ")]
    public void Folding_twice_changes_nothing(string text) => TextBook.Fold(TextBook.Fold(text)).ShouldBe(TextBook.Fold(text));
}

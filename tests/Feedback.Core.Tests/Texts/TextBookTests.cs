using System.Text.RegularExpressions;
using Cea.Feedback.Replies;
using Cea.Feedback.Texts;

namespace Cea.Feedback.Core.Tests.Texts;

public sealed class TextBookTests
{
    private static readonly string[] Supported = ["es", "en", "fr", "ar", "ht", "pt", "uk", "ru", "fa", "ps", "so", "ti", "am", "ha", "ur", "sw", "bn", "tr", "it", "wo", "zh"];
    private static readonly Dictionary<string, string> Longest = new()
    {
        ["code"] = "ABCD-EFGH-JKM", ["society"] = new string('S', 22), ["danger"] = "112233", ["outside"] = new string('o', 18),
    };

    public static TheoryData<string> Languages => [.. Supported];

    [Fact]
    public void All_21_languages_are_there() => TextBook.Default.Menu.Order().ShouldBe(Supported.Order());

    [Theory, MemberData(nameof(Languages))]
    public void Every_language_says_the_same_things_with_the_same_places_for_values(string language)
    {
        var mine = TextBook.Default.Languages.Single(l => l.Lang == language);
        var english = TextBook.Default.Languages.Single(l => l.Lang == "en");
        mine.Texts.Keys.Order().ShouldBe(english.Texts.Keys.Order());
        mine.Words.Keys.Order().ShouldBe(english.Words.Keys.Order());
        mine.Words.Values.ShouldAllBe(w => w.Length > 0);
        foreach (var (key, text) in mine.Texts)
            Places(text).ShouldBe(Places(english.Texts[key]), $"{language} {key}");
        mine.ReviewedBy.ShouldBeNull(); // set by whoever reads them, in the deployment
    }

    [Theory, MemberData(nameof(Languages))]
    public void Segments_stay_within_the_limits_with_the_longest_values(string language)
    {
        int Of(string key) => SmsSegments.Count(TextBook.Default.Say(language, key, Longest).Text).Segments;
        Of("ack_first").ShouldBeLessThanOrEqualTo(3);
        Of("ack_later").ShouldBe(1);
        Of("survey").ShouldBeLessThanOrEqualTo(2);
        Of("info").ShouldBeLessThanOrEqualTo(7);
    }

    [Theory, MemberData(nameof(Languages))]
    public void No_word_means_two_things_in_one_language(string language)
    {
        var words = TextBook.Default.Languages.Single(l => l.Lang == language).Words.SelectMany(w => w.Value.Select(v => (Word: TextBook.Fold(v), Kind: w.Key))).Distinct();
        words.GroupBy(w => w.Word).Where(g => g.Count() > 1).Select(g => g.Key).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("STOP", Keyword.Stop), InlineData("stop.", Keyword.Stop), InlineData("  Alto!! ", Keyword.Stop), InlineData("arrêt", Keyword.Stop), InlineData("ARRET", Keyword.Stop)]
    [InlineData("توقف", Keyword.Stop), InlineData("rete", Keyword.Stop), InlineData("x", Keyword.Confidential), InlineData("X 🙏", Keyword.Confidential)]
    [InlineData("borrar mis datos", Keyword.Erase), InlineData("wi", Keyword.Yes), InlineData("ndiyo", Keyword.Yes), InlineData("না", Keyword.No), InlineData("হ্যাঁ", Keyword.Yes)]
    public void A_message_that_is_only_the_word_is_recognised(string text, Keyword kind) => TextBook.Default.Recognise(text, null)?.Kind.ShouldBe(kind);

    [Theory]
    [InlineData("stop please they are hitting him"), InlineData("help"), InlineData("ayuda"), InlineData("au secours"), InlineData("النجدة"), InlineData("ede m"), InlineData("no hay agua"), InlineData(""), InlineData("\ud800")]
    public void A_cry_for_help_and_a_sentence_are_never_a_keyword(string text) => TextBook.Default.Recognise(text, null).ShouldBeNull();

    [Fact]
    public void A_missing_value_is_a_fault_and_an_unknown_language_falls_back()
    {
        Should.Throw<ArgumentException>(() => TextBook.Default.Say("en", "ack_first", new Dictionary<string, string>()));
        TextBook.Default.Say("prs", "started", Longest).Language.ShouldBe("fa");
        TextBook.Default.Say("xx", "started", Longest).Language.ShouldBe("en");
    }

    private static string[] Places(string text) => [.. Regex.Matches(text, @"\{[a-z]+\}").Select(m => m.Value).Order()];
}

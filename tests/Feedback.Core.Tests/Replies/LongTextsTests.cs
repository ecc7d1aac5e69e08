using System.Globalization;
using Cea.Feedback.Replies;

namespace Cea.Feedback.Core.Tests.Replies;

public sealed class LongTextsTests
{
    private static readonly string[] Pieces = ["agua", "الماء", "مُحَمَّدٌ", "é", "e\u0301", "👩🏽‍⚕️", "👨‍👩‍👧‍👦", "🇬🇹", "😀", "نقطة", "क्षि", "ကျွန်ုပ်", "\r\n", "\n", " ", " ", " ", "  ", "水", "a\u0323\u0308", "။"];

    [Theory]
    [InlineData(1600), InlineData(4096), InlineData(40)]
    public void Parts_fit_lose_no_word_and_cut_no_character(int most)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var round = 0; round < 40; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, most)).Select(_ => Pieces[random.Next(Pieces.Length)])).Trim();
            var parts = LongTexts.Split(text, most);
            parts.ShouldAllBe(p => p.Length > 0 && p.Length <= most, $"seed {seed}");
            Characters(string.Concat(parts)).ShouldBe(Characters(text), $"seed {seed}");
        }
    }

    [Theory]
    [InlineData("uno dos tres", 8, "uno dos|tres"), InlineData("uno dos tres", 7, "uno dos|tres"), InlineData("uno dos tres", 12, "uno dos tres"), InlineData("unodos tres", 5, "unodo|s tre|s"), InlineData("a b c d efghij", 8, "a b c d|efghij")]
    [InlineData("الماء في الساحة", 10, "الماء في|الساحة"), InlineData("   ", 5, ""), InlineData("水水水水水水", 4, "水水水水|水水"), InlineData("ab\r\ncd ef", 4, "ab|cd|ef")]
    public void Words_stay_whole_where_they_fit(string text, int most, string parts) => string.Join('|', LongTexts.Split(text, most)).ShouldBe(parts);

    [Theory]
    [InlineData("👨‍👩‍👧‍👦"), InlineData("🇬🇹"), InlineData("👩🏽‍⚕️"), InlineData("e\u0301"), InlineData("مٌّ"), InlineData("😀")]
    public void What_a_reader_takes_for_one_character_moves_as_a_whole(string character)
    {
        for (var before = 30; before <= 40; before++)
        {
            var text = new string('x', before) + character + new string('x', 20);
            LongTexts.Split(text, 40).ShouldContain(p => p.Contains(character, StringComparison.Ordinal), $"{before}");
        }
    }

    [Fact]
    public void A_character_of_more_marks_than_a_part_holds_is_cut_between_its_code_points()
    {
        var text = "a" + string.Concat(Enumerable.Repeat("\U0001E8D0", 60));
        var parts = LongTexts.Split(text, 40);
        string.Concat(parts).ShouldBe(text);
        parts.ShouldAllBe(p => p.Length <= 40 && !char.IsHighSurrogate(p[p.Length - 1]) && !char.IsLowSurrogate(p[0]));
    }

    // The space at a cut is not kept.
    private static List<string> Characters(string text)
    {
        var found = new List<string>();
        for (var all = StringInfo.GetTextElementEnumerator(text); all.MoveNext();)
        {
            if (!string.IsNullOrWhiteSpace(all.GetTextElement()))
                found.Add(all.GetTextElement());
        }
        return found;
    }
}

using Cea.Feedback.Classification;
using Cea.Feedback.Learning;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Classification;

public sealed class LikenessTests
{
    private static readonly string[] Texts =
    [
        "is there a barber who cuts hair at the camp", "donde hay un peluquero para cortar el pelo", "the barber cuts hair only on monday", "when is the football match for the young people", "can we play football in the yard",
        "we need a barber to cut the hair of the children", "my shoes", "is there football again on friday", "good morning",
    ];

    [Fact]
    public void Texts_alike_are_put_together_the_same_way_every_time_and_named_by_words_they_share()
    {
        var reader = TextClassifier.Load(Path.Combine(TestDatabase.RepositoryRoot, "data", "model", "cea.model"));
        // Among sixty others, as in use: what is common shows only beside much else.
        string[] texts = [.. Texts, .. CodedText.Read(Path.Combine(TestDatabase.RepositoryRoot, "data", "corpus", "en.tsv")).Where(r => r.Text.Length > 30).GroupBy(r => r.Scenario).Take(60).Select(g => g.First().Text)];
        string[] languages = [.. texts.Select((_, i) => i == 1 ? "es" : "en")];
        IReadOnlyList<LikeTexts> Groups() => Likeness.Group(texts, languages, reader, Unsure.Alike, 3, CancellationToken.None);

        var groups = Groups();
        var barber = groups.Single(g => g.Which.Contains(0));
        barber.Which.ShouldContain(5);
        barber.Which.ShouldNotContain(3);
        barber.Words.ShouldContain("barber");
        groups.Single(g => g.Which.Contains(3)).Which.Order().ToList().ShouldBe([3, 4, 7]);
        groups.Select(g => string.Join(' ', g.Which)).ShouldBe(Groups().Select(g => string.Join(' ', g.Which)));
        Likeness.Group(["one", "two"], ["en", "en"], reader, 0.1, 3, CancellationToken.None).ShouldBeEmpty();
    }
}

using Cea.Feedback.Classification;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Classification;

public sealed class CorpusAuditTests
{
    private static readonly string Corpus = Path.Combine(TestDatabase.RepositoryRoot, "data", "corpus");

    [Fact]
    public void The_corpus_may_be_trained_on() => CorpusAudit.Of(Corpus).Faults.ShouldBeEmpty();

    public static TheoryData<string, CodedText, string> Wrong() => new()
    {
        { "an unknown topic", Row("b") with { Topics = ["weather"] }, "no topic weather" },
        { "an unknown type", Row("b") with { Type = "wish" }, "no type wish" },
        { "an unknown urgency", Row("b") with { Urgency = "soon" }, "no urgency soon" },
        { "a class below its topic's", Row("b") with { Topics = ["fraud_corruption"], Sensitivity = 1 }, "class 1 does not go with fraud_corruption" },
        { "a class above its topic's", Row("b") with { Topics = ["water"], Sensitivity = 2, Urgency = "high" }, "class 2 does not go with water" },
        { "class 2 that can wait", Row("b") with { Topics = ["fraud_corruption"], Sensitivity = 2 }, "class 2 and normal" },
        { "an id twice", Row("a") with { Text = "where can I find a doctor for my old father" }, "a: 2 rows" },
        { "a scenario on both sides", Row("b") with { Part = "dev", Scenario = "s-a" }, "scenario s-a: in train and in dev" },
        { "the same text twice", Row("b") with { Text = "The tap beside the big tent has been dry since this morning!" }, "the same text" },
        { "a text nearly the same on the other side", Row("b") with { Part = "dev", Text = "the tap beside our big tent has been dry since this morning again" }, "train and dev" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void What_is_wrong_with_a_row_is_found(string what, CodedText wrong, string said)
    {
        string[] Of(params CodedText[] rows) => [.. CorpusAudit.Of(rows.Select(r => new CorpusRow("en.tsv", r))).Faults.Where(f => !f.EndsWith("are needed", StringComparison.Ordinal))];
        Of(Row("a")).ShouldBeEmpty();
        Of(Row("a"), wrong).ShouldContain(f => f.Contains(said), what);
    }

    [Fact]
    public void Too_few_messages_and_sentences_begun_alike_are_faults()
    {
        string[] ends = ["soup", "the bus to town", "my brother's phone", "new shoes"];
        var faults = CorpusAudit.Of(ends.Select((e, i) => new CorpusRow("en.tsv", Row($"r{i}") with { Text = $"Can you tell me about {e}" }))).Faults;
        faults.ShouldContain("water: 4 messages, 250 are needed");
        faults.ShouldContain("en: 4 messages, 1200 are needed");
        faults.ShouldContain("en: 4 of 4 messages open as two others do");
    }

    [Fact]
    public void Every_pair_of_texts_that_is_alike_is_found()
    {
        var random = new Random(4);
        var texts = CodedText.Read(Path.Combine(Corpus, "en.tsv")).Where(r => r.Text.Length > 60).Select(r => r.Text).Take(300).ToList();
        var changed = texts.Select(t => string.Join(' ', t.Split(' ').Where(_ => random.Next(12) > 0))).ToList();
        string[] all = [.. texts, .. changed];
        var exact = new List<(int, int)>();
        for (var i = 0; i < all.Length; i++)
        {
            for (var k = i + 1; k < all.Length; k++)
            {
                if (NearDuplicates.Share(all[i], all[k]) >= 0.7)
                    exact.Add((i, k));
            }
        }
        exact.Count.ShouldBeGreaterThan(100);
        NearDuplicates.Of(all, 0.7).Select(p => (p.One, p.Two)).Order().ShouldBe(exact.Order());
    }

    private static CodedText Row(string id) => new(id, "s-" + id, "train", "en", "complaint", ["water"], "normal", 0, "the tap beside the big tent has been dry since this morning");
}

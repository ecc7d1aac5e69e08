using System.Text;
using Cea.Feedback.Classification;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Classification;

public sealed class TextClassifierTests
{
    private static readonly string Shipped = Path.Combine(TestDatabase.RepositoryRoot, "data", "model", "cea.model");
    private static readonly Lazy<TextClassifier> Classifier = new(() => ModelFile.LoadClassifier(Shipped));

    [Theory]
    [InlineData("Podrian abrir mas temprano? salimos a caminar a las cinco y todavia esta cerrado", "es", "opening_hours")]
    [InlineData("the water tap at the site has been dry since yesterday, no drinking water at all", "en", "water")]
    [InlineData("il n'y a pas de prise pour charger le telephone, et le wifi ne marche pas", "fr", "connectivity_charging")]
    [InlineData("الماء مقطوع من امبارح وما في مي نشرب", "ar", "water")]
    public void Plain_messages_are_read_for_what_they_are(string text, string language, string topic)
    {
        var reading = Classifier.Value.Read(text);
        reading.Language.Code.ShouldBe(language);
        reading.Topics.Select(t => t.Code).ShouldContain(topic);
        reading.TopTerms.ShouldNotBeEmpty();
        reading.TopTerms.ShouldAllBe(t => text.Contains(t.Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("el hombre que reparte las carpas me pide que vaya con el a su cuarto si quiero una")]
    [InlineData("the volunteer said he will put my name on the list if I sleep with him")]
    [InlineData("un agent de la croix rouge m'a demande de l'argent pour me donner la carte")]
    [InlineData("واحد من الموظفين طلب مني اروح معه بالليل حتى يعطيني المساعدة")]
    public void What_concerns_our_own_people_never_passes_as_open(string text)
    {
        var reading = Classifier.Value.Read(text);
        (reading.Sensitivity.Class > 0 || reading.Sensitivity.CheckFirst).ShouldBeTrue();
    }

    [Theory]
    [InlineData(null), InlineData(""), InlineData("   "), InlineData("?!?!"), InlineData("👍👍"), InlineData("\0\0\0"), InlineData("\ud800\udbff"), InlineData("12345")]
    public void What_cannot_be_read_stays_restricted(string? text)
    {
        var reading = Classifier.Value.Read(text);
        reading.Understood.ShouldBeFalse();
        reading.Sensitivity.CheckFirst.ShouldBeTrue();
    }

    [Fact]
    public void Hostile_texts_of_every_kind_never_throw()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var round = 0; round < 400; round++)
        {
            var bytes = new byte[random.Next(1, 600)];
            random.NextBytes(bytes);
            var text = round % 3 == 0 ? Encoding.Unicode.GetString(bytes) : round % 3 == 1 ? Encoding.UTF8.GetString(bytes) : new string((char)random.Next(char.MaxValue), random.Next(1, 3000));
            Should.NotThrow(() => Classifier.Value.Read(text), $"seed {seed}, round {round}");
        }
        Classifier.Value.Read(new string('a', 1_000_000)).Understood.ShouldBeTrue();
        Classifier.Value.Read(string.Concat(Enumerable.Repeat("ع ", 500_000))).ShouldNotBeNull();
    }

    [Fact]
    public void A_damaged_or_foreign_model_is_refused_with_a_sentence()
    {
        var directory = Directory.CreateTempSubdirectory("cea-model");
        try
        {
            var path = Path.Combine(directory.FullName, "m");
            var bytes = File.ReadAllBytes(Shipped);
            bytes[bytes.Length / 2] ^= 1;
            File.WriteAllBytes(path, bytes);
            Should.Throw<InvalidDataException>(() => ModelFile.LoadClassifier(path)).Message.ShouldContain("damaged");
            File.WriteAllText(path, "GIF89a and much more that is no model at all, whatever its name says it is");
            Should.Throw<InvalidDataException>(() => ModelFile.LoadClassifier(path)).Message.ShouldContain("no model");
        }
        finally
        {
            directory.Delete(true);
        }
    }

    [Fact]
    public void Training_is_the_same_every_time_and_learns()
    {
        string[] water = ["no water here", "the tap is dry", "dirty water in the tank", "need drinking water", "water smells", "tap broken no water"];
        string[] food = ["the food was cold", "no food left", "rice again every day", "hungry children no food", "meals too small", "cold rice"];
        var texts = water.Concat(food).ToArray();
        var labels = texts.Select((_, i) => new[] { i < water.Length ? "water" : "food" }).ToArray();
        var one = LinearModel.Train(texts, labels, ["water", "food"], 14, 1f, 7);
        var two = LinearModel.Train(texts, labels, ["water", "food"], 14, 1f, 7);

        one.Predict("dry tap, no water").ShouldBe(two.Predict("dry tap, no water"));
        var p = one.Predict("dry tap, no water");
        p[0].ShouldBeGreaterThan(p[1]);
    }

    [Fact]
    public void The_commands_say_what_they_print_and_name_a_bad_line()
    {
        using var output = new StringWriter();
        ModelPrograms.Classify(Classifier.Value, "in", new StringReader("id\ttext\n7\tno hay agua en el punto\n"), output).ShouldBe(1);
        var lines = output.ToString().Split('\n');
        lines[0].ShouldBe("id\tlang\ttype\ttopics\turgency\tsensitivity\tp_sensitive\ttop_terms");
        lines[1].Split('\t').Length.ShouldBe(8);
        lines[1].ShouldStartWith("7\tes\t");
        Should.Throw<FormatException>(() => ModelPrograms.Classify(Classifier.Value, "in", new StringReader("id\ttext\n7\n"), output)).Message.ShouldContain("line 2");
    }
}

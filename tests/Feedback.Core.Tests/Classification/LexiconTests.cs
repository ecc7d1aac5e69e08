using Cea.Feedback.Classification;

namespace Cea.Feedback.Tests.Classification;

public sealed class LexiconTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lexicon").FullName;

    [Fact]
    public void One_concept_is_found_by_the_words_of_each_language()
    {
        var lexicon = Of(("en", "queue\tqueue*|in line\nwater\twater"), ("es", "queue\tcola|fila*\nwater\tagua"), ("zh", "queue\t排队\nwater\t水"));

        Find(lexicon, "en", "We are queueing for water").ShouldBe(["queue", "water"]);
        Find(lexicon, "en", "three hours in line").ShouldBe(["queue"]);
        Find(lexicon, "es", "FILAS largas y sin agua").ShouldBe(["queue", "water"]);
        Find(lexicon, "zh", "我们排队等水").ShouldBe(["queue", "water"]);
        Find(lexicon, "es-MX", "sin agua").ShouldBe(["water"]);
        Find(lexicon, "es", "water queue").ShouldBeEmpty();
    }

    [Fact]
    public void A_word_may_stand_for_several_concepts_and_little_words_written_together_come_off()
    {
        var lexicon = Of(("ar", "water\tماء\nthirst\tعطشان\nneed\tعطشان"), ("am", "water\tውሃ"));

        Find(lexicon, "ar", "والماء مقطوع وانا عطشان").ShouldBe(["water", "thirst", "need"]);
        Find(lexicon, "am", "የውሃ ችግር").ShouldBe(["water"]);
    }

    [Fact]
    public void A_language_borrows_what_it_does_not_know()
    {
        var lexicon = Of(("fr", "water\teau"), ("wo", "food\tlekk"));

        Find(lexicon, "wo", "amul eau, amul lekk").ShouldBe(["water", "food"]);
        Find(lexicon, "ln", "eau te").ShouldBe(["water"]);
        Find(lexicon, "tr", "eau").ShouldBeEmpty();
    }

    [Fact]
    public void It_comes_back_from_a_file_as_it_was_and_a_damaged_one_is_refused()
    {
        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory, System.Text.Encoding.UTF8, leaveOpen: true))
            Of(("en", "queue\tqueue*\nwater\twater")).Write(writer);
        memory.Position = 0;
        Find(Lexicon.Read(new BinaryReader(memory)), "en", "queues for water").ShouldBe(["queue", "water"]);

        var bytes = memory.ToArray();
        bytes[0] = 255;
        bytes[3] = 127;
        Should.Throw<InvalidDataException>(() => Lexicon.Read(new BinaryReader(new MemoryStream(bytes))));
        Should.Throw<EndOfStreamException>(() => Lexicon.Read(new BinaryReader(new MemoryStream(memory.ToArray()[..^40]))));
    }

    [Fact]
    public void Every_file_has_each_concept_once()
    {
        var folder = Path.Combine(Testing.TestDatabase.RepositoryRoot, "data", "lexicon");
        string[] Concepts(string file) => [.. File.ReadLines(file).Skip(1).Select(l => l.Split('\t')).Select(l => l.Length == 2 ? l[0] : throw new FormatException($"{Path.GetFileName(file)}: {l[0]}"))];
        var english = Concepts(Path.Combine(folder, "en.tsv"));
        var files = Directory.GetFiles(folder, "*.tsv");

        files.Length.ShouldBeGreaterThanOrEqualTo(21);
        foreach (var file in files)
        {
            Concepts(file).ShouldBeUnique(Path.GetFileName(file));
            Concepts(file).Except(english).Count().ShouldBeLessThanOrEqualTo(10, Path.GetFileName(file));
            english.Except(Concepts(file)).ShouldBeEmpty(Path.GetFileName(file));
        }
    }

    public void Dispose() => Directory.Delete(_folder, true);

    private Lexicon Of(params (string Language, string Rows)[] files) => Lexicon.Of(files.Select(f =>
    {
        var path = Path.Combine(_folder, f.Language + ".tsv");
        File.WriteAllText(path, "concept\twords\n" + f.Rows + "\n");
        return path;
    }).ToList());

    private static string[] Find(Lexicon lexicon, string language, string text)
    {
        var (scan, hits) = (new TextScan(), new ConceptHits());
        scan.Read(text);
        lexicon.Find(scan, language, hits);
        return [.. hits.All.ToArray().Select(h => lexicon.Concepts[h.Concept])];
    }
}

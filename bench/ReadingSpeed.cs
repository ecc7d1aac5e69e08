using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Cea.Feedback.Classification;

namespace Cea.Bench;

/// <summary>
/// Messages a processor second, one thread, the same rows: fastText's predict, our heads alone trained on the same labels, and everything that the service asks of a message.
/// 0: three times fastText's and once, and memory taken for a message does not grow with its length.
/// </summary>
internal static partial class ReadingSpeed
{
    public static int Run(string train, string dev, string shipped)
    {
        Programs.NeedRivals();
        var directory = Directory.CreateTempSubdirectory("cea-speed").FullName;
        try
        {
            var (learn, texts) = (LabelledTexts.Read(train), LabelledTexts.Read(dev).Texts);
            string At(string name) => Path.Combine(directory, name);
            File.WriteAllLines(At("train"), learn.Texts.Select((t, i) => $"{string.Join(' ', learn.Labels[i].Select(l => "__label__" + l))} {Plain(t)}"));
            string[] plain = [.. texts.Select(Plain)];
            File.WriteAllLines(At("one"), plain);
            File.WriteAllLines(At("more"), Enumerable.Repeat(plain, 21).SelectMany(p => p));
            Programs.Output("/usr/bin/fasttext", "supervised", "-input", At("train"), "-output", At("theirs"), "-loss", "ova", "-wordNgrams", "2", "-minn", "2", "-maxn", "5", "-dim", "50", "-bucket", "500000", "-lr", "0.5", "-epoch", "5", "-thread", "1", "-verbose", "0");
            TrainModel.Run(train, At("ours"), null, TextWriter.Null, TextWriter.Null, CancellationToken.None);
            using var file = ModelFile.Open(At("ours"));
            using var reader = TextClassifier.Load(shipped);
            var heads = file.Models[0];
            var (space, scores) = (heads.Rent(), new float[heads.Labels.Count]);

            double Theirs(string rows) => Programs.Run("/usr/bin/fasttext", "predict", At("theirs.bin"), At(rows), "-1", "0.5").Processor.TotalSeconds;
            double Ours(Action<string> read, int times)
            {
                var started = Programs.ThreadSeconds();
                for (var n = 0; n < times; n++)
                {
                    foreach (var text in texts)
                        read(text);
                }
                return times * texts.Count / (Programs.ThreadSeconds() - started);
            }
            void Heads(string text)
            {
                space.Scan.Read(text);
                heads.Score(space, scores);
            }
            void Everything(string text) => reader.Read(text);
            Ours(Heads, 20);
            Ours(Everything, 20);

            var (fast, one, all) = (new List<double>(), new List<double>(), new List<double>());
            Console.WriteLine($"{texts.Count} rows of {texts.Average(t => t.Length):F0} characters, {heads.Labels.Count} labels; messages a processor second");
            for (var round = 1; round <= 5; round++)
            {
                fast.Add(20 * texts.Count / (Theirs("more") - Theirs("one")));
                one.Add(Ours(Heads, 20));
                all.Add(Ours(Everything, 10));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}: fastText {fast[^1]:F0}, {heads.Labels.Count} labels {one[^1]:F0}, everything {all[^1]:F0}"));
            }
            var (ofHeads, ofAll) = (Median(one, fast), Median(all, fast));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{heads.Labels.Count} labels: {ofHeads:F1} times fastText; everything: {ofAll:F1} times"));
            var flat = Memory(reader, texts);
            return ofHeads >= 3 && ofAll >= 1 && flat ? 0 : 1;
        }
        finally
        {
            Directory.Delete(directory, true);
        }
    }

    /// <summary>Of ratios, each within its round.</summary>
    private static double Median(List<double> ours, List<double> theirs) => IntakeRate.Median(ours.Zip(theirs, (o, t) => o / t));

    private static bool Memory(TextClassifier reader, List<string> texts)
    {
        long Taken(string text)
        {
            reader.Read(text);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var n = 0; n < 200; n++)
                reader.Read(text);
            return (GC.GetAllocatedBytesForCurrentThread() - before) / 200;
        }
        var (taken, all) = (new List<long>(), string.Join(' ', texts));
        foreach (var length in new[] { 40, 160, 640, 2560, 10_000, 100_000 })
        {
            taken.Add(Taken(all[..Math.Min(all.Length, length)]));
            Console.WriteLine($"{length,7} characters: {taken[^1]} bytes taken");
        }
        return taken.Max() <= taken[1] + 1000;
    }

    private static string Plain(string text) => string.Join(' ', Words().Matches(text.ToLowerInvariant()).Select(m => m.Value));

    [GeneratedRegex(@"\w+|[^\w\s]")]
    private static partial Regex Words();
}

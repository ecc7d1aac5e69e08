using System.Globalization;
using System.Text.RegularExpressions;
using Cea.Feedback.Classification;
using Cea.Testing;

namespace Cea.Bench;

/// <summary>The engine on public labelled sets, beside scikit-learn and fastText: same split, same run, one scorer. 0: at or above the best of them everywhere.</summary>
internal static partial class Rivals
{
    private static readonly (string Name, bool OneOf, string[] More)[] Sets =
        [("disaster_original", false, ["--dim", "100"]), ("crisislex_t26", true, []), ("sib200", true, ["--by", "lang"]), ("disaster", false, [])];

    public static int Run(string data, string? only)
    {
        Programs.NeedRivals();
        var directory = Directory.CreateTempSubdirectory("cea-rivals").FullName;
        var holds = true;
        try
        {
            foreach (var set in Sets.Where(s => only is null || s.Name == only))
            {
                var (train, dev) = (Path.Combine(data, set.Name + ".train.tsv"), Path.Combine(data, set.Name + ".dev.tsv"));
                var truth = LabelledTexts.Read(dev);
                Console.WriteLine($"{set.Name}: {truth.Texts.Count} texts to measure on");
                Console.WriteLine($"{"",-20} {(set.OneOf ? "accuracy" : "tuned micro"),11} {(set.OneOf ? "macro F1" : "tuned macro"),11} {"all labels",10} {"one cut micro",13} {"train s",8} {"texts/s",8}");

                var model = Path.Combine(directory, "model");
                var trained = Programs.Output("dotnet", Programs.Cea, "model", "train", "--in", train, "--out", model);
                var predictions = Path.Combine(directory, "cea.tsv");
                var evaluated = Programs.Output("dotnet", Programs.Cea, "model", "eval", "--model", model, "--in", dev, "--out", predictions);
                var ours = Of(truth, predictions);
                double Said(Regex what, string where) => what.Match(where) is { Success: true } m ? double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture) : double.NaN;
                var ourCut = set.OneOf ? ours.Micro : Said(OneCut(), evaluated);
                Print("cea", ours, ourCut, Said(Seconds(), trained), Said(Rate(), evaluated), "");

                string[] arguments = [Path.Combine(TestDatabase.RepositoryRoot, "bench", "rivals.py"), train, dev, directory, .. set.OneOf ? ["--one-of"] : Array.Empty<string>(), .. set.More];
                foreach (var line in Programs.Output("/usr/bin/python3", arguments).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    var said = line.Split('\t');
                    var theirs = Of(truth, Path.Combine(directory, said[0] + ".tuned.tsv"));
                    var theirCut = Of(truth, Path.Combine(directory, said[0] + ".global.tsv")).Micro;
                    Print(said[0], theirs, theirCut, double.Parse(said[1], CultureInfo.InvariantCulture), double.Parse(said[2], CultureInfo.InvariantCulture), said[3]);
                    holds &= ours.Macro(20) >= theirs.Macro(20) && ourCut >= theirCut;
                }
                Console.WriteLine();
            }
        }
        finally
        {
            Directory.Delete(directory, true);
        }
        Console.WriteLine(holds ? "cea is at or above the others in macro F1 and in micro F1 with one cut" : "somebody is above cea");
        return holds ? 0 : 1;
    }

    private static void Print(string name, Scores s, double oneCut, double seconds, double rate, string chosen) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-20} {s.Micro,11:F4} {s.Macro(20),11:F4} {s.Macro(1),10:F4} {oneCut,13:F4} {seconds,8:F1} {rate,8:F0}  {chosen}"));

    private static Scores Of(LabelledTexts truth, string predictions)
    {
        var said = File.ReadLines(predictions).Skip(1).Select(l => l.Split('\t')).ToDictionary(c => c[0], c => c[1].Split('|', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
        var scores = new Scores(truth.Labels.SelectMany(l => l));
        for (var i = 0; i < truth.Ids.Count; i++)
            scores.Add(truth.Labels[i], said[truth.Ids[i]]);
        return scores;
    }

    [GeneratedRegex(@"one cut for all labels: micro F1 ([0-9.]+)")]
    private static partial Regex OneCut();

    [GeneratedRegex(@" in ([0-9.]+) s;")]
    private static partial Regex Seconds();

    [GeneratedRegex(@"([0-9]+) messages/s")]
    private static partial Regex Rate();
}

using System.Diagnostics;
using System.Globalization;
using Cea.Testing;

namespace Cea.Bench;

/// <summary>Seconds to train the shipped classifier as `cea model build` does, with what it says of the corpus's dev part. 0: under two minutes and under 20 MB.</summary>
internal static class Building
{
    public static int Run(string? languages)
    {
        var to = Path.GetTempFileName();
        try
        {
            string In(string folder) => Path.Combine(TestDatabase.RepositoryRoot, "data", folder);
            var clock = Stopwatch.StartNew();
            var said = Programs.Run("dotnet", [Programs.Cea, "model", "build", "--corpus", In("corpus"), "--lexicon", In("lexicon"), .. languages is null ? Array.Empty<string>() : ["--languages", languages], "--out", to]);
            Console.Write(said.Output);
            if (said.Code != 0)
                return 1;
            var trained = said.Output.Split('\n').First(l => l.StartsWith("trained in", StringComparison.Ordinal));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds:F0} s with measuring, {said.Processor.TotalSeconds:F0} s of processor"));
            return int.Parse(trained.Split(' ')[2], CultureInfo.InvariantCulture) < 120 && new FileInfo(to).Length < 20_000_000 ? 0 : 1;
        }
        finally
        {
            File.Delete(to);
        }
    }
}

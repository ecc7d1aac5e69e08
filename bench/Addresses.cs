using System.Diagnostics;
using System.Globalization;
using Cea.Testing;
using Cea.Testing.Hostile;

namespace Cea.Bench;

/// <summary>
/// Hostile calls at every public address for so many seconds, over eight connections. 0: no 5xx, nothing kept of a call that proved nothing, nothing that was taken in stuck, the Host's memory
/// flat, and no word of any call in its log.
/// </summary>
internal static class Addresses
{
    private const double MostGrowth = 1.1;

    public static async Task<int> RunAsync(Ground ground, int seconds, int seed)
    {
        Console.WriteLine($"seed {seed}");
        AddressFuzz.Configure(ground.Environment);
        var (made, key) = await HostProcess.CommandAsync(ground.Environment, "apikey", "add", "forms", "--scope", "manage");
        if (made != 0)
            throw new InvalidOperationException(key);
        var host = await ground.HostAsync(ground.PublicPort);
        var fuzz = new AddressFuzz(host.Url, ground.PublicUrl, key.Trim().Split('\n')[^1], seed);
        // What a Host holds of code and buffers once it has met everything is no growth.
        await new AddressFuzz(host.Url, ground.PublicUrl, key.Trim().Split('\n')[^1], seed + 1).RunAsync(int.MaxValue, TimeSpan.FromSeconds(Math.Min(45, seconds / 2.0)));
        var known = await ground.ScalarAsync<long>("select count(*) from seen");
        using var ended = new CancellationTokenSource();
        var memory = WatchAsync(host.Id, ended.Token);
        await fuzz.RunAsync(int.MaxValue, TimeSpan.FromSeconds(seconds));
        await ended.CancelAsync();
        var kept = await memory;

        var half = kept.Count / 2;
        double first = IntakeRate.Median(kept.Take(half)), second = IntakeRate.Median(kept.Skip(half));
        var fromUnsigned = await ground.ScalarAsync<long>(AddressFuzz.FromUnsigned);
        var stored = await ground.ScalarAsync<long>("select count(*) from seen") - known;
        for (var since = Stopwatch.StartNew(); await ground.ScalarAsync<long>(AddressFuzz.Untriaged) > 0 && since.Elapsed.TotalSeconds < 120;)
            await Task.Delay(500);
        var stuck = await ground.ScalarAsync<string>(AddressFuzz.Stuck);
        var leaks = AddressFuzz.Leaks(host.Output).ToList();
        foreach (var line in fuzz.Statuses)
            Console.WriteLine(line);
        foreach (var wrong in fuzz.Wrong.Take(50))
            Console.WriteLine($"WRONG: {wrong}");
        foreach (var trouble in AddressFuzz.Troubles(host.Output))
            Console.WriteLine(trouble);
        foreach (var leak in leaks)
            Console.WriteLine($"IN THE LOG: {leak}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{fuzz.Calls} calls, {fuzz.Wrong.Count} wrong; stored {stored} of at most {fuzz.MostStored}, {fromUnsigned} rows of lines that nobody signed for; stuck: {(stuck.Length == 0 ? "nothing" : stuck)}; memory {first:0} MB, then {second:0} MB; {host.Output.Length} characters of log, {leaks.Count} leaks"));
        var holds = fuzz.Wrong.Count == 0 && fromUnsigned == 0 && stored <= fuzz.MostStored && stuck.Length == 0 && leaks.Count == 0 && second <= first * MostGrowth;
        Console.WriteLine(holds ? "holds" : "DOES NOT HOLD");
        return holds ? 0 : 1;
    }

    // MB, each half second.
    private static async Task<List<double>> WatchAsync(int process, CancellationToken until)
    {
        var seen = new List<double>();
        while (!until.IsCancellationRequested)
        {
            var line = (await File.ReadAllLinesAsync($"/proc/{process}/status", CancellationToken.None)).Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
            seen.Add(double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024);
            await Task.Delay(500, CancellationToken.None);
        }
        return seen;
    }
}

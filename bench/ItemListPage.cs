using System.Diagnostics;
using Cea.Testing;

namespace Cea.Bench;

/// <summary>The item list with many items: 200 requests of one signed-in officer, one after the other, over the list's usual views.</summary>
internal static class ItemListPage
{
    public static async Task<int> RunAsync(Ground ground, int items)
    {
        var since = Stopwatch.StartNew();
        await ground.CommandAsync("demo", "--items", $"{items}");
        await ground.ExecuteAsync("vacuum analyze");
        Console.WriteLine($"{items} demo items made in {since.Elapsed.TotalSeconds:0} s");
        var host = await ground.HostAsync(ground.PublicPort);
        using var officer = new OfficerAtWork(host.Url);
        await officer.SignInAsync("lead", File.ReadAllLines(ground.DataDirectory + ".first-password").Single(l => l.StartsWith("lead ", StringComparison.Ordinal)).Split(' ')[1]);
        string[] paths = ["/items", "/items?view=all", "/items?view=unassigned", "/items?view=overdue", "/items?view=check_first", "/items?view=all&topic=water", "/items?view=all&urgency=critical&lang=ar", "/items?view=all&q=agua"];
        for (var warm = 0; warm < 40; warm++) // code is compiled a second time while it is young
        {
            foreach (var path in paths)
                await officer.GetAsync(path);
        }
        var longest = 0.0;
        foreach (var path in paths)
        {
            var took = new List<double>();
            for (var n = 0; n < 200; n++)
            {
                var one = Stopwatch.StartNew();
                await officer.GetAsync(path);
                took.Add(one.Elapsed.TotalMilliseconds);
            }
            took.Sort();
            Console.WriteLine($"{path}: median {took[100]:0.0} ms, p95 {took[190]:0.0} ms");
            longest = Math.Max(longest, took[190]);
        }
        Console.WriteLine($"item list at {items} items: p95 {longest:0.0} ms on the slowest view; Host at most {Ground.PeakMemory(host)} MB");
        return longest < 50 ? 0 : 1;
    }
}

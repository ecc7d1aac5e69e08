using Cea.Worker.Learning;

namespace Cea.Worker.Tests.Learning;

public sealed class LowPriorityTests
{
    [Fact]
    public async Task Training_gives_way_to_everything_else_and_so_does_what_it_does_in_parallel_on_one_thread()
    {
        const int Niceness = 18; // of the fields of proc(5), counted from 0
        var seen = new List<string>();
        static string Now() => File.ReadAllText("/proc/thread-self/stat") is var stat ? stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[Niceness - 2] : "";
        var usual = Now();
        await LowPriority.RunAsync(() =>
        {
            seen.Add(Now());
            Parallel.For(0, 3, new ParallelOptions { MaxDegreeOfParallelism = 1 }, _ => seen.Add(Now()));
        });
        seen.ShouldBe(["19", "19", "19", "19"]);
        (await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => Task.Run(Now)))).Append(Now()).Distinct().ShouldBe([usual], "no other thread has inherited it");
        (await Should.ThrowAsync<FormatException>(() => LowPriority.RunAsync(() => throw new FormatException("told")))).Message.ShouldBe("told");
    }
}

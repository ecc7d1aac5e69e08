using System.CommandLine;
using Cea.Host.Demo;

namespace Cea.Host.Commands;

/// <summary>cea demo: clearly marked data to look at, with planted trends.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var items = new Option<int>("--items") { DefaultValueFactory = _ => DemoData.UsualItems, Description = "how many, at most 5,000,000" };
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1 };
        var command = new Command("demo", "fill the database with clearly marked demo data, with planted trends") { items, seed };
        command.SetAction(async (parsed, ct) =>
        {
            if (parsed.GetValue(items) is < 0 or > 5_000_000)
                throw new UsageException("--items: 0 to 5,000,000");
            await using var deployment = await CommandLine.OpenAsync(ct);
            await new DemoData(deployment).FillAsync(parsed.GetValue(items), parsed.GetValue(seed), ct);
            Console.WriteLine($"{parsed.GetValue(items)} demo items; names and passwords of the demo officers are in {FirstOfficer.FileOf(deployment)}");
            return CommandLine.Done;
        });
        return command;
    }
}

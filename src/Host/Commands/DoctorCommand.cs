using System.CommandLine;
using System.Text.Json;
using Cea.Host.Keeping;

namespace Cea.Host.Commands;

/// <summary>cea doctor: what is wrong, in plain words, and what to do.</summary>
internal static class DoctorCommand
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "machine readable, with totals" };
        var command = new Command("doctor", "check settings, database, clock, disk and every line") { json };
        command.SetAction(async (parsed, ct) =>
        {
            var report = await Doctor.ExamineAsync(CommandLine.Configuration(), TimeProvider.System, ct);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(report, Json));
            }
            else
            {
                foreach (var finding in report.Findings)
                    Console.WriteLine($"{(finding.Ok ? "ok  " : "BAD ")} {finding.What}: {finding.Says}");
            }
            return report.Findings.All(f => f.Ok) ? CommandLine.Done : CommandLine.Failed;
        });
        return command;
    }
}

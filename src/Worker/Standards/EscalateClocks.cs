using Cea.Feedback.Standards;
using Cea.Feedback.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Standards;

/// <summary>Tells named people of overdue clocks.</summary>
internal sealed class EscalateClocks(Escalation escalation, WakeUp wakeUp, IConfiguration configuration, ILogger<EscalateClocks> log) : TimedJob(log)
{
    protected override async Task RunAsync(CancellationToken ct)
    {
        var round = await escalation.RunAsync((configuration["Cea:PublicUrl"] ?? "").TrimEnd('/'), ct);
        foreach (var (circle, step) in round.NobodyOnCall)
            Worker.Log.NobodyOnCall(Log, circle, step);
        if (round.Told > 0)
            wakeUp.Ring(WakeUp.Outbox);
    }
}

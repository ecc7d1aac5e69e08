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
        if (round.NobodyOnCall.Count > 0)
            Worker.Log.NobodyOnCall(Log); // not of which circle: what it holds shows in no log (S2)
        if (round.Told > 0)
            wakeUp.Ring(WakeUp.Outbox);
    }
}

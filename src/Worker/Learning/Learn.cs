using Cea.Feedback.Learning;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Learning;

/// <summary>Trains and recodes what was asked for, and asks for a weekly training in the small hours. What takes long gives way to everything else on the machine.</summary>
internal sealed class Learn(LearningRound round, IHostApplicationLifetime lifetime, ILogger<Learn> log) : LongJob(lifetime, log)
{
    protected override async Task GoAsync(CancellationToken ct)
    {
        var did = await round.RunAsync(LowPriority.RunAsync, ct);
        if (did is { Kind: { } kind, Outcome: { } outcome })
            Worker.Log.Learned(Log, kind, outcome, did.Rows, did.Seconds, did.MemoryMb);
    }
}

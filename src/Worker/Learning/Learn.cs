using Cea.Feedback.Learning;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Learning;

/// <summary>Trains and recodes what was asked for, and asks for a weekly training in the small hours. What takes long gives way to everything else on the machine.</summary>
internal sealed class Learn(LearningRound round, IHostApplicationLifetime lifetime, ILogger<Learn> log) : TimedJob(log)
{
    protected override async Task RunAsync(CancellationToken ct)
    {
        // It may take many minutes, and the others cannot stop before it does: it ends where it is, and goes on from there.
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(ct, lifetime.ApplicationStopping);
        var did = await round.RunAsync(LowPriority.RunAsync, ends.Token);
        if (did is { Kind: { } kind, Outcome: { } outcome })
            Worker.Log.Learned(Log, kind, outcome, did.Rows, did.Seconds, did.MemoryMb);
    }
}

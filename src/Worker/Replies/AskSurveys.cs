using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Replies;

/// <summary>Asks the one question after closing.</summary>
internal sealed class AskSurveys(SurveyRound surveys, WakeUp wakeUp, ILogger<AskSurveys> log) : TimedJob(log)
{
    protected override async Task RunAsync(CancellationToken ct)
    {
        if (await surveys.RunAsync(ct) > 0)
            wakeUp.Ring(WakeUp.Outbox);
    }
}

/// <summary>Settles sendings in doubt and reads stuck states from the provider.</summary>
internal sealed class ReconcileSendings(Reconcile reconcile, IHostApplicationLifetime lifetime, ILogger<ReconcileSendings> log) : LongJob(lifetime, log)
{
    protected override Task GoAsync(CancellationToken ct) => reconcile.RunAsync(ct);
}

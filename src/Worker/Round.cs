using Cea.Feedback.UseCases;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Cea.Worker;

/// <summary>Something that is done again and again, woken by a bell and at least every so often. The edge of its job: what goes wrong is logged once, and tried again with a growing pause.</summary>
internal abstract class Round(ILogger log, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    protected abstract string Name { get; }

    /// <summary>One round; true when there may be more at once.</summary>
    protected abstract Task<bool> RunAsync(CancellationToken ct);

    protected abstract Task WaitAsync(CancellationToken ct);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = TimeSpan.Zero;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // A round that began is finished: stopping does not cut it.
                if (!await RunAsync(CancellationToken.None))
                    await WaitAsync(stoppingToken);
                pause = TimeSpan.Zero;
                continue;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception trouble)
            {
                if (trouble is NpgsqlException or TimeoutException)
                    Log.DatabaseAway(log, Name);
                else
                    Log.JobFailed(log, Name, Fault.Of(trouble));
            }
            pause = pause == TimeSpan.Zero ? TimeSpan.FromMilliseconds(500) : pause * 2 > LongestPause ? LongestPause : pause * 2;
            try
            {
                await Task.Delay(pause, clock, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}

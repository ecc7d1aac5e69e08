using Cea.Feedback.UseCases;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Quartz;

namespace Cea.Worker;

/// <summary>A job of the clock. The edge of its kind: what goes wrong is logged once and the next round tries again.</summary>
internal abstract class TimedJob(ILogger log) : IJob
{
    protected ILogger Log { get; } = log;

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await RunAsync(CancellationToken.None); // a round that began is finished
        }
        catch (Exception trouble) when (trouble is NpgsqlException or TimeoutException)
        {
            Worker.Log.DatabaseAway(Log, GetType().Name);
        }
        catch (Exception trouble)
        {
            Worker.Log.JobFailed(Log, GetType().Name, Fault.Of(trouble));
        }
    }

    protected abstract Task RunAsync(CancellationToken ct);
}

/// <summary>A job that waits for providers, or works for minutes: the Host cannot stop before its jobs do, so it ends where it is, and a later round goes on from there.</summary>
internal abstract class LongJob(IHostApplicationLifetime lifetime, ILogger log) : TimedJob(log)
{
    protected sealed override async Task RunAsync(CancellationToken ct)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(ct, lifetime.ApplicationStopping);
        try
        {
            await GoAsync(ends.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // as asked
        }
    }

    protected abstract Task GoAsync(CancellationToken ct);
}

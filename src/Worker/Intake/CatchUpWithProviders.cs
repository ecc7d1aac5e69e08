using Cea.Feedback.Intake;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Cea.Worker.Intake;

/// <summary>Asks providers for what they could not deliver.</summary>
internal sealed class CatchUpWithProviders(CatchUp catchUp, IHostApplicationLifetime lifetime, ILogger<CatchUpWithProviders> log) : LongJob(lifetime, log)
{
    protected override async Task GoAsync(CancellationToken ct)
    {
        foreach (var (account, listed, fresh, trouble) in await catchUp.RunAsync(ct))
        {
            if (trouble is not null)
                Worker.Log.LineFailed(Log, nameof(CatchUpWithProviders), account, trouble);
            if (fresh > 0)
                Worker.Log.CaughtUp(Log, account, listed, fresh);
        }
    }
}

/// <summary>Does the same at once when the database comes back.</summary>
internal sealed class CatchUpAfterOutage(Databases databases, CatchUp catchUp, TimeProvider clock, ILogger<CatchUpAfterOutage> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var away = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using (var ping = databases.Intake.CreateCommand("select 1"))
                    await ping.ExecuteScalarAsync(stoppingToken);
                if (away)
                {
                    foreach (var (account, listed, fresh, trouble) in await catchUp.RunAsync(stoppingToken))
                    {
                        if (trouble is not null)
                            Log.LineFailed(log, nameof(CatchUpAfterOutage), account, trouble);
                        Log.CaughtUp(log, account, listed, fresh);
                    }
                }
                away = false;
            }
            catch (Exception trouble) when (trouble is NpgsqlException or TimeoutException or NotStoredException)
            {
                away = true;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception trouble)
            {
                Log.JobFailed(log, nameof(CatchUpAfterOutage), Fault.Of(trouble));
            }
            await Task.Delay(TimeSpan.FromSeconds(2), clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

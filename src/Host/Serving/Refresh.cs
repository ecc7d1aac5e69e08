using Cea.Feedback.Intake;
using Cea.Feedback.Learning;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Host.Serving;

/// <summary>Keeps the snapshot of lines and service points and the promoted model fresh, and hears the bells of other Hosts. The one listening connection is opened anew when it breaks.</summary>
internal sealed class Refresh(AccountDirectory accounts, ModelInUse model, Databases databases, KeyRing keys, WakeUp wakeUp, ILogger<Refresh> log, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAll(AccountsAsync(stoppingToken), ListenAsync(stoppingToken));
    }

    private async Task AccountsAsync(CancellationToken ct)
    {
        var away = false;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await accounts.RefreshAsync(ct);
                if (await model.RefreshAsync(ct))
                    Log.ModelTaken(log, model.Version, model.Trouble ?? "in order");
                away = false;
            }
            catch (Exception trouble) when (trouble is NpgsqlException or TimeoutException)
            {
                if (!away)
                    Log.DatabaseAway(log);
                away = true;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            await Task.Delay(Interval, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ListenAsync(CancellationToken ct)
    {
        var broken = false;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                // Its name says that a Host runs here and with which key it seals: a restore waits for its end, a key rotation for its restart.
                await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(databases.Unpooled(Databases.PagesRole)) { ApplicationName = $"cea listener {keys.Current}" }.ConnectionString);
                await connection.OpenAsync(ct);
                if (broken)
                    databases.Forget();
                connection.Notification += (_, e) => wakeUp.Heard(e.Payload);
                await using (var listen = new NpgsqlCommand("listen cea", connection))
                    await listen.ExecuteNonQueryAsync(ct);
                wakeUp.Missed(); // what was missed while away is read again
                while (true)
                    await connection.WaitAsync(ct);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception trouble) when (trouble is NpgsqlException or TimeoutException)
            {
                broken = true;
                await Task.Delay(TimeSpan.FromSeconds(1), clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}

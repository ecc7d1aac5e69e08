namespace Cea.Sandbox;

/// <summary>What a provider does after it has answered. Ends with the process; a reset ends what was under way.</summary>
internal sealed class Background(IHostApplicationLifetime life, ILogger<Background> logger)
{
    private CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(life.ApplicationStopping);

    public void Start(Func<CancellationToken, Task> work)
    {
        var ct = _stop.Token;
        _ = Task.Run(async () =>
        {
            try
            {
                await work(ct);
            }
            catch (OperationCanceledException)
            {
                // stopped or reset
            }
            catch (Exception bug)
            {
                Log.BackgroundFailed(logger, bug.GetType().Name);
            }
        }, ct);
    }

    public void Reset()
    {
        var old = Interlocked.Exchange(ref _stop, CancellationTokenSource.CreateLinkedTokenSource(life.ApplicationStopping));
        old.Cancel();
    }
}

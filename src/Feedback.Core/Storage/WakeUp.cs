using Npgsql;

namespace Cea.Feedback.Storage;

/// <summary>
/// Tells waiting rounds that there is work: in this process at once, to others by NOTIFY, at most one in 50 ms for each bell. A lost one does no harm: every
/// round also looks by itself.
/// </summary>
public sealed class WakeUp(Databases databases, TimeProvider clock) : IDisposable
{
    public const string Triage = "triage", Outbox = "outbox", Items = "items", Media = "media";
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(50);
    private readonly Dictionary<string, Bell> _bells = new() { [Triage] = new(), [Outbox] = new(), [Items] = new(), [Media] = new() };

    /// <summary>A bell rang, here or elsewhere. Handlers must not wait.</summary>
    public event Action<string>? Rang;

    /// <summary>There is work. Never throws, never waits.</summary>
    public void Ring(string bell)
    {
        var b = _bells[bell];
        b.Set();
        Rang?.Invoke(bell);
        if (b.TakeNotify())
            _ = NotifyLaterAsync(bell, b);
    }

    /// <summary>Rung by another process: no NOTIFY of ours follows.</summary>
    public void Heard(string bell)
    {
        if (!_bells.TryGetValue(bell, out var b))
            return;
        b.Set();
        Rang?.Invoke(bell);
    }

    /// <summary>Until the bell rings or the time is over.</summary>
    public Task WaitAsync(string bell, TimeSpan most, CancellationToken ct) => _bells[bell].WaitAsync(most, ct);

    public void Dispose()
    {
        foreach (var bell in _bells.Values)
            bell.Dispose();
    }

    private async Task NotifyLaterAsync(string bell, Bell b)
    {
        await Task.Delay(Least, clock);
        b.GiveNotify();
        try
        {
            await using var command = databases.Worker.CreateCommand("select pg_notify('cea', $1)");
            command.Parameters.Add(new() { Value = bell });
            await command.ExecuteNonQueryAsync();
        }
        catch (Exception trouble) when (trouble is NpgsqlException or TimeoutException or ObjectDisposedException)
        {
            // others look by themselves within seconds
        }
    }

    private sealed class Bell : IDisposable
    {
        private readonly SemaphoreSlim _rung = new(0, 1);
        private int _notifying;

        public bool TakeNotify() => Interlocked.Exchange(ref _notifying, 1) == 0;

        public void GiveNotify() => Interlocked.Exchange(ref _notifying, 0);

        public void Set()
        {
            try
            {
                _rung.Release();
            }
            catch (SemaphoreFullException)
            {
                // already rung and not yet heard
            }
        }

        public Task<bool> WaitAsync(TimeSpan most, CancellationToken ct) => _rung.WaitAsync(most, ct);

        public void Dispose() => _rung.Dispose();
    }
}

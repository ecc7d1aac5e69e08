using Npgsql;

namespace Cea.Feedback.Storage;

/// <summary>
/// Tells waiting rounds that there is work: in this process at once, to others by NOTIFY, at most one in 50 ms for each bell. A lost one does no harm: every
/// round also looks by itself.
/// </summary>
public sealed class WakeUp(Databases databases, TimeProvider clock) : IDisposable
{
    public const string Triage = "triage", Outbox = "outbox", Items = "items", Media = "media";
    private const int MostAudiences = 600; // a notification holds 8,000 bytes
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(50);
    private readonly Dictionary<string, Bell> _bells = new() { [Triage] = new(), [Outbox] = new(), [Items] = new(), [Media] = new() };

    /// <summary>A bell rang, here or elsewhere, and for which audiences; null: for everybody. Handlers must not wait.</summary>
    public event Action<string, IReadOnlyCollection<int>?>? Rang;

    /// <summary>There is work. Never throws, never waits. With items come the audiences in which something changed: nobody else is told, not even that something did (S2).</summary>
    public void Ring(string bell, params IReadOnlyCollection<int> audiences)
    {
        var b = _bells[bell];
        b.Set();
        Rang?.Invoke(bell, audiences);
        if (b.TakeNotify(audiences))
            _ = NotifyLaterAsync(bell, b);
    }

    /// <summary>Rung by another process: no NOTIFY of ours follows.</summary>
    public void Heard(string payload)
    {
        var parts = payload.Split(' ');
        if (!_bells.TryGetValue(parts[0], out var b))
            return;
        b.Set();
        Rang?.Invoke(parts[0], [.. parts.Skip(1).Select(p => int.TryParse(p, System.Globalization.CultureInfo.InvariantCulture, out var id) ? id : 0)]);
    }

    /// <summary>Nothing was heard for a while: whoever looks at items looks again.</summary>
    public void Missed() => Rang?.Invoke(Items, null);

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
        var audiences = b.GiveNotify();
        try
        {
            await using var command = databases.Worker.CreateCommand("select pg_notify('cea', $1)");
            command.Parameters.Add(new() { Value = string.Join(' ', [bell, .. audiences.Take(MostAudiences)]) });
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
        private readonly HashSet<int> _audiences = [];
        private bool _notifying;

        public bool TakeNotify(IReadOnlyCollection<int> audiences)
        {
            lock (_audiences)
            {
                _audiences.UnionWith(audiences);
                return !_notifying && (_notifying = true);
            }
        }

        public int[] GiveNotify()
        {
            lock (_audiences)
            {
                int[] told = [.. _audiences];
                _audiences.Clear();
                _notifying = false;
                return told;
            }
        }

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

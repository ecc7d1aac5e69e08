using System.Collections.Concurrent;
using Cea.Sandbox.Accounts;

namespace Cea.Sandbox.Faults;

/// <summary>How many messages an account has sent within the last second: more than it may are refused, as a provider refuses them.</summary>
internal sealed class SendRates(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Queue<DateTimeOffset>> _sent = new();

    /// <summary>False: too many already. What is refused does not count.</summary>
    public bool Take(SandboxAccount account)
    {
        if (account.MostASecond is not { } most)
            return true;
        var sent = _sent.GetOrAdd(account.Name, _ => new());
        lock (sent)
        {
            var now = clock.GetUtcNow();
            while (sent.TryPeek(out var first) && first <= now.AddSeconds(-1))
                sent.Dequeue();
            if (sent.Count >= most)
                return false;
            sent.Enqueue(now);
            return true;
        }
    }
}

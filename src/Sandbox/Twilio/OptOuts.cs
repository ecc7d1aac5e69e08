using System.Collections.Concurrent;

namespace Cea.Sandbox.Twilio;

/// <summary>Twilio's own block list: the pair of a person and a number, changed by whole-message keywords.</summary>
internal sealed class OptOuts
{
    private static readonly HashSet<string> Stop = new(["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"], StringComparer.OrdinalIgnoreCase);
    private static readonly HashSet<string> Start = new(["START", "YES", "UNSTOP"], StringComparer.OrdinalIgnoreCase);
    private static readonly HashSet<string> Help = new(["HELP", "INFO"], StringComparer.OrdinalIgnoreCase);

    private readonly ConcurrentDictionary<(string Account, string Person), bool> _blocked = new();

    public bool IsBlocked(string account, string person) => _blocked.ContainsKey((account, person));

    public void Set(string account, string person, bool blocked)
    {
        if (blocked)
            _blocked[(account, person)] = true;
        else
            _blocked.TryRemove((account, person), out _);
    }

    /// <summary>STOP, START or HELP and what Twilio says to it; null for any other text.</summary>
    public (string Type, string Confirmation)? Apply(string account, string person, string text)
    {
        var word = text.Trim();
        if (Stop.Contains(word))
        {
            Set(account, person, true);
            return ("STOP", "You are unsubscribed and will get no more messages from this number. Text START to subscribe again.");
        }
        if (Start.Contains(word))
        {
            // YES and START say nothing new to somebody who never stopped
            if (!IsBlocked(account, person))
                return null;
            Set(account, person, false);
            return ("START", "You are subscribed again to messages from this number. Text STOP to end them.");
        }
        return Help.Contains(word) ? ("HELP", "Text STOP to get no more messages from this number.") : null;
    }

    public void Reset() => _blocked.Clear();
}

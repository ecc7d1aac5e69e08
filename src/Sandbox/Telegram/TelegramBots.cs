using System.Collections.Concurrent;
using Cea.Sandbox.Accounts;

namespace Cea.Sandbox.Telegram;

/// <summary>The state of every bot, made when it is first asked for.</summary>
internal sealed class TelegramBots
{
    private readonly ConcurrentDictionary<string, TelegramBot> _bots = new(StringComparer.Ordinal);

    public TelegramBot Of(SandboxAccount account) => _bots.GetOrAdd(account.Name, name => new TelegramBot { AccountName = name });

    public void Reset()
    {
        var old = _bots.Values.ToList();
        _bots.Clear();
        foreach (var bot in old)
        {
            bot.DropPending();
            bot.Wake();
        }
    }
}

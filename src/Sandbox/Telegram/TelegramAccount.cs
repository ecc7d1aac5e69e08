using System.Text.RegularExpressions;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Control;

namespace Cea.Sandbox.Telegram;

/// <summary>A bot at Telegram.</summary>
internal sealed partial class TelegramAccount : IAccountKind
{
    public const string Name = "telegram";

    public string Kind => Name;
    public string Label => "Telegram";
    public string Person => "id";

    public SandboxAccount Complete(SandboxAccount account)
    {
        if (account.BotToken is null || !Token().IsMatch(account.BotToken))
            throw new ControlException($"account {account.Name}: BotToken is needed, digits, a colon, then letters and digits");
        return account.BotUsername is null ? account with { BotUsername = $"cea_{TelegramBot.IdOf(account)}_bot" } : account;
    }

    [GeneratedRegex(@"^\d{3,15}:[A-Za-z0-9_-]{3,64}$")]
    private static partial Regex Token();
}

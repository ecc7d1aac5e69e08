using System.Collections.Concurrent;
using Cea.Sandbox.Control;

namespace Cea.Sandbox.Accounts;

/// <summary>The accounts being played: those of the settings, and those that were added while it runs.</summary>
internal sealed class AccountBook
{
    private readonly ConcurrentDictionary<string, SandboxAccount> _accounts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, IAccountKind> _kinds;
    private readonly string? _cea;
    private readonly List<SandboxAccount> _configured = [];

    public AccountBook(IConfiguration settings, IEnumerable<IAccountKind> kinds)
    {
        _kinds = kinds.ToDictionary(k => k.Kind);
        _cea = settings["Sandbox:CeaBaseUrl"]?.TrimEnd('/');
        foreach (var section in settings.GetSection("Sandbox:Accounts").GetChildren())
        {
            var account = section.Get<SandboxAccount>() ?? new SandboxAccount();
            if (account.Name.Length == 0)
                account = account with { Name = int.TryParse(section.Key, out _) ? account.Kind : section.Key };
            _configured.Add(account);
        }
        Restore();
    }

    public IReadOnlyList<SandboxAccount> All => [.. _accounts.Values.OrderBy(a => a.Name, StringComparer.Ordinal)];

    /// <summary>Adds an account or puts it in the place of the one of that name.</summary>
    public SandboxAccount Add(SandboxAccount account)
    {
        if (!_kinds.TryGetValue(account.Kind, out var kind))
            throw new ControlException($"Kind must be one of: {string.Join(", ", _kinds.Keys)}");
        if (account.Name.Length == 0)
            account = account with { Name = account.Kind };
        account = kind.Complete(account);
        if (account.WebhookUrl is null && _cea is not null)
            account = account with { WebhookUrl = $"{_cea}/c/{account.Kind}/{account.Name}/receive" };
        foreach (var url in new[] { account.WebhookUrl, account.FallbackUrl }.OfType<string>().Concat(account.DeliverTo?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? []))
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https"))
                throw new ControlException($"account {account.Name}: a webhook is no absolute http address");
        }
        if (All.Any(a => a.Name != account.Name && a.Kind == account.Kind && a.Address == account.Address))
            throw new ControlException($"account {account.Name}: another account has this number or bot");
        return _accounts[account.Name] = account;
    }

    public void Change(string name, Func<SandboxAccount, SandboxAccount> change)
    {
        if (_accounts.TryGetValue(name, out var account))
            _accounts[name] = change(account);
    }

    /// <summary>The account of that name; the only one when no name is given.</summary>
    public SandboxAccount Get(string? name)
    {
        if (string.IsNullOrEmpty(name))
            return _accounts.Count == 1 ? _accounts.Values.First() : throw new ControlException("name the account");
        return _accounts.GetValueOrDefault(name) ?? throw new ControlException("no such account");
    }

    public IAccountKind KindOf(SandboxAccount account) => _kinds[account.Kind];

    public SandboxAccount? Find(string name) => _accounts.GetValueOrDefault(name);

    /// <summary>Back to the accounts of the settings.</summary>
    public void Restore()
    {
        _accounts.Clear();
        foreach (var account in _configured)
            Add(account);
    }
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Cea.Sandbox.Accounts;

namespace Cea.Sandbox.Telegram;

/// <summary>Where a bot's updates go: set, told, taken away; and getUpdates for a bot without one.</summary>
internal sealed partial class TelegramWebhook(AccountBook accounts, TelegramBots bots, TelegramDelivery delivery, TimeProvider clock)
{
    private static readonly int[] Ports = [443, 80, 88, 8443];

    public JsonNode Set(SandboxAccount account, BotCall call)
    {
        if (call.Text("url") is not { Length: > 0 } url)
            return Delete(account, call);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
            throw new BotRefusal(400, "Bad Request: bad webhook: invalid URL specified");
        // The one liberty of the sandbox: plain http on any port of this machine.
        if (!address.IsLoopback && (address.Scheme != "https" || !Ports.Contains(address.Port)))
            throw new BotRefusal(400, address.Scheme != "https" ? "Bad Request: bad webhook: An HTTPS URL must be provided for webhook" : "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443");
        if (call.Text("secret_token") is { Length: > 0 } secret && !Secret().IsMatch(secret))
            throw new BotRefusal(400, "Bad Request: secret token contains unallowed characters");
        if (call.Has("max_connections") && call.Number("max_connections") is not (>= 1 and <= 100))
            throw new BotRefusal(400, "Bad Request: max_connections is out of range");

        var bot = bots.Of(account);
        if (clock.GetUtcNow() - bot.LastSetWebhook < TimeSpan.FromSeconds(1))
            throw new BotRefusal(429, "Too Many Requests: retry after 1", 1);
        bot.LastSetWebhook = clock.GetUtcNow();
        if (call.Number("max_connections") is { } connections && connections != bot.MaxConnections)
            (bot.MaxConnections, bot.Connections) = ((int)connections, new SemaphoreSlim((int)connections));
        Allow(bot, call);
        Drop(bot, call);
        accounts.Change(account.Name, a => a with { WebhookUrl = url, WebhookSecret = call.Text("secret_token") });
        (bot.LastError, bot.LastErrorAt) = (null, null);
        delivery.StartAll(account);
        return true;
    }

    public JsonNode Delete(SandboxAccount account, BotCall call)
    {
        var bot = bots.Of(account);
        Drop(bot, call);
        accounts.Change(account.Name, a => a with { WebhookUrl = null, WebhookSecret = null });
        bot.Wake();
        return true;
    }

    public JsonNode Info(SandboxAccount account)
    {
        var bot = bots.Of(account);
        var info = new JsonObject { ["url"] = account.WebhookUrl ?? "", ["has_custom_certificate"] = false, ["pending_update_count"] = bot.Pending.Count };
        if (account.WebhookUrl is not null)
        {
            info["max_connections"] = bot.MaxConnections;
            info["ip_address"] = "127.0.0.1";
        }
        if (bot.AllowedUpdates is { Count: > 0 } allowed)
            info["allowed_updates"] = new JsonArray([.. allowed.Select(a => JsonValue.Create(a))]);
        if (bot.LastErrorAt is { } at)
        {
            info["last_error_date"] = at.ToUnixTimeSeconds();
            info["last_error_message"] = bot.LastError;
        }
        return info;
    }

    /// <summary>Waits up to <c>timeout</c> seconds for something to tell; an offset confirms what is below it.</summary>
    public async Task<JsonNode> UpdatesAsync(SandboxAccount account, BotCall call, CancellationToken ct)
    {
        if (account.WebhookUrl is not null)
            throw new BotRefusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
        var bot = bots.Of(account);
        Allow(bot, call);
        var until = clock.GetUtcNow() + TimeSpan.FromSeconds(Math.Clamp(call.Number("timeout") ?? 0, 0, 50));
        var offset = call.Number("offset") ?? 0;
        var limit = (int)Math.Clamp(call.Number("limit") ?? 100, 1, 100);
        while (true)
        {
            var woken = bot.Woken;
            foreach (var known in bot.Pending.Where(u => u.Id < offset || u.Expires < clock.GetUtcNow()))
                bot.Done(known);
            var waiting = bot.Pending.Take(limit).ToList();
            var left = until - clock.GetUtcNow();
            if (waiting.Count > 0 || left <= TimeSpan.Zero)
                return new JsonArray([.. waiting.Select(u => u.Body.DeepClone())]);
            try
            {
                await woken.WaitAsync(left, clock, ct);
            }
            catch (TimeoutException)
            {
                // nothing came
            }
        }
    }

    private static void Allow(TelegramBot bot, BotCall call)
    {
        if (call.Json("allowed_updates") is JsonArray kinds)
            bot.AllowedUpdates = [.. kinds.Select(k => k?.ToString()).OfType<string>()];
    }

    private static void Drop(TelegramBot bot, BotCall call)
    {
        if (call.Flag("drop_pending_updates"))
            bot.DropPending();
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,256}$")]
    private static partial Regex Secret();
}

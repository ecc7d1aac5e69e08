using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Faults;
using Cea.Sandbox.Messages;
using Cea.Sandbox.Webhooks;

namespace Cea.Sandbox.Telegram;

/// <summary>
/// Updates to a bot's webhook: in order within a chat, chats side by side, each again and again until a 2xx or its time is over.
/// </summary>
internal sealed class TelegramDelivery(AccountBook accounts, TelegramBots bots, WebhookCaller caller, MessageBook book, FaultBoard faults, Background background, IConfiguration settings, TimeProvider clock)
{
    public const string SecretHeader = "X-Telegram-Bot-Api-Secret-Token";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60), LongestAsked = TimeSpan.FromHours(1);

    /// <summary>Makes the waits between attempts shorter, for tests.</summary>
    private readonly double _scale = settings.GetValue("Sandbox:RetryScale", 1.0);

    /// <summary>Carries out a method that a webhook's answer asks for. Set by the API, which needs this class itself.</summary>
    public Func<SandboxAccount, JsonObject, Task>? Answered { get; set; }

    public void Start(SandboxAccount account, long chat)
    {
        var bot = bots.Of(account);
        if (bot.BeginDelivery(chat))
            background.Start(ct => RunAsync(account.Name, bot, chat, ct));
    }

    /// <summary>After the webhook was set: everything that waits goes at once.</summary>
    public void StartAll(SandboxAccount account)
    {
        var bot = bots.Of(account);
        bot.Wake();
        foreach (var chat in bot.Pending.Select(u => u.Chat).Distinct())
            Start(account, chat);
    }

    private async Task RunAsync(string name, TelegramBot bot, long chat, CancellationToken ct)
    {
        var failures = 0;
        while (true)
        {
            var account = accounts.Find(name);
            if (account?.WebhookUrl is not { } url)
            {
                bot.EndDelivery(chat, evenIfMore: true);
                if (accounts.Find(name)?.WebhookUrl is null || !bot.BeginDelivery(chat))
                    return;
                continue; // it was set in this very moment
            }
            if (bot.FirstOf(chat) is not { } update)
            {
                if (bot.EndDelivery(chat, evenIfMore: false))
                    return;
                continue;
            }
            if (update.Expires < clock.GetUtcNow())
            {
                bot.Done(update);
                update.FirstAnswer.TrySetResult((null, "expired"));
                continue;
            }

            var woken = bot.Woken;
            var answer = await PostAsync(account, bot, url, update, ct);
            var over = answer.IsOk || faults.Take(FaultNames.NeverRetries, name) is not null;
            if (over)
                bot.Done(update);
            update.FirstAnswer.TrySetResult((answer.Status, answer.Error));
            failures = over ? 0 : failures + 1;
            if (answer.IsOk)
                await FollowAsync(account, answer);
            else if (!over)
                await WaitAsync(failures, answer.RetryAfter, woken, ct);
        }
    }

    private async Task<WebhookAnswer> PostAsync(SandboxAccount account, TelegramBot bot, string url, TelegramUpdate update, CancellationToken ct)
    {
        KeyValuePair<string, string>[] headers = account.WebhookSecret is { Length: > 0 } secret ? [new(SecretHeader, secret)] : [];
        using var content = new ByteArrayContent(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(update.Body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        await bot.Connections.WaitAsync(ct);
        WebhookAnswer answer;
        try
        {
            answer = await caller.PostAsync(account, url, content, headers, Timeout, ct);
        }
        finally
        {
            bot.Connections.Release();
        }
        book.Change(update.Message, m => m.Delivered(new WebhookDelivery(clock.GetUtcNow(), update.What, answer.Status, answer.Error)));
        if (!answer.IsOk)
        {
            bot.LastErrorAt = clock.GetUtcNow();
            bot.LastError = answer.Status is { } status
                ? $"Wrong response from the webhook: {status} {Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status)}"
                : answer.Trouble == WebhookTrouble.Connect ? "Connection refused" : "Read timeout expired";
        }
        return answer;
    }

    // The first failure is tried again at once, then after 2, 4, 8... seconds up to a minute or two; the webhook may ask for another time.
    private async Task WaitAsync(int failures, TimeSpan? asked, Task woken, CancellationToken ct)
    {
        var wait = asked is { } after ? (after < LongestAsked ? after : LongestAsked)
            : failures == 1 ? TimeSpan.Zero
            : TimeSpan.FromSeconds(Math.Min(Math.Pow(2, failures - 1), RandomNumberGenerator.GetInt32(60, 121)));
        try
        {
            await woken.WaitAsync(wait * _scale, clock, ct); // ends early when the webhook is set anew
        }
        catch (TimeoutException)
        {
            // the usual end
        }
    }

    private async Task FollowAsync(SandboxAccount account, WebhookAnswer answer)
    {
        if (Answered is null || answer.ContentType != "application/json" || answer.Body.Length == 0)
            return;
        try
        {
            if (JsonNode.Parse(answer.Body) is JsonObject call && call.ContainsKey("method"))
                await Answered(account, call);
        }
        catch (System.Text.Json.JsonException)
        {
            // no method call: Telegram does not mind
        }
    }
}

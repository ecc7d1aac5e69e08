using System.Globalization;
using System.Text.Json.Nodes;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Control;
using Cea.Sandbox.Faults;
using Cea.Sandbox.Lines;
using Cea.Sandbox.Messages;

namespace Cea.Sandbox.Telegram;

/// <summary>Private chats with a Telegram bot.</summary>
internal sealed class TelegramLine(MessageBook book, MediaStore media, FaultBoard faults, TelegramBots bots, TelegramDelivery delivery, TimeProvider clock) : ILine
{
    private static readonly TimeSpan LongestTurn = TimeSpan.FromSeconds(20), MessageLife = TimeSpan.FromHours(24), QueryLife = TimeSpan.FromSeconds(150);

    public string Kind => TelegramAccount.Name;

    public async Task<InboundResult> ReceiveAsync(SandboxAccount account, InboundMessage message, CancellationToken ct)
    {
        var chat = ChatId(message.From);
        var bot = bots.Of(account);
        if (message.Place is { } place && (!place.IsOnEarth || message.Text.Length + message.Media.Count > 0 || message.EditOf is not null))
            throw new ControlException("a place is latitude and longitude, in a message of its own");
        bot.Started(chat);
        var (held, update) = message.EditOf is { } edited ? Edit(account, chat, edited, message) : New(account, bot, chat, message);
        return await QueueAsync(account, bot, chat, message.EditOf is null ? "message" : "edited_message", update, clock.GetUtcNow() + MessageLife, held, "receive", message, ct);
    }

    public async Task<InboundResult> PressAsync(SandboxAccount account, ButtonPress press, CancellationToken ct)
    {
        var chat = ChatId(press.From);
        var bot = bots.Of(account);
        var held = book.Find(account.Name, press.ExternalId ?? TelegramJson.ExternalId(chat, press.MessageId)) is { IsInbound: false } sent && sent.To == press.From ? sent : throw new ControlException("no such message");
        if (!held.Buttons.SelectMany(b => b).Any(b => b.Data == press.Data))
            throw new ControlException("no such button");
        var query = new JsonObject
        {
            ["id"] = bot.NewQuery(held.Id, clock.GetUtcNow()),
            ["from"] = TelegramJson.Person(chat, null, null),
            ["message"] = TelegramJson.Message(account, held),
            ["chat_instance"] = (chat * 7919).ToString(CultureInfo.InvariantCulture),
            ["data"] = press.Data,
        };
        return await QueueAsync(account, bot, chat, "callback_query", query, clock.GetUtcNow() + QueryLife, held, "press", new InboundMessage(), ct);
    }

    public PlayedMessage Offer(SandboxAccount account, ButtonOffer offer) => throw new ControlException("a bot sends its buttons itself: sendMessage with an inline_keyboard");

    public async Task BlockAsync(SandboxAccount account, string from, bool blocked, CancellationToken ct)
    {
        var chat = ChatId(from);
        var bot = bots.Of(account);
        if (bot.IsBlockedBy(chat) == blocked)
            return;
        bot.SetBlocked(chat, blocked);
        JsonObject Member(string status) => new() { ["user"] = TelegramJson.Bot(account), ["status"] = status };
        var change = new JsonObject
        {
            ["chat"] = TelegramJson.Chat(chat, null),
            ["from"] = TelegramJson.Person(chat, null, null),
            ["date"] = clock.GetUtcNow().ToUnixTimeSeconds(),
            ["old_chat_member"] = Member(blocked ? "member" : "kicked"),
            ["new_chat_member"] = Member(blocked ? "kicked" : "member"),
        };
        if (Allowed(bot, "my_chat_member") && bot.Queue(chat, "my_chat_member", change, clock.GetUtcNow() + MessageLife, 0, "member", null) is { } update)
        {
            delivery.Start(account, chat);
            bot.Wake();
            await TurnAsync(update, ct);
        }
    }

    private (PlayedMessage Held, JsonObject Message) New(SandboxAccount account, TelegramBot bot, long chat, InboundMessage message)
    {
        var id = bot.NextMessageId(chat, message.MessageId);
        var files = message.Media.Select(m =>
        {
            var bytes = Convert.FromBase64String(m.Base64 ?? "");
            return (Sent: m, Kept: new PlayedMedia(media.Add(bytes, m.ContentType), m.ContentType, m.Size ?? bytes.Length, m.FileName));
        }).ToList();
        var external = TelegramJson.ExternalId(chat, id);
        var held = message.MessageId is not null && book.Find(account.Name, external) is { } again ? again : book.Add(new PlayedMessage
        {
            Account = account.Name, Kind = account.Kind, ExternalId = external, Direction = PlayedMessage.Inbound, Origin = "received",
            From = chat.ToString(CultureInfo.InvariantCulture), To = account.Address, Text = message.Text, Status = "received", Media = [.. files.Select(f => f.Kept)], Place = message.Place,
        });
        var json = TelegramJson.Inbound(chat, id, held, message);
        foreach (var (sent, kept) in files.Take(1))
            TelegramJson.AddFile(json, sent, kept);
        return (held, json);
    }

    private (PlayedMessage Held, JsonObject Message) Edit(SandboxAccount account, long chat, long id, InboundMessage message)
    {
        var held = book.Find(account.Name, TelegramJson.ExternalId(chat, id)) is { IsInbound: true } known ? known : throw new ControlException("no such message of this person");
        held = book.Change(held.Id, m => m with { Text = message.Text, Edited = true }) ?? held;
        var json = TelegramJson.Inbound(chat, id, held, message);
        json["edit_date"] = clock.GetUtcNow().ToUnixTimeSeconds();
        return (held, json);
    }

    private async Task<InboundResult> QueueAsync(
        SandboxAccount account, TelegramBot bot, long chat, string kind, JsonObject content, DateTimeOffset expires, PlayedMessage held, string what, InboundMessage asked, CancellationToken ct)
    {
        if (!Allowed(bot, kind))
            return new InboundResult(held.Id, held.ExternalId, null, "the bot does not want such updates", 0);
        if (bot.Queue(chat, kind, content, expires, held.Id, what, asked.UpdateId) is not { } update)
            throw new ControlException("too many updates wait for this bot");
        if (faults.Take(FaultNames.InboundDuplicate, account.Name, asked.From) is not null)
            bot.Queue(chat, kind, (JsonObject)content.DeepClone(), expires, held.Id, what, update.Id);
        delivery.Start(account, chat);
        if (account.WebhookUrl is null)
        {
            bot.Wake(); // for getUpdates
            return new InboundResult(held.Id, held.ExternalId, null, "the bot has no webhook", 0);
        }
        var (status, error) = await TurnAsync(update, ct);
        if (asked.Retry == "none" && status is not (>= 200 and < 300))
            bot.Done(update);
        return new InboundResult(held.Id, held.ExternalId, status, error, status is null && error == Waiting ? 0 : 1);
    }

    private const string Waiting = "waits behind another update of this chat";

    private async Task<(int? Status, string? Error)> TurnAsync(TelegramUpdate update, CancellationToken ct)
    {
        try
        {
            return await update.FirstAnswer.Task.WaitAsync(LongestTurn, clock, ct);
        }
        catch (TimeoutException)
        {
            return (null, Waiting);
        }
    }

    private static bool Allowed(TelegramBot bot, string kind) => bot.AllowedUpdates is not { Count: > 0 } allowed || allowed.Contains(kind);

    private static long ChatId(string from) =>
        long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0 ? id : throw new ControlException("from is a person's id at Telegram, digits only");
}

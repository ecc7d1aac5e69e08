using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Messages;

namespace Cea.Sandbox.Telegram;

/// <summary>The methods that put messages on a person's phone, and change them.</summary>
internal sealed class TelegramMessages(MessageBook book, TelegramBots bots, TimeProvider clock)
{
    private const int LongestText = 4096, LongestData = 64, LongestNotice = 200;
    private static readonly TimeSpan QueryLife = TimeSpan.FromSeconds(150);

    public JsonNode Send(SandboxAccount account, BotCall call)
    {
        var chat = Chat(account, call);
        var bot = bots.Of(account);
        var text = TextOf(call);
        var buttons = Buttons(call);
        var message = book.Add(new PlayedMessage
        {
            Account = account.Name, Kind = account.Kind, ExternalId = TelegramJson.ExternalId(chat, bot.NextMessageId(chat)), Direction = PlayedMessage.Outbound, Origin = "api", From = account.Address,
            To = chat.ToString(CultureInfo.InvariantCulture), Text = text, Status = "sent", Buttons = buttons,
        });
        return TelegramJson.Message(account, message);
    }

    public JsonNode EditText(SandboxAccount account, BotCall call)
    {
        var message = Own(account, call);
        var (text, buttons) = (TextOf(call), Buttons(call));
        if (message.Text == text && Same(message.Buttons, buttons))
            throw new BotRefusal(400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message");
        return TelegramJson.Message(account, book.Change(message.Id, m => m with { Text = text, Buttons = buttons, Edited = true }) ?? message);
    }

    public JsonNode EditButtons(SandboxAccount account, BotCall call)
    {
        var message = Own(account, call);
        var buttons = Buttons(call);
        return TelegramJson.Message(account, book.Change(message.Id, m => m with { Buttons = buttons, Edited = true }) ?? message);
    }

    public JsonNode Delete(SandboxAccount account, BotCall call)
    {
        var message = Own(account, call);
        book.Change(message.Id, m => m with { Text = "", Buttons = [], Deleted = true });
        return true;
    }

    public JsonNode AnswerQuery(SandboxAccount account, BotCall call)
    {
        if (call.Text("text") is { Length: > LongestNotice })
            throw new BotRefusal(400, "Bad Request: MESSAGE_TOO_LONG");
        if (bots.Of(account).TakeQuery(call.Text("callback_query_id") ?? "") is not { } query || clock.GetUtcNow() - query.At > QueryLife)
            throw new BotRefusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid");
        book.Change(query.Message, m => m with { Notice = call.Text("text") ?? "" });
        return true;
    }

    public JsonNode Action(SandboxAccount account, BotCall call)
    {
        Chat(account, call);
        return call.Text("action") is { Length: > 0 } ? true : throw new BotRefusal(400, "Bad Request: wrong parameter action in request");
    }

    private long Chat(SandboxAccount account, BotCall call)
    {
        var bot = bots.Of(account);
        if (!call.Has("chat_id"))
            throw new BotRefusal(400, "Bad Request: chat_id is empty");
        if (call.Number("chat_id") is not { } chat || !bot.HasStarted(chat))
            throw new BotRefusal(400, "Bad Request: chat not found");
        return bot.IsBlockedBy(chat) ? throw new BotRefusal(403, "Forbidden: bot was blocked by the user") : chat;
    }

    private PlayedMessage Own(SandboxAccount account, BotCall call) =>
        call.Number("message_id") is { } id && book.Find(account.Name, TelegramJson.ExternalId(Chat(account, call), id)) is { IsInbound: false, Deleted: false } message
            ? message : throw new BotRefusal(400, "Bad Request: message to edit not found");

    private static string TextOf(BotCall call) => call.Text("text") switch
    {
        null or "" => throw new BotRefusal(400, "Bad Request: message text is empty"),
        { Length: > LongestText } => throw new BotRefusal(400, "Bad Request: message is too long"),
        var text => text,
    };

    private static List<IReadOnlyList<PlayedButton>> Buttons(BotCall call)
    {
        if (!call.Has("reply_markup"))
            return [];
        if (call.Json("reply_markup") is not JsonObject markup)
            throw new BotRefusal(400, "Bad Request: object expected as reply markup");
        var rows = new List<IReadOnlyList<PlayedButton>>();
        foreach (var row in markup["inline_keyboard"] as JsonArray ?? [])
        {
            var buttons = (row as JsonArray ?? []).OfType<JsonObject>().Select(b => new PlayedButton(b["text"]?.ToString() ?? "", b["callback_data"]?.ToString())).ToList();
            if (buttons.Any(b => b.Text.Length == 0))
                throw new BotRefusal(400, "Bad Request: text buttons are unallowed in the inline keyboard");
            if (buttons.Any(b => b.Data is { } data && Encoding.UTF8.GetByteCount(data) is 0 or > LongestData))
                throw new BotRefusal(400, "Bad Request: BUTTON_DATA_INVALID");
            rows.Add(buttons);
        }
        return rows;
    }

    private static bool Same(IReadOnlyList<IReadOnlyList<PlayedButton>> one, List<IReadOnlyList<PlayedButton>> other) =>
        one.Count == other.Count && one.Zip(other).All(p => p.First.SequenceEqual(p.Second));
}

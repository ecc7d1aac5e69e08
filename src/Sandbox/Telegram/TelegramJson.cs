using System.Globalization;
using System.Text.Json.Nodes;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Lines;
using Cea.Sandbox.Messages;

namespace Cea.Sandbox.Telegram;

/// <summary>The Bot API's objects.</summary>
internal static class TelegramJson
{
    /// <summary>Message ids are unique within their chat only.</summary>
    public static string ExternalId(long chat, long message) => string.Create(CultureInfo.InvariantCulture, $"{chat}:{message}");

    public static JsonObject Bot(SandboxAccount account) => new()
    {
        ["id"] = TelegramBot.IdOf(account),
        ["is_bot"] = true,
        ["first_name"] = "Cea",
        ["username"] = account.BotUsername,
    };

    public static JsonObject Person(long id, string? name, string? language)
    {
        var person = new JsonObject { ["id"] = id, ["is_bot"] = false, ["first_name"] = name ?? "Phone" };
        if (!string.IsNullOrEmpty(language))
            person["language_code"] = language;
        return person;
    }

    public static JsonObject Chat(long id, string? name) => new() { ["id"] = id, ["first_name"] = name ?? "Phone", ["type"] = "private" };

    public static JsonObject Inbound(long chat, long id, PlayedMessage held, InboundMessage message)
    {
        var json = new JsonObject
        {
            ["message_id"] = id,
            ["from"] = Person(chat, message.Name, message.Lang),
            ["chat"] = Chat(chat, message.Name),
            ["date"] = held.At.ToUnixTimeSeconds(),
        };
        if (message.Text.Length > 0)
            json[message.Media.Count > 0 ? "caption" : "text"] = message.Text;
        if (message.Text.StartsWith('/') && message.Media.Count == 0)
            json["entities"] = new JsonArray(new JsonObject { ["type"] = "bot_command", ["offset"] = 0, ["length"] = message.Text.Split(' ', 2)[0].Length });
        if (message.Place is { } place)
            json["location"] = new JsonObject { ["latitude"] = place.Latitude, ["longitude"] = place.Longitude };
        foreach (var (name, value) in message.Extra ?? [])
            json[name] = value?.DeepClone();
        return json;
    }

    public static void AddFile(JsonObject message, InboundMedia sent, PlayedMedia kept)
    {
        var kind = sent.Kind ?? sent.ContentType.Split('/')[0] switch { "image" => "photo", "audio" => "voice", "video" => "video", _ => "document" };
        var file = new JsonObject { ["file_id"] = kept.Id, ["file_unique_id"] = kept.Id[..12], ["file_size"] = kept.Size };
        switch (kind)
        {
            case "photo":
                file["width"] = 640;
                file["height"] = 480;
                message["photo"] = new JsonArray(file);
                return;
            case "voice" or "audio" or "video" or "video_note":
                file["duration"] = 3;
                break;
            default:
                file["file_name"] = sent.FileName ?? "file";
                break;
        }
        file["mime_type"] = sent.ContentType;
        message[kind] = file;
    }

    /// <summary>A message of the bot, as the calls that make or change it return it.</summary>
    public static JsonObject Message(SandboxAccount account, PlayedMessage message)
    {
        var ids = message.ExternalId.Split(':');
        var chat = long.Parse(ids[0], CultureInfo.InvariantCulture);
        var json = new JsonObject
        {
            ["message_id"] = long.Parse(ids[1], CultureInfo.InvariantCulture),
            ["from"] = Bot(account),
            ["chat"] = Chat(chat, null),
            ["date"] = message.At.ToUnixTimeSeconds(),
            ["text"] = message.Text,
        };
        if (message.Edited)
            json["edit_date"] = message.ChangedAt.ToUnixTimeSeconds();
        if (message.Buttons.Count > 0)
        {
            json["reply_markup"] = new JsonObject
            {
                ["inline_keyboard"] = new JsonArray([.. message.Buttons.Select(row =>
                    new JsonArray([.. row.Select(b => new JsonObject { ["text"] = b.Text, ["callback_data"] = b.Data })]))]),
            };
        }
        return json;
    }
}

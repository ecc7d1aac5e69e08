using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;

namespace Cea.Channels.Telegram;

/// <summary>A Telegram bot's private chats, both ways. The header's secret is the only proof that Telegram is calling.</summary>
public sealed class TelegramChannel(IHttpClientFactory http) : IChannel, IFetchesMedia, IChecksAccount, ISetsWebhook, IAnswersPresses, IDeletesSent
{
    public const string SecretHeader = "X-Telegram-Bot-Api-Secret-Token", Space = "telegram";

    /// <summary>Telegram gives no larger file to a bot.</summary>
    public const long MostBytes = 20_000_000;
    private const int MostSaid = 200;
    private static readonly string[] Updates = ["message", "edited_message", "callback_query", "my_chat_member"];
    private readonly TelegramApi _api = new(http);

    private const int UsualRate = 25;

    public string Kind => "telegram";

    public ChannelTraits Traits { get; } = new()
    {
        AddressSpace = Space, MaxLength = 4096, SplitsLongText = true, RatePerAccount = UsualRate, RatePerAddress = 1, FurthestState = "sent", IfrcChannel = "Messaging apps",
    };

    public IReadOnlyList<AccountSetting> Settings { get; } =
    [
        new("BotToken", true, true, "The token that @BotFather gave"),
        new("WebhookSecret", true, true, "1 to 256 characters A-Z a-z 0-9 _ -"),
        AccountSetting.OfRate(UsualRate),
        new("ApiBaseUrl", false, false, "Only for a test provider", TelegramApi.DefaultBase),
    ];

    public WebhookOutcome Receive(WebhookCall call, ChannelAccount account)
    {
        if (!SameSecret(call.Header(SecretHeader), account["WebhookSecret"]))
            return WebhookOutcome.Refused(403, "secret does not match");
        if (call.Action != "receive")
            return WebhookOutcome.Refused(404, "no such action");
        try
        {
            using var update = JsonDocument.Parse(call.Body, new JsonDocumentOptions { MaxDepth = 64 });
            return Read(update.RootElement);
        }
        catch (Exception odd) when (odd is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            return WebhookOutcome.Unreadable("not an update"); // kept raw and answered 200: a 5xx would block this chat for a day
        }
    }

    // The answer may carry a method call, but its result would be lost: always empty.
    public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => WebhookAnswer.Empty();

    public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct) => _api.SendAsync(message, account, ct);

    public Task<MediaFetched> FetchAsync(string reference, ChannelAccount account, long most, CancellationToken ct) => _api.FetchAsync(reference, account, Math.Min(most, MostBytes), ct);

    public async Task<bool> AnswerPressAsync(string press, ChannelAccount account, CancellationToken ct) =>
        (await _api.AskAsync(account, "answerCallbackQuery", new { callback_query_id = press }, ct)).Result is { ValueKind: JsonValueKind.True };

    // In a private chat a bot deletes what is younger than 48 hours, for both sides. What the person wrote he deletes himself, at any time, for both sides.
    public async Task<bool> DeleteSentAsync(string externalId, ChannelAccount account, CancellationToken ct)
    {
        if (externalId.Split(':') is not [var chat, var id] || !long.TryParse(chat, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var to) || !long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var message))
            return true;
        var said = await _api.AskAsync(account, "deleteMessage", new { chat_id = to, message_id = message }, ct);
        return said.Refused is null || (said.Refused == HttpStatusCode.BadRequest && said.Why.Contains("not found", StringComparison.OrdinalIgnoreCase));
    }

    public async Task<IReadOnlyList<LineProblem>> CheckAsync(ChannelAccount account, Uri webhook, CancellationToken ct)
    {
        var info = await _api.AskAsync(account, "getWebhookInfo", new { }, ct);
        if (info.KnowsNoSuchBot)
            return [NoSuchBot];
        if (info.Result is not { ValueKind: JsonValueKind.Object } json)
            throw new HttpRequestException("Telegram does not say", null, info.Refused);
        var problems = new List<LineProblem>();
        if (Text(json, "url") != webhook.ToString())
            problems.Add(new("bot_elsewhere", true, $"the bot's webhook is {(Text(json, "url") is { Length: > 0 } ? "another address" : "not set")}; set it to {webhook} with the secret of this account", webhook.ToString()));
        if (json.TryGetProperty("pending_update_count", out var pending) && pending.GetInt32() > 100)
            problems.Add(new("updates_waiting", false, $"{pending.GetInt32()} updates are waiting at Telegram", pending.GetInt32().ToString(CultureInfo.InvariantCulture)));
        if (json.TryGetProperty("last_error_date", out var date) && TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - date.GetInt64() < 3600)
            problems.Add(new("not_delivered", false, $"Telegram could not deliver in the last hour: {Short(Text(json, "last_error_message"))}", Short(Text(json, "last_error_message"))));
        return problems;
    }

    // Without drop_pending_updates what waits at Telegram stays there and comes to the new address.
    public async Task<LineProblem?> SetWebhookAsync(ChannelAccount account, Uri webhook, CancellationToken ct)
    {
        var said = await _api.AskAsync(account, "setWebhook", new { url = webhook.ToString(), secret_token = account["WebhookSecret"], allowed_updates = Updates }, ct);
        return said.Refused is null ? null : said.KnowsNoSuchBot ? NoSuchBot : new LineProblem("webhook_refused", true, $"Telegram does not take the address: {Short(said.Why)}", Short(said.Why));
    }

    private static LineProblem NoSuchBot => new("token_refused", true, "Telegram does not accept this bot token");

    // Telegram's own words, which a page shows and the check keeps.
    private static string Short(string? said) => said is { Length: > MostSaid } ? said[..(char.IsHighSurrogate(said[MostSaid - 1]) ? MostSaid - 1 : MostSaid)] : said ?? "";

    private static WebhookOutcome Read(JsonElement update)
    {
        if (update.TryGetProperty("message", out var message))
            return Message(message, null);
        if (update.TryGetProperty("edited_message", out var edited))
            return Message(edited, Id(edited));
        if (update.TryGetProperty("callback_query", out var query))
            return Button(query);
        if (update.TryGetProperty("my_chat_member", out var member) && IsPrivate(member))
        {
            var status = Text(member.GetProperty("new_chat_member"), "status");
            return WebhookOutcome.Accepted(new ReachChanged
            {
                ExternalId = $"member {update.GetProperty("update_id").GetInt64()}", Address = Chat(member), Reachable = status is "member", At = Date(member, "date"),
            });
        }
        return WebhookOutcome.Ignored("nothing for us");
    }

    private static WebhookOutcome Message(JsonElement message, string? edits)
    {
        if (!IsPrivate(message))
            return WebhookOutcome.Ignored("not a private chat");
        var text = Text(message, "text") ?? Text(message, "caption") ?? "";
        var media = Media(message).ToList();
        if (Within(message, "location") is { } spot && spot.TryGetProperty("latitude", out var north) && spot.TryGetProperty("longitude", out var east) && north.ValueKind == JsonValueKind.Number && east.ValueKind == JsonValueKind.Number
            && CoarsePlace.Told(north.GetDouble(), east.GetDouble()) is { } place)
            text = text.Length == 0 ? place : $"{text}\n{place}";
        if (Within(message, "contact") is { } contact && Text(contact, "phone_number") is { Length: > 0 and <= 40 } number)
            text = text.Length == 0 ? number : $"{text}\n{number}"; // whose it is, the card's name would say: the number is what he gives
        if (text.Length == 0 && media.Count == 0 && !message.TryGetProperty("location", out _) && !message.TryGetProperty("sticker", out _) && !message.TryGetProperty("contact", out _))
            return WebhookOutcome.Ignored("a service message");
        var at = Date(message, edits is null ? "date" : "edit_date");
        return WebhookOutcome.Accepted(new MessageReceived
        {
            ExternalId = edits is null ? Id(message) : $"{edits} edit {at?.ToUnixTimeSeconds()}",
            Edits = edits,
            From = Chat(message),
            Text = new PersonalText(text),
            At = at,
            Media = media,
            LanguageHint = message.TryGetProperty("from", out var from) ? Text(from, "language_code") : null,
        });
    }

    private static WebhookOutcome Button(JsonElement query)
    {
        if (!query.TryGetProperty("message", out var message) || !IsPrivate(message) || Text(query, "data") is not { Length: > 0 } data || Text(query, "id") is not { Length: > 0 } id)
            return WebhookOutcome.Ignored("a button of no use");
        return WebhookOutcome.Accepted(new MessageReceived { ExternalId = $"button {id}", From = Chat(message), Text = new PersonalText(data), Press = id });
    }

    private static IEnumerable<ReceivedMedia> Media(JsonElement message)
    {
        if (message.TryGetProperty("photo", out var sizes) && sizes.ValueKind == JsonValueKind.Array && sizes.GetArrayLength() > 0)
            yield return File(sizes[sizes.GetArrayLength() - 1], "photo", "image/jpeg");
        foreach (var kind in new[] { "voice", "audio", "video", "video_note", "document" })
        {
            if (message.TryGetProperty(kind, out var file) && file.ValueKind == JsonValueKind.Object)
                yield return File(file, kind, null);
        }
    }

    private static ReceivedMedia File(JsonElement file, string kind, string? type) =>
        new(Text(file, "file_id") ?? "", Text(file, "mime_type") ?? type, Number(file, "file_size"), kind) { Limit = Number(file, "file_size") > MostBytes ? MostBytes : null };

    private static string Id(JsonElement message) =>
        $"{message.GetProperty("chat").GetProperty("id").GetInt64()}:{message.GetProperty("message_id").GetInt64()}"; // message ids are unique within their chat only

    private static bool IsPrivate(JsonElement message) => message.TryGetProperty("chat", out var chat) && Text(chat, "type") == "private";

    private static ContactAddress Chat(JsonElement message) => new(Space, message.GetProperty("chat").GetProperty("id").GetInt64().ToString(CultureInfo.InvariantCulture));

    private static DateTimeOffset? Date(JsonElement message, string name) =>
        Number(message, name) is { } seconds and > 0 and < 32_503_680_000 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    internal static long? Number(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    /// <summary>The object of this name, or null when there is none.</summary>
    internal static JsonElement? Within(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    internal static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool SameSecret(string? given, string? ours) =>
        given is not null && ours is { Length: > 0 } && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(ours));
}

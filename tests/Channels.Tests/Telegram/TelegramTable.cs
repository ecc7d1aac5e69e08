using System.Text;
using System.Text.Json;
using Cea.Channels.Telegram;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;

namespace Cea.Channels.Tests.Telegram;

/// <summary>A Telegram bot.</summary>
public sealed class TelegramTable : ChannelTable
{
    private const string Bot = "123456789:AAtest-token", Password = "s3cret_of-the-hook", Amina = "\"chat\":{\"id\":5550001112,\"first_name\":\"Amina\",\"type\":\"private\"}", From = "\"from\":{\"id\":5550001112,\"is_bot\":false,\"first_name\":\"Amina\",\"language_code\":\"sw\"}";

    public override Type Kind => typeof(TelegramChannel);

    public override IChannel Channel(IHttpClientFactory http) => new TelegramChannel(http);

    public override Dictionary<string, string> Settings(string provider) => new() { ["BotToken"] = Bot, ["WebhookSecret"] = Password, ["ApiBaseUrl"] = provider };

    public override (string Name, string Value)? Secret => ("WebhookSecret", Password);

    public override string Message(string text) => $$$$"""{"update_id":905001,"message":{"message_id":77,{{{{From}}}},{{{{Amina}}}},"date":1773482711,"text":{{{{JsonSerializer.Serialize(text)}}}}}}""";

    public override WebhookCall Call(byte[] body, string? secret, string action = "receive")
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Content-Type"] = "application/json" };
        if (secret is not null)
            headers[TelegramChannel.SecretHeader.ToLowerInvariant()] = secret;
        return new WebhookCall("POST", action, "https://cfm.example.org/cea/c/telegram/line/" + action, headers, body);
    }

    public override WebhookCall? AnothersCall => Call(Encoding.UTF8.GetBytes(Message("Maji")), "secret_of_another_bot");

    public override OutgoingText Outgoing => new(Guid.CreateVersion7(), new ContactAddress(TelegramChannel.Space, "5550001112"), new PersonalText("Asante, tumepokea"), "sw");

    public override IReadOnlyList<ReceivedCase> Received =>
    [
        new("a plain text", In(Message("Maji hayapo 💧")), Read("77", "Maji hayapo 💧")),
        new("the same number in another chat", In(Message("Maji").Replace("5550001112", "5550001113", StringComparison.Ordinal)), "message 5550001113:77 from telegram:5550001113 \"Maji\" hint sw at 2026-03-14T10:05:11"),
        new("a command", In(Message("/start abc")), Read("77", "/start abc")),
        new("a voice note", In(With("\"voice\":{\"duration\":14,\"mime_type\":\"audio/ogg\",\"file_id\":\"AwAC\",\"file_unique_id\":\"Ag\",\"file_size\":52341}")), Read("77", "", " media AwAC|audio/ogg|52341|voice")),
        new("a photo with words: the largest size", In(With("\"caption\":\"Kisima\",\"photo\":[{\"file_id\":\"small\",\"file_size\":10},{\"file_id\":\"large\",\"file_size\":2000}]")), Read("77", "Kisima", " media large|image/jpeg|2000|photo")),
        new("one picture of an album", In(With("\"media_group_id\":\"9\",\"photo\":[{\"file_id\":\"p1\"}]")), Read("77", "", " media p1|image/jpeg||photo")),
        new("a file of 21 MB", In(With("\"document\":{\"file_name\":\"x.pdf\",\"mime_type\":\"application/pdf\",\"file_id\":\"D\",\"file_size\":22020096}")), Read("77", "", " media D|application/pdf|22020096|document, more than 20000000")),
        new("a file of an odd type and size", In(With("\"document\":{\"file_id\":\"D\",\"mime_type\":7,\"file_size\":99999999999999999999}")), Read("77", "", " media D|||document")),
        new("a video", In(With("\"video\":{\"file_id\":\"V\"}")), Read("77", "", " media V|||video")),
        new("a round video", In(With("\"video_note\":{\"file_id\":\"N\"}")), Read("77", "", " media N|||video_note")),
        new("music", In(With("\"audio\":{\"file_id\":\"A\"}")), Read("77", "", " media A|||audio")),
        new("a moving picture once", In(With("\"animation\":{\"file_id\":\"G\"},\"document\":{\"file_id\":\"G\"}")), Read("77", "", " media G|||document")),
        new("a sticker", In(With("\"sticker\":{\"emoji\":\"👍\"}")), Read("77", "")),
        new("a place, kept to a kilometre", In(With("\"location\":{\"latitude\":-1.292066,\"longitude\":36.821946}")), Read("77", "📍 -1.29, 36.82")),
        new("a contact: the number is what is given", In(With("\"contact\":{\"phone_number\":\"+254711\",\"first_name\":\"B\"}")), Read("77", "+254711")),
        new("an edit", In(Message("Maji yapo").Replace("\"message\":", "\"edited_message\":", StringComparison.Ordinal).Replace("\"date\":", "\"edit_date\":1773482800,\"date\":", StringComparison.Ordinal)),
            "message 5550001112:77 edit 1773482800 from telegram:5550001112 \"Maji yapo\" edits 5550001112:77 hint sw at 2026-03-14T10:06:40"),
        new("a button", In($$$$"""{"update_id":1,"callback_query":{"id":"42","data":"csat:5",{{{{From}}}},"message":{"message_id":5,{{{{Amina}}}},"date":1773482711}}}"""), "message button 42 from telegram:5550001112 \"csat:5\" press 42"),
        new("a button without an id", In($$$$"""{"update_id":1,"callback_query":{"data":"csat:5",{{{{From}}}},"message":{"message_id":5,{{{{Amina}}}},"date":1773482711}}}"""), "ignored: a button of no use"),
        new("a button without data", In($$$$"""{"update_id":1,"callback_query":{"id":"42",{{{{From}}}},"message":{"message_id":5,{{{{Amina}}}}}}}"""), "ignored: a button of no use"),
        new("a button whose message is gone", In($$$$"""{"update_id":1,"callback_query":{"id":"42","data":"x",{{{{From}}}}}}"""), "ignored: a button of no use"),
        new("the person blocks us", In($$$$"""{"update_id":8,"my_chat_member":{{{{{Amina}}}},"date":1773482711,"new_chat_member":{"status":"kicked"}}}"""), "reach member 8 of telegram:5550001112: no at 2026-03-14T10:05:11"),
        new("the person is back", In($$$$"""{"update_id":9,"my_chat_member":{{{{{Amina}}}},"date":1773482711,"new_chat_member":{"status":"member"}}}"""), "reach member 9 of telegram:5550001112: yes at 2026-03-14T10:05:11"),
        new("added to a group", In("""{"update_id":9,"my_chat_member":{"chat":{"id":-5,"type":"group"},"new_chat_member":{"status":"member"}}}"""), "ignored: nothing for us"),
        new("talk in a group", In(Message("Maji").Replace("\"private\"", "\"supergroup\"", StringComparison.Ordinal)), "ignored: not a private chat"),
        new("a post of a channel", In("""{"update_id":9,"channel_post":{"message_id":1,"chat":{"id":-5,"type":"channel"},"text":"x"}}"""), "ignored: nothing for us"),
        new("an update of a kind that is new", In("""{"update_id":9,"hologram":{"x":1}}"""), "ignored: nothing for us"),
        new("a service message", In(With("\"pinned_message\":{\"message_id\":3}")), "ignored: a service message"),
        new("a date that cannot be", In(Message("Maji").Replace("1773482711", "99999999999999", StringComparison.Ordinal)), "message 5550001112:77 from telegram:5550001112 \"Maji\" hint sw"),
        new("a date that is no number", In(Message("Maji").Replace("1773482711", "\"today\"", StringComparison.Ordinal)), "message 5550001112:77 from telegram:5550001112 \"Maji\" hint sw"),
        new("half a character", In(Message("x").Replace("\"x\"", "\"\\ud83d\"", StringComparison.Ordinal)), "unreadable: not an update"),
        new("no message id", In(Message("Maji").Replace("\"message_id\":77,", "", StringComparison.Ordinal)), "unreadable: not an update"),
        new("a chat id that is text", In(Message("Maji").Replace("\"chat\":{\"id\":5550001112", "\"chat\":{\"id\":\"abc\"", StringComparison.Ordinal)), "unreadable: not an update"),
        new("a list", In("[1,2]"), "unreadable: not an update"),
        new("null", In("null"), "unreadable: not an update"),
        new("nothing", In(""), "unreadable: not an update"),
        new("a message that is text", In("""{"update_id":1,"message":"hi"}"""), "unreadable: not an update"),
        new("nested without an end", In(new string('[', 5000)), "unreadable: not an update"),
        new("no secret", Call(Encoding.UTF8.GetBytes(Message("Maji")), null), "refused 403: secret does not match", 403),
        new("a wrong secret", Call(Encoding.UTF8.GetBytes(Message("Maji")), "guess"), "refused 403: secret does not match", 403),
        new("the bot's token instead of the secret", Call(Encoding.UTF8.GetBytes(Message("Maji")), Bot), "refused 403: secret does not match", 403),
    ];

    public override IReadOnlyList<SentCase> Sent =>
    [
        new("taken", Taken, "taken 5550001112:901 sent") { Sees = Wire("""{"chat_id":5550001112,"text":"Asante, tumepokea","link_preview_options":{"is_disabled":true}}""") },
        new("with buttons", Taken, "taken 5550001112:901 sent")
        {
            Text = Outgoing with { Choices = [new("Yes", "yes"), new("No", "no")] },
            Sees = Wire("""{"chat_id":5550001112,"text":"Asante, tumepokea","link_preview_options":{"is_disabled":true},"reply_markup":{"inline_keyboard":[[{"text":"Yes","callback_data":"yes"}],[{"text":"No","callback_data":"no"}]]}}"""),
        },
        new("taken, but the answer has no id", Provider.Answers(200, """{"ok":true,"result":{}}"""), "in_doubt (no message id)"),
        new("taken, but the answer is true", Provider.Answers(200, """{"ok":true,"result":true}"""), "in_doubt (no message id)"),
        new("taken, but the answer is a list", Provider.Answers(200, "[]"), "in_doubt (no message id)"),
        new("taken, but the answer is a page", Provider.Answers(200, "<html>"), "in_doubt (no message id)"),
        new("an address that is no chat", Taken, "bad_address ()") { Text = Outgoing with { To = new ContactAddress(TelegramChannel.Space, "@amina") }, Calls = 0 },
        new("429 with retry_after", Failure(429, "Too Many Requests: retry after 11", ",\"parameters\":{\"retry_after\":11}"), "throttled (429) wait 11 s"),
        new("429 with the header only", Provider.Answers(429, """{"ok":false,"error_code":429,"description":"Too Many Requests"}""", ("Retry-After", "5")), "throttled (429) wait 5 s"),
        new("429 of a proxy", Provider.Answers(429, "<html>", ("Retry-After", "5")), "throttled (429) wait 5 s"),
        new("429 with odd parameters", Failure(429, "Too Many Requests", ",\"parameters\":[\"x\"]"), "throttled (429)"),
        new("429 with a wait in quotes", Failure(429, "Too Many Requests", ",\"parameters\":{\"retry_after\":\"x\"}"), "throttled (429)"),
        new("blocked by the person", Failure(403, "Forbidden: bot was blocked by the user"), "blocked_by_person (403)"),
        new("the person's account is gone", Failure(403, "Forbidden: user is deactivated"), "blocked_by_person (403)"),
        new("no such chat", Failure(400, "Bad Request: chat not found"), "bad_address (400)"),
        new("no such private chat", Failure(400, "Bad Request: private chat not found"), "bad_address (400)"),
        new("too long", Failure(400, "Bad Request: message is too long"), "content_refused (400)"),
        new("a description that is none", Provider.Answers(400, """{"ok":false,"description":5}"""), "content_refused (400)"),
        new("400 of a proxy", Provider.Answers(400, "<html>"), "content_refused (400)"),
        new("the token is revoked", Failure(401, "Unauthorized"), "account_broken (401)"),
        new("no such bot", Failure(404, "Not Found"), "account_broken (404)"),
        new("500", Failure(500, "Internal Server Error"), "in_doubt (500)"),
        new("502 of a proxy", Provider.Answers(502, "<html>"), "in_doubt (502)"),
        new("an error that is a list", Provider.Answers(403, "[]"), "blocked_by_person (403)"),
        new("hangs up after taking it", Provider.HangsUp, "in_doubt (network)"),
        new("dies in its answer", Provider.Breaks(200), "in_doubt (network)"),
        new("does not answer in time", Provider.Sleeps, "in_doubt (timeout)") { Limit = TimeSpan.FromSeconds(3) },
        new("nobody listens", Provider.Away, "not_reached (network)"),
        new("no connection in time", Provider.Mute, "not_reached (network)"),
    ];

    private static readonly Provider Taken = Provider.Answers(200, """{"ok":true,"result":{"message_id":901,"date":1773482712,"chat":{"id":5550001112,"type":"private"},"text":"x"}}""");

    private static Provider Failure(int status, string description, string more = "") => Provider.Answers(status, $$$$"""{"ok":false,"error_code":{{{{status}}}},"description":"{{{{description}}}}"{{{{more}}}}}""");

    private static string Wire(string json) => $"POST /bot{Bot}/sendMessage  {json}";

    private static string Read(string id, string text, string more = "") => $"message 5550001112:{id} from telegram:5550001112 \"{text}\" hint sw{more} at 2026-03-14T10:05:11";

    private static string With(string content) => $$$$"""{"update_id":905001,"message":{"message_id":77,{{{{From}}}},{{{{Amina}}}},"date":1773482711,{{{{content}}}}}}""";

    private WebhookCall In(string body) => Call(Encoding.UTF8.GetBytes(body), Password);
}

using System.Text;
using Cea.Channels.Tests.Twilio;
using Cea.Channels.TwilioSms;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;

namespace Cea.Channels.Tests.TwilioSms;

/// <summary>SMS through Twilio.</summary>
public sealed class TwilioSmsTable : ChannelTable
{
    private const string Sid = "AC00000000000000000000000000000001", Token = "test_auth_token", Number = "+254700000001", Url = "https://cfm.example.org/cea/c/twilio-sms/line/";
    private const string Ours = "0198c0de-0000-7000-8000-000000000001", Created = """{"account_sid":"AC00000000000000000000000000000001","error_code":null,"num_segments":"1","sid":"SM00000000000000000000000000000003","status":"queued","to":"+254711000002"}""";

    public override Type Kind => typeof(TwilioSmsChannel);

    public override IChannel Channel(IHttpClientFactory http) => new TwilioSmsChannel(http);

    public override Dictionary<string, string> Settings(string provider) => new() { ["AccountSid"] = Sid, ["AuthToken"] = Token, ["From"] = Number, ["ApiBaseUrl"] = provider };

    public override (string Name, string Value)? Secret => ("AuthToken", Token);

    public override string Message(string text) => $"MessageSid=SM1&AccountSid={Sid}&From=%2B254711000002&To=%2B254700000001&NumMedia=0&Body={Uri.EscapeDataString(text)}";

    public override WebhookCall Call(byte[] body, string? secret, string action = "receive") => TwilioSigning.Form(action, Url + action, body, secret);

    // Signed with our own token: only a sub-account or a mistaken setting makes such a call.
    public override WebhookCall? AnothersCall => In(Message("Maji").Replace(Sid, "AC00000000000000000000000000000009", StringComparison.Ordinal));

    public override OutgoingText Outgoing => new(Guid.Parse(Ours), new ContactAddress(ContactAddress.Telephone, "+254711000002"), new PersonalText("Asante & karibu"), "sw");

    public override IReadOnlyList<ReceivedCase> Received =>
    [
        new("a plain text", In(TwilioSignatureTests.Sms), "message SM00000000000000000000000000000001 from tel:+254711000002 \"Maji hayapo tangu Jumatatu 💧\""),
        new("signed with the older of two tokens", In(Message("Maji")), "message SM1 from tel:+254711000002 \"Maji\"", Changes: new() { ["AuthToken"] = "newer_token, " + Token }),
        new("signed with the newer of two tokens", In(Message("Maji")), "message SM1 from tel:+254711000002 \"Maji\"", Changes: new() { ["AuthToken"] = Token + " ,older_token" }),
        new("the copy for the fallback address", In(Message("Maji") + "&ErrorCode=11200&ErrorUrl=https%3A%2F%2Fcfm.example.org%2Fc"), "message SM1 from tel:+254711000002 \"Maji\""),
        new("a field that nobody knows", In(Message("Maji") + "&NewIn2031=x"), "message SM1 from tel:+254711000002 \"Maji\""),
        new("a number inside a Messaging Service", In(Message("Maji") + "&MessagingServiceSid=MG00000000000000000000000000000001"), "message SM1 from tel:+254711000002 \"Maji\""),
        new("a Messaging Service as the line", In(Message("Maji").Replace("254700000001", "254700000777", StringComparison.Ordinal)), "message SM1 from tel:+254711000002 \"Maji\"", Changes: new() { ["From"] = "", ["MessagingServiceSid"] = "MG1" }),
        new("a picture without words", In("MessageSid=MM2&From=%2B254711000002&To=%2B254700000001&Body=&NumMedia=1&MediaContentType0=image%2Fjpeg&MediaUrl0=https%3A%2F%2Fapi.twilio.com%2FM%2FME1"), "message MM2 from tel:+254711000002 \"\" media https://api.twilio.com/M/ME1|image/jpeg||"),
        new("two files, one of no type", In(Message("Tazama").Replace("NumMedia=0", "NumMedia=2&MediaUrl0=https%3A%2F%2Fx%2F1&MediaUrl1=https%3A%2F%2Fx%2F2&MediaContentType1=text%2Fx-odd", StringComparison.Ordinal)), "message SM1 from tel:+254711000002 \"Tazama\" media https://x/1||| media https://x/2|text/x-odd||"),
        new("more files promised than there are", In(Message("Tazama").Replace("NumMedia=0", "NumMedia=999999", StringComparison.Ordinal)), "message SM1 from tel:+254711000002 \"Tazama\""),
        new("a number of files that is none", In(Message("Tazama").Replace("NumMedia=0", "NumMedia=-x", StringComparison.Ordinal)), "message SM1 from tel:+254711000002 \"Tazama\""),
        new("an empty text", In(Message("")), "message SM1 from tel:+254711000002 \"\""),
        new("spaces around the text", In(Message(" Maji ")), "message SM1 from tel:+254711000002 \" Maji \""),
        new("STOP that Twilio answered", In(Message("STOP") + "&OptOutType=STOP"), "message SM1 from tel:+254711000002 \"STOP\" answered stop"),
        new("START that Twilio answered", In(Message("START") + "&OptOutType=START"), "message SM1 from tel:+254711000002 \"START\" answered start"),
        new("HELP that Twilio answered", In(Message("HELP") + "&OptOutType=HELP"), "message SM1 from tel:+254711000002 \"HELP\" answered help"),
        new("STOP that Twilio did not answer", In(Message("STOP")), "message SM1 from tel:+254711000002 \"STOP\""),
        new("a short code", In(Message("Promo").Replace("%2B254711000002", "22141", StringComparison.Ordinal)), "message SM1 from tel:22141 \"Promo\""),
        new("no MessageSid", In(Message("Maji").Replace("MessageSid=SM1&", "", StringComparison.Ordinal)), "unreadable: no MessageSid or From"),
        new("no sender", In(Message("Maji").Replace("From=%2B254711000002", "From=", StringComparison.Ordinal)), "unreadable: no MessageSid or From"),
        new("a MessageSid too long to be one", In(Message("Maji").Replace("SM1", new string('S', 65), StringComparison.Ordinal)), "unreadable: no MessageSid or From"),
        new("nothing at all, signed", In(""), "unreadable: no MessageSid or From"),
        new("another number of the account", In(Message("Maji").Replace("254700000001", "254700000777", StringComparison.Ordinal)), "refused 403: another number's call", 403),
        new("a token of somebody else", Call(Encoding.UTF8.GetBytes(Message("Maji")), "their_token"), "refused 403: signature does not fit", 403),
        new("an address of somebody else", new WebhookCall("POST", "receive", Url + "receive?x=1", Signed(Message("Maji")), Encoding.UTF8.GetBytes(Message("Maji"))), "refused 403: signature does not fit", 403),
        new("a text changed on the way", new WebhookCall("POST", "receive", Url + "receive", Signed(Message("Maji")), Encoding.UTF8.GetBytes(Message("Moto"))), "refused 403: signature does not fit", 403),
        new("delivered", Status("delivered", ""), $"status delivered=Delivered of SM3 known as SM3/delivered/ ours {Ours}", 204),
        new("delivered, on an address without our id", TwilioSigning.Form("status", Url + "status", TwilioSignatureTests.Delivered, Token), "status delivered=Delivered of SM00000000000000000000000000000003 known as SM00000000000000000000000000000003/delivered/", 204),
        new("an id of ours that is none", TwilioSigning.Form("status", Url + "status?m=9f1c", TwilioSignatureTests.Delivered, Token), "status delivered=Delivered of SM00000000000000000000000000000003 known as SM00000000000000000000000000000003/delivered/", 204),
        new("queued", Status("queued", ""), $"status queued=Queued of SM3 known as SM3/queued/ ours {Ours}", 204),
        new("accepted", Status("accepted", ""), $"status accepted=Queued of SM3 known as SM3/accepted/ ours {Ours}", 204),
        new("sending", Status("sending", ""), $"status sending=Sending of SM3 known as SM3/sending/ ours {Ours}", 204),
        new("sent", Status("sent", ""), $"status sent=Sent of SM3 known as SM3/sent/ ours {Ours}", 204),
        new("read", Status("read", ""), $"status read=Read of SM3 known as SM3/read/ ours {Ours}", 204),
        new("an unknown word", Status("teleported", ""), $"status teleported=Unknown of SM3 known as SM3/teleported/ ours {Ours}", 204),
        new("undelivered: no such handset", Status("undelivered", "30005"), $"status undelivered=Failed of SM3 known as SM3/undelivered/30005 ours {Ours} code 30005 failure unreachable", 204),
        new("undelivered: filtered", Status("undelivered", "30007"), $"status undelivered=Failed of SM3 known as SM3/undelivered/30007 ours {Ours} code 30007 failure filtered", 204),
        new("failed: carrier trouble", Status("failed", "30008"), $"status failed=Failed of SM3 known as SM3/failed/30008 ours {Ours} code 30008 failure carrier_trouble", 204),
        new("failed: the person opted out", Status("failed", "21610"), $"status failed=Failed of SM3 known as SM3/failed/21610 ours {Ours} code 21610 failure opted_out", 204),
        new("failed with a code that nobody knows", Status("failed", "39999"), $"status failed=Failed of SM3 known as SM3/failed/39999 ours {Ours} code 39999 failure refused", 204),
        new("failed with a code that is no number", Status("failed", "x1"), $"status failed=Failed of SM3 known as SM3/failed/x1 ours {Ours} code x1 failure refused", 204),
        new("failed without a code", Status("failed", null), $"status failed=Failed of SM3 known as SM3/failed/ ours {Ours} failure refused", 204),
        new("canceled by us", Status("canceled", null), $"status canceled=Failed of SM3 known as SM3/canceled/ ours {Ours} failure refused", 204),
        new("a status without a word", TwilioSigning.Form("status", Url + "status", "MessageSid=SM3", Token), "unreadable: no MessageSid or MessageStatus", 204),
        new("a status of another account", TwilioSigning.Form("status", Url + "status", "MessageSid=SM3&MessageStatus=sent&AccountSid=AC9", Token), "refused 403: another account's call", 403),
        new("a forged status", TwilioSigning.Form("status", Url + "status", "MessageSid=SM3&MessageStatus=delivered", null), "refused 403: signature does not fit", 403),
    ];

    public override IReadOnlyList<SentCase> Sent =>
    [
        new("taken", Provider.Answers(201, Created), "taken SM00000000000000000000000000000003 queued") { Sees = Wire("To=%2B254711000002&Body=Asante+%26+karibu&From=%2B254700000001") },
        new("taken with 200 by a service", Provider.Answers(200, Created.Replace("queued", "accepted", StringComparison.Ordinal)), "taken SM00000000000000000000000000000003 accepted")
        {
            Changes = new() { ["From"] = "", ["MessagingServiceSid"] = "MG1" }, Text = Outgoing with { StatusUrl = new Uri(Url + "status?m=" + Ours) },
            Sees = Wire($"To=%2B254711000002&Body=Asante+%26+karibu&MessagingServiceSid=MG1&StatusCallback={Uri.EscapeDataString(Url + "status?m=" + Ours)}"),
        },
        new("the newer of two tokens is shown", Provider.Answers(201, Created), "taken SM00000000000000000000000000000003 queued") { Changes = new() { ["AuthToken"] = $" {Token} , older" }, Sees = Wire("To=%2B254711000002&Body=Asante+%26+karibu&From=%2B254700000001") },
        new("taken, but the answer has no id", Provider.Answers(201, "{}"), "in_doubt (no sid)"),
        new("taken, but the answer is a page", Provider.Answers(201, "<html>"), "in_doubt (no sid)"),
        new("taken, but the answer is a list", Provider.Answers(201, "[1]"), "in_doubt (no sid)"),
        .. Errors.SelectMany(e => e.Codes.Select(code => new SentCase($"error {code}", Error(e.Status, code), $"{e.Failure} ({code})"))),
        new("an error that nobody knows", Error(400, 29999), "refused (29999)"),
        new("a code in quotes", Provider.Answers(400, """{"code":"21610","status":400}"""), "opted_out (21610)"),
        new("a code that is none", Provider.Answers(400, """{"code":{"a":1},"message":[]}"""), "refused (400)"),
        new("an error that is a list", Provider.Answers(400, "[]"), "refused (400)"),
        new("an error that is a page", Provider.Answers(400, "<html>"), "refused (400)"),
        new("401 without a word", Provider.Answers(401, ""), "account_broken (401)"),
        new("403 without a word", Provider.Answers(403, ""), "account_broken (403)"),
        new("429 with seconds", Provider.Answers(429, """{"code":20429,"status":429}""", ("Retry-After", "7")), "throttled (20429) wait 7 s"),
        new("429 of a proxy", Provider.Answers(429, "slow down"), "throttled (429)"),
        new("429 with a date long past", Provider.Answers(429, "", ("Retry-After", "Sat, 14 Mar 2020 10:05:11 GMT")), "throttled (429) wait 0 s"),
        new("500", Provider.Answers(500, """{"code":20500,"status":500}"""), "in_doubt (20500)"),
        new("502 of a proxy", Provider.Answers(502, "<html>"), "in_doubt (502)"),
        new("503", Provider.Answers(503, """{"code":20503,"status":503}""", ("Retry-After", "30")), "in_doubt (20503) wait 30 s"),
        new("408: it may have read all of it", Provider.Answers(408, ""), "in_doubt (408)"),
        new("hangs up after taking it", Provider.HangsUp, "in_doubt (network)"),
        new("dies in its answer", Provider.Breaks(201), "in_doubt (network)"),
        new("does not answer in time", Provider.Sleeps, "in_doubt (timeout)") { Limit = TimeSpan.FromSeconds(3) },
        new("nobody listens", Provider.Away, "not_reached (network)"),
        new("no connection in time", Provider.Mute, "not_reached (network)"),
        new("a name that does not exist", Provider.Away, "not_reached (network)") { Changes = new() { ["ApiBaseUrl"] = "http://twilio.invalid" } },
    ];

    private static readonly (string Failure, int Status, int[] Codes)[] Errors =
    [
        ("throttled", 400, [63017, 63018]),
        ("queue_full", 400, [21611, 30001]),
        ("account_broken", 401, [20003]),
        ("account_broken", 404, [20404]),
        ("account_broken", 400, [21606, 21603, 21703, 63007, 63008, 30002]),
        ("bad_address", 400, [21211, 21214, 21217, 21614, 21601, 63003, 63024]),
        ("opted_out", 400, [21610]),
        ("country_not_allowed", 400, [21408, 21612]),
        ("content_refused", 400, [21602, 21617, 21620, 21621, 21623, 63005, 63019, 63021, 63034]),
        ("window_closed", 400, [63016]),
        ("template", 400, [21655, 21656, 63027, 63028, 63029, 63040, 63041]),
        ("blocked_by_person", 400, [63032, 63033, 63014]),
    ];

    private static Provider Error(int status, int code) => Provider.Answers(status, $$"""{"code":{{code}},"message":"wording varies","more_info":"https://www.twilio.com/docs/errors/{{code}}","status":{{status}}}""");

    private static string Wire(string form) => $"POST /2010-04-01/Accounts/{Sid}/Messages.json Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Sid}:{Token}"))} {form}";

    private static WebhookCall In(string body) => TwilioSigning.Form("receive", Url + "receive", body, Token);

    private static WebhookCall Status(string status, string? code) =>
        TwilioSigning.Form("status", Url + "status?m=" + Ours, $"MessageSid=SM3&SmsSid=SM3&AccountSid={Sid}&MessageStatus={status}" + (code is null ? "" : $"&ErrorCode={code}"), Token);

    private static Dictionary<string, string> Signed(string body) => new(StringComparer.OrdinalIgnoreCase)
    {
        ["Content-Type"] = "application/x-www-form-urlencoded", ["X-Twilio-Signature"] = TwilioSigning.Sign(Url + "receive", body, Token),
    };
}

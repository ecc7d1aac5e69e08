using System.Text;
using Cea.Channels.Tests.Twilio;
using Cea.Channels.TwilioWhatsApp;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;

namespace Cea.Channels.Tests.TwilioWhatsApp;

/// <summary>WhatsApp through Twilio.</summary>
public sealed class TwilioWhatsAppTable : ChannelTable
{
    private const string Sid = "AC00000000000000000000000000000001", Token = "test_auth_token", Url = "https://cfm.example.org/cea/c/twilio-whatsapp/line/";
    private const string Ours = "0198c0de-0000-7000-8000-000000000001", Created = """{"account_sid":"AC00000000000000000000000000000001","error_code":null,"sid":"SM00000000000000000000000000000003","status":"queued","to":"whatsapp:+254711000002"}""";
    private const string From = "message SM1 from tel:+254711000002";

    public override Type Kind => typeof(TwilioWhatsAppChannel);

    public override IChannel Channel(IHttpClientFactory http) => new TwilioWhatsAppChannel(http);

    public override Dictionary<string, string> Settings(string provider) => new() { ["AccountSid"] = Sid, ["AuthToken"] = Token, ["From"] = "+254700000001", ["ApiBaseUrl"] = provider };

    public override (string Name, string Value)? Secret => ("AuthToken", Token);

    public override string Message(string text) => $"MessageSid=SM1&AccountSid={Sid}&From=whatsapp%3A%2B254711000002&To=whatsapp%3A%2B254700000001&ProfileName=Amina+O.&WaId=254711000002&MessageType=text&NumMedia=0&Body={Uri.EscapeDataString(text)}";

    public override WebhookCall Call(byte[] body, string? secret, string action = "receive") => TwilioSigning.Form(action, Url + action, body, secret);

    public override WebhookCall? AnothersCall => In(Message("Maji").Replace(Sid, "AC00000000000000000000000000000009", StringComparison.Ordinal));

    public override OutgoingText Outgoing => new(Guid.Parse(Ours), new ContactAddress(ContactAddress.Telephone, "+254711000002"), new PersonalText("Asante & karibu"), "sw");

    private OutgoingText Templated => Outgoing with { Template = new TemplateUse("HX1", [new PersonalText("AB\"CD"), new PersonalText("kesho")]) };

    public override IReadOnlyList<ReceivedCase> Received =>
    [
        new("a plain text: neither name nor WhatsApp id is kept", In(Message("Maji")), From + " \"Maji\""),
        new("a voice note", In(TwilioSignatureTests.WhatsApp), "message SM00000000000000000000000000000002 from tel:+254711000002 \"\" media https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages/MM00000000000000000000000000000002/Media/ME00000000000000000000000000000002|audio/ogg||"),
        new("a business-scoped id in place of a number", In(Message("Maji").Replace("%2B254711000002", "US.13491208655302741918", StringComparison.Ordinal)), "message SM1 from tel:US.13491208655302741918 \"Maji\""),
        new("an id of the person beside the number", In(Message("Maji") + "&ExternalUserId=whatsapp%3AUS.13491208655302741918"), From + " \"Maji\""),
        new("a forwarded message, an answer to an older one", In(Message("Maji") + "&Forwarded=true&OriginalRepliedMessageSid=SM9&OriginalRepliedMessageSender=whatsapp%3A%2B254700000001"), From + " \"Maji\""),
        new("a button: its label is what was said", In(Message("Ndiyo") + "&ButtonText=Ndiyo&ButtonPayload=btn_1&ButtonType=REPLY"), From + " \"Ndiyo\""),
        new("a button without a body", In(Message("") + "&ButtonText=Ndiyo&ButtonPayload=btn_1"), From + " \"Ndiyo\""),
        new("a button of ours: what it stands for", In(Message("Ndiyo, imetatuliwa") + "&ButtonText=Ndiyo%2C+imetatuliwa&ButtonPayload=cea%3Andiyo"), From + " \"ndiyo\""),
        new("a place, kept to a kilometre, without name and address", In(Message("Nyumbani+kwetu").Replace("MessageType=text", "MessageType=location", StringComparison.Ordinal) + "&Latitude=-1.292066&Longitude=36.821946&Label=Nyumbani&Address=Mtaa+7"), From + " \"📍 -1.29, 36.82\""),
        new("a place without a type", In(Message("") + "&Latitude=14.0818&Longitude=-87.20681"), From + " \"📍 14.08, -87.21\""),
        new("a place beside words", In(Message("Tupo hapa") + "&Latitude=0.001&Longitude=-0.001"), From + " \"Tupo hapa\n📍 0.00, 0.00\""),
        new("a place that is none", In(Message("Tupo hapa") + "&Latitude=NaN&Longitude=1e999"), From + " \"Tupo hapa\""),
        new("a place off the earth", In(Message("Tupo hapa") + "&Latitude=91&Longitude=10"), From + " \"Tupo hapa\""),
        new("an advertisement that was clicked", In(Message("Maji") + "&ReferralBody=x&ReferralSourceUrl=https%3A%2F%2Fx&ReferralMediaUrl=https%3A%2F%2Fx"), From + " \"Maji\""),
        new("STOP: the provider answers nothing here", In(Message("STOP")), From + " \"STOP\""),
        new("a number written with its prefix in the settings", In(Message("Maji")), From + " \"Maji\"", Changes: new() { ["From"] = "whatsapp:+254700000001" }),
        new("a Messaging Service as the line", In(Message("Maji").Replace("254700000001", "254700000777", StringComparison.Ordinal)), From + " \"Maji\"", Changes: new() { ["From"] = "", ["MessagingServiceSid"] = "MG1" }),
        new("an SMS through the same Messaging Service", In(Message("Maji").Replace("whatsapp%3A", "", StringComparison.Ordinal)), "refused 403: another kind of line's call", 403, new() { ["From"] = "", ["MessagingServiceSid"] = "MG1" }),
        new("another number of the account", In(Message("Maji").Replace("254700000001", "254700000777", StringComparison.Ordinal)), "refused 403: another number's call", 403),
        new("a sender without an address", In(Message("Maji").Replace("From=whatsapp%3A%2B254711000002", "From=whatsapp%3A", StringComparison.Ordinal)), "unreadable: no MessageSid or From"),
        new("no MessageSid", In(Message("Maji").Replace("MessageSid=SM1&", "", StringComparison.Ordinal)), "unreadable: no MessageSid or From"),
        new("a token of somebody else", Call(Encoding.UTF8.GetBytes(Message("Maji")), "their_token"), "refused 403: signature does not fit", 403),
        new("sent", Status("sent", ""), $"status sent=Sent of SM3 known as SM3/sent/ ours {Ours}", 204),
        new("delivered", Status("delivered", ""), $"status delivered=Delivered of SM3 known as SM3/delivered/ ours {Ours}", 204),
        new("read", Status("read", null, "&EventType=READ&ChannelPrefix=whatsapp&ChannelInstallSid=XE1"), $"status read=Read of SM3 known as SM3/read/ ours {Ours}", 204),
        new("failed: the window is closed, and no word why", Status("failed", "63016", "&ErrorMessage="), $"status failed=Failed of SM3 known as SM3/failed/63016 ours {Ours} code 63016 failure window_closed", 204),
        new("failed: the template is paused", Status("failed", "63041"), $"status failed=Failed of SM3 known as SM3/failed/63041 ours {Ours} code 63041 failure template", 204),
        new("failed: the person blocked us", Status("undelivered", "63032"), $"status undelivered=Failed of SM3 known as SM3/undelivered/63032 ours {Ours} code 63032 failure blocked_by_person", 204),
        new("failed: nobody of that number is on WhatsApp", Status("undelivered", "63024"), $"status undelivered=Failed of SM3 known as SM3/undelivered/63024 ours {Ours} code 63024 failure bad_address", 204),
        new("an unknown word", Status("teleported", ""), $"status teleported=Unknown of SM3 known as SM3/teleported/ ours {Ours}", 204),
        new("a forged status", TwilioSigning.Form("status", Url + "status", "MessageSid=SM3&MessageStatus=read", null), "refused 403: signature does not fit", 403),
    ];

    public override IReadOnlyList<SentCase> Sent =>
    [
        new("free text", Provider.Answers(201, Created), "taken SM00000000000000000000000000000003 queued") { Sees = Wire("To=whatsapp%3A%2B254711000002&Body=Asante+%26+karibu&From=whatsapp%3A%2B254700000001") },
        new("to a business-scoped id: no plus is put before it", Provider.Answers(201, Created), "taken SM00000000000000000000000000000003 queued")
        {
            Text = Outgoing with { To = new ContactAddress(ContactAddress.Telephone, "US.13491208655302741918") }, Sees = Wire("To=whatsapp%3AUS.13491208655302741918&Body=Asante+%26+karibu&From=whatsapp%3A%2B254700000001"),
        },
        new("a template: its id and values, no body", Provider.Answers(201, Created), "taken SM00000000000000000000000000000003 queued")
        {
            Text = Templated, Sees = Wire("To=whatsapp%3A%2B254711000002&ContentSid=HX1&ContentVariables=%7B%221%22%3A%22AB%5Cu0022CD%22%2C%222%22%3A%22kesho%22%7D&From=whatsapp%3A%2B254700000001"),
        },
        new("a template without places", Provider.Answers(201, Created), "taken SM00000000000000000000000000000003 queued")
        {
            Text = Outgoing with { Template = new TemplateUse("HX2", []) }, Sees = Wire("To=whatsapp%3A%2B254711000002&ContentSid=HX2&From=whatsapp%3A%2B254700000001"),
        },
        new("by a service, its state told", Provider.Answers(201, Created), "taken SM00000000000000000000000000000003 queued")
        {
            Changes = new() { ["From"] = "", ["MessagingServiceSid"] = "MG1" }, Text = Outgoing with { StatusUrl = new Uri(Url + "status?m=" + Ours) },
            Sees = Wire($"To=whatsapp%3A%2B254711000002&Body=Asante+%26+karibu&MessagingServiceSid=MG1&StatusCallback={Uri.EscapeDataString(Url + "status?m=" + Ours)}"),
        },
        new("outside the window", Error(63016), "window_closed (63016)"),
        new("a template that is not approved", Error(63040), "template (63040)") { Text = Templated },
        new("values that do not fit the template", Error(21656), "template (21656)") { Text = Templated },
        new("the line's number is no sender", Error(63007), "account_broken (63007)"),
        new("too fast", Error(63018), "throttled (63018)"),
        new("429 with seconds", Provider.Answers(429, """{"code":20429,"status":429}""", ("Retry-After", "7")), "throttled (20429) wait 7 s"),
        new("500", Provider.Answers(500, ""), "in_doubt (500)"),
        new("hangs up after taking it", Provider.HangsUp, "in_doubt (network)"),
        new("nobody listens", Provider.Away, "not_reached (network)"),
        new("no connection in time", Provider.Mute, "not_reached (network)"),
    ];

    private static Provider Error(int code) => Provider.Answers(400, $$"""{"code":{{code}},"message":"wording varies","status":400}""");

    private static string Wire(string form) => $"POST /2010-04-01/Accounts/{Sid}/Messages.json Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Sid}:{Token}"))} {form}";

    private static WebhookCall In(string body) => TwilioSigning.Form("receive", Url + "receive", body, Token);

    private static WebhookCall Status(string status, string? code, string more = "") =>
        TwilioSigning.Form("status", Url + "status?m=" + Ours, $"MessageSid=SM3&SmsSid=SM3&AccountSid={Sid}&MessageStatus={status}" + (code is null ? "" : $"&ErrorCode={code}") + more, Token);
}

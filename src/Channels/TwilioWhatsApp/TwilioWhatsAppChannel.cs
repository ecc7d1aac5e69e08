using System.Text.Json;
using Cea.Channels.Twilio;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;

namespace Cea.Channels.TwilioWhatsApp;

/// <summary>WhatsApp through Twilio, both ways: free text within 24 hours of the person's last message, approved templates after it.</summary>
public sealed class TwilioWhatsAppChannel(IHttpClientFactory http) : IChannel, IListsReceived, IFindsSent, IFetchesMedia, IChecksAccount, IHasTemplates, IDeletesTalks
{
    /// <summary>Before what comes back as text from a button of ours.</summary>
    public const string ButtonPrefix = "cea:";

    // The address behind the prefix is a number or a business-scoped id (US.1349…), which has no plus and is no number: both are opaque.
    private readonly TwilioMessages _messages = new(http, "whatsapp:");
    private readonly TwilioMedia _media = new(http);
    private readonly TwilioContent _content = new(http);

    private const int UsualRate = 80;

    public string Kind => "twilio-whatsapp";

    // A number is one person by SMS and here: what guards it, guards it on both.
    public ChannelTraits Traits { get; } = new()
    {
        AddressSpace = ContactAddress.Telephone, MaxLength = 1600, SplitsLongText = true, RatePerAccount = UsualRate, RatePerAddress = 1, Window = TimeSpan.FromHours(24), FurthestState = "read", IfrcChannel = "Messaging apps",
        WebhookSuffix = "#rc=3&rp=5xx,ct,rt",
    };

    public IReadOnlyList<AccountSetting> Settings { get; } =
    [
        new("AccountSid", true, false, "Account SID, begins with AC"),
        new("AuthToken", true, true, "Auth token; two with a comma while it is being changed, the new one first"),
        new("From", false, false, "The WhatsApp sender's number, as +50212345678"),
        new("MessagingServiceSid", false, false, "Instead of a number: a Messaging Service that holds the sender, begins with MG"),
        AccountSetting.OfRate(UsualRate),
        new("ApiBaseUrl", false, false, "Only for a test provider", TwilioRest.DefaultBase),
    ];

    public WebhookOutcome Receive(WebhookCall call, ChannelAccount account) => TwilioMessages.Refusal(call, account) ?? call.Action switch
    {
        "receive" => _messages.Received(call, account, Text(call)),
        "status" => TwilioMessages.Status(call),
        _ => WebhookOutcome.Refused(404, "no such action"),
    };

    public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => TwilioMessages.Answer(call);

    public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct)
    {
        if (message.Template is not { } template)
            return _messages.SendAsync(message, account, [new("Body", message.Text.Value)], ct);
        var content = new List<KeyValuePair<string, string>> { new("ContentSid", template.ExternalId) };
        if (template.Values.Count > 0)
            content.Add(new("ContentVariables", JsonSerializer.Serialize(template.Values.Select((v, i) => (Place: $"{i + 1}", v.Value)).ToDictionary(v => v.Place, v => v.Value))));
        return _messages.SendAsync(message, account, content, ct);
    }

    public IAsyncEnumerable<MessageReceived> ListReceivedAsync(ChannelAccount account, DateTimeOffset since, CancellationToken ct) => _messages.ListReceivedAsync(account, since, ct);

    public Task<SentLookup?> FindSentAsync(OutgoingText message, DateTimeOffset attemptedAt, ChannelAccount account, CancellationToken ct) => _messages.FindSentAsync(message, attemptedAt, account, ct);

    public Task<DeliveryReported?> ReadStatusAsync(string externalId, ChannelAccount account, CancellationToken ct) => _messages.ReadStatusAsync(externalId, account, ct);

    public Task DeleteTalkAsync(ContactAddress person, DateTimeOffset until, ChannelAccount account, CancellationToken ct) => _messages.DeleteTalkAsync(person, until, account, ct);

    public Task<MediaFetched> FetchAsync(string reference, ChannelAccount account, long most, CancellationToken ct) => _media.FetchAsync(reference, account, most, ct);

    // A sender's webhook is in no resource of the 2010 API: whether the account is known is all that can be asked.
    public Task<IReadOnlyList<LineProblem>> CheckAsync(ChannelAccount account, Uri webhook, CancellationToken ct) => TwilioNumber.AccountAsync(_messages.Rest, account, ct);

    public IAsyncEnumerable<ProviderTemplate> ListTemplatesAsync(ChannelAccount account, CancellationToken ct) => _content.ListAsync(account, ct);

    public Task<string> CreateTemplateAsync(TemplateDraft draft, ChannelAccount account, CancellationToken ct) => _content.CreateAsync(draft, account, ct);

    public Task<TemplateApproval> SubmitTemplateAsync(string externalId, TemplateDraft draft, ChannelAccount account, CancellationToken ct) => _content.SubmitAsync(externalId, draft, account, ct);

    public Task<TemplateApproval?> ReadTemplateAsync(string externalId, ChannelAccount account, CancellationToken ct) => _content.ReadAsync(externalId, account, ct);

    // A button says what its label says, unless it is one of ours; a shared location is told coarsely, without its name and address.
    private static string Text(WebhookCall call)
    {
        var said = call.FormValue("ButtonPayload") is { } payload && payload.StartsWith(ButtonPrefix, StringComparison.Ordinal) ? payload[ButtonPrefix.Length..]
            : call.FormValue("ButtonText") is { Length: > 0 } label ? label
            : call.FormValue("Body") ?? "";
        if (CoarsePlace.Told(call.FormValue("Latitude"), call.FormValue("Longitude")) is not { } place)
            return said;
        return call.FormValue("MessageType") == "location" || said.Length == 0 ? place : $"{said}\n{place}";
    }
}

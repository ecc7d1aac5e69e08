using Cea.Channels.Twilio;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;

namespace Cea.Channels.TwilioSms;

/// <summary>SMS through Twilio's Programmable Messaging, both ways.</summary>
public sealed class TwilioSmsChannel(IHttpClientFactory http) : IChannel, IListsReceived, IFindsSent, IFetchesMedia, IChecksAccount, IDeletesTalks
{
    private readonly TwilioMessages _messages = new(http, "");
    private readonly TwilioMedia _media = new(http);

    private const int UsualRate = 10;

    public string Kind => "twilio-sms";

    public ChannelTraits Traits { get; } = new()
    {
        AddressSpace = ContactAddress.Telephone, MaxLength = 1600, SplitsLongText = true, CountsSegments = true, RatePerAccount = UsualRate, RatePerAddress = 1, FurthestState = "delivered", IfrcChannel = "SMS",
        WebhookSuffix = "#rc=3&rp=5xx,ct,rt", // by default Twilio does not come again after a 5xx or a time-out
    };

    public IReadOnlyList<AccountSetting> Settings { get; } =
    [
        new("AccountSid", true, false, "Account SID, begins with AC"),
        new("AuthToken", true, true, "Auth token; two with a comma while it is being changed, the new one first"),
        new("From", false, false, "The number, as +50212345678"),
        new("MessagingServiceSid", false, false, "Instead of a number: a Messaging Service, begins with MG"),
        AccountSetting.OfRate(UsualRate),
        new("ApiBaseUrl", false, false, "Only for a test provider", TwilioRest.DefaultBase),
    ];

    public WebhookOutcome Receive(WebhookCall call, ChannelAccount account) => TwilioMessages.Refusal(call, account) ?? call.Action switch
    {
        "receive" => _messages.Received(call, account, call.FormValue("Body") ?? ""),
        "status" => TwilioMessages.Status(call),
        _ => WebhookOutcome.Refused(404, "no such action"),
    };

    public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => TwilioMessages.Answer(call);

    public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct) => _messages.SendAsync(message, account, [new("Body", message.Text.Value)], ct);

    public IAsyncEnumerable<MessageReceived> ListReceivedAsync(ChannelAccount account, DateTimeOffset since, CancellationToken ct) => _messages.ListReceivedAsync(account, since, ct);

    public Task<SentLookup?> FindSentAsync(OutgoingText message, DateTimeOffset attemptedAt, ChannelAccount account, CancellationToken ct) => _messages.FindSentAsync(message, attemptedAt, account, ct);

    public Task<DeliveryReported?> ReadStatusAsync(string externalId, ChannelAccount account, CancellationToken ct) => _messages.ReadStatusAsync(externalId, account, ct);

    public Task DeleteTalkAsync(ContactAddress person, DateTimeOffset until, ChannelAccount account, CancellationToken ct) => _messages.DeleteTalkAsync(person, until, account, ct);

    public Task<MediaFetched> FetchAsync(string reference, ChannelAccount account, long most, CancellationToken ct) => _media.FetchAsync(reference, account, most, ct);

    public async Task<IReadOnlyList<LineProblem>> CheckAsync(ChannelAccount account, Uri webhook, CancellationToken ct)
    {
        if (account["From"] is not { Length: > 0 })
            return await TwilioNumber.AccountAsync(_messages.Rest, account, ct);
        return await TwilioNumber.FindAsync(_messages.Rest, account, ct) is not { } number ? [TwilioNumber.Unknown]
            : TwilioNumber.Webhook(number, "sms_url", webhook.ToString(), Traits.WebhookSuffix, "webhook", stops: true, "the number's webhook at Twilio") is { } wrong ? [wrong] : [];
    }
}

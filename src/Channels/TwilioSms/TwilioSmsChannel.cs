using System.Globalization;
using Cea.Channels.Twilio;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;

namespace Cea.Channels.TwilioSms;

/// <summary>SMS through Twilio's Programmable Messaging, both ways.</summary>
public sealed class TwilioSmsChannel(IHttpClientFactory http) : IChannel, IListsReceived, IFindsSent, IChecksAccount
{
    private readonly TwilioRest _rest = new(http);

    public string Kind => "twilio-sms";

    public ChannelTraits Traits { get; } = new()
    {
        AddressSpace = ContactAddress.Telephone, MaxLength = 1600, CountsSegments = true, RatePerAccount = 10, RatePerAddress = 1, FurthestState = "delivered", IfrcChannel = "SMS",
        WebhookSuffix = "#rc=3&rp=5xx,ct,rt", // by default Twilio does not come again after a 5xx or a time-out
    };

    public IReadOnlyList<AccountSetting> Settings { get; } =
    [
        new("AccountSid", true, false, "Account SID, begins with AC"),
        new("AuthToken", true, true, "Auth token; two with a comma while it is being changed, the new one first"),
        new("From", false, false, "The number, as +50212345678"),
        new("MessagingServiceSid", false, false, "Instead of a number: a Messaging Service, begins with MG"),
        new("ApiBaseUrl", false, false, "Only for a test provider", TwilioRest.DefaultBase),
    ];

    public WebhookOutcome Receive(WebhookCall call, ChannelAccount account)
    {
        if (!TwilioSignature.Fits(call, call.PublicUrl, TwilioRest.Tokens(account)))
            return WebhookOutcome.Refused(403, "signature does not fit");
        if (call.FormValue("AccountSid") is { } sid && sid != account["AccountSid"])
            return WebhookOutcome.Refused(403, "another account's call");
        return call.Action switch
        {
            "receive" => Received(call, account),
            "status" => Status(call),
            _ => WebhookOutcome.Refused(404, "no such action"),
        };
    }

    public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) =>
        call.Action == "status" ? WebhookAnswer.Empty(204) : WebhookAnswer.Text(200, "text/xml", """<?xml version="1.0" encoding="UTF-8"?><Response/>""");

    public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct)
    {
        var form = new List<KeyValuePair<string, string>> { new("To", message.To.Value), new("Body", message.Text.Value) };
        if (account["MessagingServiceSid"] is { Length: > 0 } service)
            form.Add(new("MessagingServiceSid", service));
        if (account["From"] is { Length: > 0 } from)
            form.Add(new("From", from));
        if (message.StatusUrl is { } status)
            form.Add(new("StatusCallback", status.ToString()));
        return _rest.CreateAsync(account, form, ct);
    }

    public async IAsyncEnumerable<MessageReceived> ListReceivedAsync(ChannelAccount account, DateTimeOffset since, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var found = new List<MessageReceived>();
        var to = account["From"] is { Length: > 0 } number ? $"&To={Uri.EscapeDataString(number)}" : "";
        await foreach (var message in _rest.ListAsync(account, $"DateSent%3E={since.UtcDateTime:yyyy-MM-dd}{to}", ct))
        {
            if (TwilioRest.Text(message, "direction") != "inbound" || TwilioRest.Text(message, "sid") is not { } sid || TwilioRest.Text(message, "from") is not { } from)
                continue;
            if (account["From"] is { Length: > 0 } && TwilioRest.Text(message, "to") != account["From"])
                continue;
            found.Add(new MessageReceived
            {
                ExternalId = sid, From = Address(from), Text = new PersonalText(TwilioRest.Text(message, "body") ?? ""),
                At = TwilioRest.Date(TwilioRest.Text(message, "date_sent") ?? TwilioRest.Text(message, "date_created")),
            });
        }
        foreach (var message in found.OrderBy(m => m.At))
            yield return message;
    }

    // Twilio's API has no idempotency key. A message of the same text to the same number since the attempt began is taken for ours only when it is the only one;
    // none at all means that Twilio never took it, once its list has had time to settle.
    public async Task<SentLookup?> FindSentAsync(OutgoingText message, DateTimeOffset attemptedAt, ChannelAccount account, CancellationToken ct)
    {
        var alike = new List<(string Sid, string? Status)>();
        await foreach (var sent in _rest.ListAsync(account, $"To={Uri.EscapeDataString(message.To.Value)}&DateSent%3E={attemptedAt.AddDays(-1).UtcDateTime:yyyy-MM-dd}", ct))
        {
            if (TwilioRest.Text(sent, "direction") is "outbound-api" && TwilioRest.Text(sent, "body") == message.Text.Value
                && TwilioRest.Date(TwilioRest.Text(sent, "date_created")) >= attemptedAt.AddSeconds(-2) && TwilioRest.Text(sent, "sid") is { } sid)
                alike.Add((sid, TwilioRest.Text(sent, "status")));
        }
        return alike.Count switch
        {
            0 => new SentLookup(false, null, null),
            1 => new SentLookup(true, alike[0].Sid, alike[0].Status),
            _ => null,
        };
    }

    public async Task<DeliveryReported?> ReadStatusAsync(string externalId, ChannelAccount account, CancellationToken ct) =>
        await _rest.GetAsync(account, $"/2010-04-01/Accounts/{account["AccountSid"]}/Messages/{externalId}.json", ct) is { } json && TwilioRest.Text(json, "status") is { } status
            ? Reported(externalId, null, status, TwilioRest.Text(json, "error_code"))
            : null;

    public async Task<IReadOnlyList<string>> CheckAsync(ChannelAccount account, Uri webhook, CancellationToken ct)
    {
        if (account["From"] is not { Length: > 0 } number)
            return await _rest.GetAsync(account, $"/2010-04-01/Accounts/{account["AccountSid"]}.json", ct) is null ? ["Twilio does not know this account SID"] : [];
        if (await _rest.GetAsync(account, $"/2010-04-01/Accounts/{account["AccountSid"]}/IncomingPhoneNumbers.json?PhoneNumber={Uri.EscapeDataString(number)}", ct) is not { } list
            || !list.TryGetProperty("incoming_phone_numbers", out var numbers) || numbers.GetArrayLength() == 0)
            return ["this number is not one of the Twilio account's numbers"];
        var url = TwilioRest.Text(numbers[0], "sms_url") ?? "";
        return url.Split('#')[0] == webhook.ToString() ? [] : [$"the number's webhook at Twilio is another address; set it to {webhook}#rc=3&rp=5xx,ct,rt"];
    }

    private static WebhookOutcome Received(WebhookCall call, ChannelAccount account)
    {
        // A number inside a Messaging Service still has its own To; either may name this line.
        if (account["MessagingServiceSid"] is not { Length: > 0 } && account["From"] is { Length: > 0 } number && call.FormValue("To") is { } to && to != number)
            return WebhookOutcome.Refused(403, "another number's call");
        if (call.FormValue("MessageSid") is not { Length: > 0 and <= 64 } sid || call.FormValue("From") is not { Length: > 0 and <= 256 } from)
            return WebhookOutcome.Unreadable("no MessageSid or From");

        var media = new List<ReceivedMedia>();
        _ = int.TryParse(call.FormValue("NumMedia"), NumberStyles.None, CultureInfo.InvariantCulture, out var count);
        for (var i = 0; i < Math.Min(count, 20); i++)
        {
            if (call.FormValue($"MediaUrl{i}") is { Length: > 0 } url)
                media.Add(new ReceivedMedia(url, call.FormValue($"MediaContentType{i}"), null, null));
        }
        return WebhookOutcome.Accepted(new MessageReceived
        {
            ExternalId = sid,
            From = Address(from),
            Text = new PersonalText(call.FormValue("Body") ?? ""),
            Media = media,
            AnsweredByProvider = call.FormValue("OptOutType") switch { "STOP" => "stop", "START" => "start", "HELP" => "info", _ => null },
        });
    }

    private static WebhookOutcome Status(WebhookCall call)
    {
        if (call.FormValue("MessageSid") is not { Length: > 0 and <= 64 } sid || call.FormValue("MessageStatus") is not { Length: > 0 and <= 64 } status)
            return WebhookOutcome.Unreadable("no MessageSid or MessageStatus");
        return WebhookOutcome.Accepted(Reported(sid, Guid.TryParse(call.QueryValue("m"), out var ours) ? ours : null, status, call.FormValue("ErrorCode") is { Length: > 0 } code ? code : null));
    }

    // Twilio may repeat a status; another status of the same message is another event.
    private static DeliveryReported Reported(string sid, Guid? ours, string status, string? code)
    {
        var state = status switch
        {
            "accepted" or "scheduled" or "queued" => DeliveryState.Queued,
            "sending" => DeliveryState.Sending,
            "sent" => DeliveryState.Sent,
            "delivered" => DeliveryState.Delivered,
            "read" => DeliveryState.Read,
            "failed" or "undelivered" or "canceled" => DeliveryState.Failed,
            _ => DeliveryState.Unknown,
        };
        return new DeliveryReported
        {
            ExternalId = $"{sid} {status} {code}", OutboxId = ours, ProviderId = sid, Status = status, State = state, ErrorCode = code,
            Failure = state == DeliveryState.Failed ? TwilioErrors.OfDelivery(code).Code : null,
        };
    }

    // A short code or a name of letters can be answered as little as a withheld number, but Twilio gives them as they are: kept as opaque text.
    private static ContactAddress Address(string from) => new(ContactAddress.Telephone, from);
}

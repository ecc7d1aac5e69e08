using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;

namespace Cea.Channels.Twilio;

/// <summary>What Twilio's kinds of message line share: the call that brings a message, the one that tells its state, and the Messages resource.</summary>
/// <param name="http">Of the providers' clients.</param>
/// <param name="prefix">What stands before an address on this kind of line: nothing for SMS, <c>whatsapp:</c>.</param>
internal sealed class TwilioMessages(IHttpClientFactory http, string prefix)
{
    private const int MostFiles = 20;

    public TwilioRest Rest { get; } = new(http);

    /// <summary>Null when it is Twilio's call for this account; else why not.</summary>
    public static WebhookOutcome? Refusal(WebhookCall call, ChannelAccount account)
    {
        if (!TwilioSignature.Fits(call, call.PublicUrl, TwilioRest.Tokens(account)))
            return WebhookOutcome.Refused(403, "signature does not fit");
        return call.FormValue("AccountSid") is { } sid && sid != account["AccountSid"] ? WebhookOutcome.Refused(403, "another account's call") : null;
    }

    /// <summary>A message with this text; the sender's name is never read.</summary>
    public WebhookOutcome Received(WebhookCall call, ChannelAccount account, string text)
    {
        // A number inside a Messaging Service still has its own To; either may name this line.
        if (account["MessagingServiceSid"] is not { Length: > 0 } && Number(account) is { } number && call.FormValue("To") is { } to && Bare(to) != number)
            return WebhookOutcome.Refused(403, "another number's call");
        if (call.FormValue("MessageSid") is not { Length: > 0 and <= 64 } sid || call.FormValue("From") is not { Length: > 0 and <= 256 } from || Bare(from).Length == 0)
            return WebhookOutcome.Unreadable("no MessageSid or From");
        if (!from.StartsWith(prefix, StringComparison.Ordinal))
            return WebhookOutcome.Refused(403, "another kind of line's call"); // a Messaging Service that holds senders of both
        return WebhookOutcome.Accepted(new MessageReceived
        {
            ExternalId = sid,
            From = Address(from),
            Text = new PersonalText(text),
            Media = Files(call),
            AnsweredByProvider = call.FormValue("OptOutType") switch { "STOP" => "stop", "START" => "start", "HELP" => "help", _ => null },
        });
    }

    public static WebhookOutcome Status(WebhookCall call)
    {
        if (call.FormValue("MessageSid") is not { Length: > 0 and <= 64 } sid || call.FormValue("MessageStatus") is not { Length: > 0 and <= 64 } status)
            return WebhookOutcome.Unreadable("no MessageSid or MessageStatus");
        return WebhookOutcome.Accepted(Reported(sid, Guid.TryParse(call.QueryValue("m"), out var ours) ? ours : null, status, call.FormValue("ErrorCode") is { Length: > 0 } code ? code : null));
    }

    public static WebhookAnswer Answer(WebhookCall call) =>
        call.Action == "status" ? WebhookAnswer.Empty(204) : WebhookAnswer.Text(200, "text/xml", """<?xml version="1.0" encoding="UTF-8"?><Response/>""");

    /// <summary>One create call: to whom, what (a Body, or a template), from this line, and where its state is told.</summary>
    public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, IEnumerable<KeyValuePair<string, string>> content, CancellationToken ct)
    {
        var form = new List<KeyValuePair<string, string>> { new("To", prefix + message.To.Value) };
        form.AddRange(content);
        if (account["MessagingServiceSid"] is { Length: > 0 } service)
            form.Add(new("MessagingServiceSid", service));
        if (Number(account) is { } from)
            form.Add(new("From", prefix + from));
        if (message.StatusUrl is { } status)
            form.Add(new("StatusCallback", status.ToString()));
        return Rest.CreateAsync(account, form, ct);
    }

    public async IAsyncEnumerable<MessageReceived> ListReceivedAsync(ChannelAccount account, DateTimeOffset since, [EnumeratorCancellation] CancellationToken ct)
    {
        var found = new List<MessageReceived>();
        var to = Number(account) is { } number ? $"&To={Uri.EscapeDataString(prefix + number)}" : "";
        await foreach (var message in Rest.ListAsync(account, "Messages", $"DateSent%3E={since.UtcDateTime:yyyy-MM-dd}{to}", ct))
        {
            if (TwilioRest.Text(message, "direction") != "inbound" || TwilioRest.Text(message, "sid") is not { } sid || TwilioRest.Text(message, "from") is not { } from || !from.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            if (Number(account) is { } own && Bare(TwilioRest.Text(message, "to") ?? "") != own)
                continue;
            found.Add(new MessageReceived
            {
                ExternalId = sid, From = Address(from), Text = new PersonalText(TwilioRest.Text(message, "body") ?? ""), At = TwilioRest.Date(TwilioRest.Text(message, "date_sent") ?? TwilioRest.Text(message, "date_created")),
                Media = TwilioRest.Text(message, "num_media") is { } count and not "0" && count.Length < 4 ? await ListFilesAsync(account, sid, ct) : [],
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
        await foreach (var sent in Rest.ListAsync(account, "Messages", $"To={Uri.EscapeDataString(prefix + message.To.Value)}&DateSent%3E={attemptedAt.AddDays(-1).UtcDateTime:yyyy-MM-dd}", ct))
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

    /// <summary>Deletes every message between the person and this line, with its files. Twilio deletes none that is still under way.</summary>
    public async Task DeleteTalkAsync(ContactAddress person, DateTimeOffset until, ChannelAccount account, CancellationToken ct)
    {
        var found = new List<(string Sid, bool HasFiles)>();
        foreach (var (side, theirs, ours, last) in new[] { ("From", "from", "to", until), ("To", "to", "from", until + IDeletesTalks.LastWord) })
        {
            await foreach (var message in Rest.ListAsync(account, "Messages", $"{side}={Uri.EscapeDataString(prefix + person.Value)}", ct))
            {
                var isOurs = TwilioRest.Text(message, theirs) == prefix + person.Value && (Number(account) is not { } number || Bare(TwilioRest.Text(message, ours) ?? "") == number);
                if (isOurs && TwilioRest.Text(message, "sid") is { } sid && TwilioRest.Date(TwilioRest.Text(message, "date_created")) <= last)
                    found.Add((sid, TwilioRest.Text(message, "num_media") is not (null or "0")));
            }
        }
        foreach (var (sid, hasFiles) in found)
        {
            var path = $"/2010-04-01/Accounts/{account["AccountSid"]}/Messages/{sid}";
            if (hasFiles && await Rest.GetAsync(account, $"{path}/Media.json", ct) is { } list && list.TryGetProperty("media_list", out var files))
            {
                foreach (var file in files.EnumerateArray().Select(f => TwilioRest.Text(f, "sid")).OfType<string>())
                    await Rest.DeleteAsync(account, $"{path}/Media/{file}.json", ct);
            }
            await Rest.DeleteAsync(account, $"{path}.json", ct);
        }
    }

    public async Task<DeliveryReported?> ReadStatusAsync(string externalId, ChannelAccount account, CancellationToken ct) =>
        await Rest.GetAsync(account, $"/2010-04-01/Accounts/{account["AccountSid"]}/Messages/{externalId}.json", ct) is { } json && TwilioRest.Text(json, "status") is { } status
            ? Reported(externalId, null, status, TwilioRest.Text(json, "error_code"))
            : null;

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

    private async Task<IReadOnlyList<ReceivedMedia>> ListFilesAsync(ChannelAccount account, string sid, CancellationToken ct)
    {
        var path = $"/2010-04-01/Accounts/{account["AccountSid"]}/Messages/{sid}/Media";
        if (await Rest.GetAsync(account, path + ".json", ct) is not { } json || !json.TryGetProperty("media_list", out var list) || list.ValueKind != JsonValueKind.Array)
            return [];
        return [.. list.EnumerateArray().Take(MostFiles).Where(f => TwilioRest.Text(f, "sid") is not null)
            .Select(f => new ReceivedMedia($"{(account["ApiBaseUrl"] ?? TwilioRest.DefaultBase).TrimEnd('/')}{path}/{TwilioRest.Text(f, "sid")}", TwilioRest.Text(f, "content_type"), null, null))];
    }

    private static List<ReceivedMedia> Files(WebhookCall call)
    {
        var files = new List<ReceivedMedia>();
        _ = int.TryParse(call.FormValue("NumMedia"), NumberStyles.None, CultureInfo.InvariantCulture, out var count);
        for (var i = 0; i < Math.Min(count, MostFiles); i++)
        {
            if (call.FormValue($"MediaUrl{i}") is { Length: > 0 } url)
                files.Add(new ReceivedMedia(url, call.FormValue($"MediaContentType{i}"), null, null));
        }
        return files;
    }

    // Numbers, short codes, names of letters, business-scoped ids: kept as they are, as opaque text.
    private ContactAddress Address(string from) => new(ContactAddress.Telephone, Bare(from));

    private string? Number(ChannelAccount account) => account["From"] is { Length: > 0 } from ? Bare(from) : null;

    private string Bare(string address) => address.StartsWith(prefix, StringComparison.Ordinal) ? address[prefix.Length..] : address;
}

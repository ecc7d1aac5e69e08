using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Linq;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Control;
using Cea.Sandbox.Faults;
using Cea.Sandbox.Lines;
using Cea.Sandbox.Messages;
using Cea.Sandbox.Webhooks;

namespace Cea.Sandbox.Twilio;

/// <summary>SMS to a Twilio number, or WhatsApp to a sender. On WhatsApp the provider answers no keywords, and the person's name and WhatsApp id come along.</summary>
internal sealed class TwilioMessageLine(string kind, MessageBook book, MediaStore media, FaultBoard faults, TwilioWebhooks webhooks, OptOuts optOuts, StatusCallbacks callbacks, OwnAddress own) : ILine
{
    public string Kind => kind;

    private bool IsSms => kind == TwilioNumberAccount.Sms;

    public async Task<InboundResult> ReceiveAsync(SandboxAccount account, InboundMessage message, CancellationToken ct)
    {
        if (message.From.Length == 0)
            throw new ControlException("from is needed");
        if (message.EditOf is not null)
            throw new ControlException("such a message cannot be edited");
        if (message.Place is { } place && (IsSms || !place.IsOnEarth || message.Text.Length + message.Media.Count > 0))
            throw new ControlException(IsSms ? "no places by SMS" : "a place is latitude and longitude, in a message of its own");
        var held = Keep(account, message);
        var keyword = IsSms ? optOuts.Apply(account.Name, message.From, message.Text) : null;
        if (account.WebhookUrl is not { } url)
            return new InboundResult(held.Id, held.ExternalId, null, "the account has no webhook", 0);

        var form = Form(account, message, held, keyword?.Type);
        var policy = message.Retry switch
        {
            "none" => RetryPolicy.Never,
            { Length: > 0 } given => RetryPolicy.Parse(given),
            _ => RetryPolicy.Parse(url.Split('#').ElementAtOrDefault(1)),
        };
        var never = faults.Take(FaultNames.NeverRetries, account.Name, message.From) is not null;
        if (never)
            policy = RetryPolicy.Never;

        var copy = faults.Take(FaultNames.InboundDuplicate, account.Name, message.From) is not null
            ? webhooks.PostAsync(account, url, form, "receive", held.Id, policy, ct) : null;
        var (answer, attempts) = await webhooks.PostAsync(account, url, form, "receive", held.Id, policy, ct);
        if (copy is not null)
            attempts += (await copy).Attempts;
        if (!answer.IsOk && account.FallbackUrl is { } fallback && !never)
        {
            form = [.. form, new("ErrorCode", answer.Status is null ? "11205" : "11200"), new("ErrorUrl", WebhookCaller.WithoutFragment(url))];
            (answer, var more) = await webhooks.PostAsync(account, fallback, form, "fallback", held.Id, RetryPolicy.Never, ct);
            attempts += more;
        }
        if (keyword is { } said)
            Say(account, message.From, said.Confirmation, "provider");
        foreach (var reply in Replies(answer))
            await callbacks.StartAsync(account, Say(account, message.From, reply.Text, "reply", reply.Callback is null ? null : new Uri(new Uri(url), reply.Callback).ToString()), null, ct);
        return new InboundResult(held.Id, held.ExternalId, answer.Status, answer.Error, attempts);
    }

    // Twilio tells the label twice, what the button stands for, and under which message it was.
    public Task<InboundResult> PressAsync(SandboxAccount account, ButtonPress press, CancellationToken ct)
    {
        if (IsSms)
            throw new ControlException("no buttons by SMS");
        var held = book.Find(account.Name, press.ExternalId ?? "") is { IsInbound: false } sent && sent.To == press.From ? sent : throw new ControlException("no such message");
        var button = held.Buttons.SelectMany(b => b).FirstOrDefault(b => b.Data == press.Data) ?? throw new ControlException("no such button");
        return ReceiveAsync(account, new InboundMessage
        {
            From = press.From, Text = button.Text,
            Extra = new JsonObject
            {
                ["MessageType"] = "button", ["ButtonText"] = button.Text, ["ButtonPayload"] = button.Data, ["OriginalRepliedMessageSid"] = held.ExternalId,
                ["OriginalRepliedMessageSender"] = TwilioNumberAccount.Prefix(account) + held.From,
            },
        }, ct);
    }

    public PlayedMessage Offer(SandboxAccount account, ButtonOffer offer)
    {
        if (IsSms)
            throw new ControlException("no buttons by SMS");
        if (offer.To.Length == 0 || offer.Text.Length == 0 || !TwilioContents.AreButtons(offer.Buttons))
            throw new ControlException("to, text and 1 to 10 buttons are needed, with at most 20 letters each");
        var said = Say(account, offer.To, offer.Text, "provider");
        return book.Change(said.Id, m => m with { Buttons = [.. offer.Buttons.Select(b => (IReadOnlyList<PlayedButton>)[b])] }) ?? said;
    }

    public Task BlockAsync(SandboxAccount account, string from, bool blocked, CancellationToken ct)
    {
        optOuts.Set(account.Name, from, blocked);
        return Task.CompletedTask;
    }

    // Held before the webhook is called: what the webhook refuses stays in Twilio's list. A repeated id is the same message again.
    private PlayedMessage Keep(SandboxAccount account, InboundMessage message)
    {
        if (message.MessageSid is { } fixedSid && book.Find(account.Name, fixedSid) is { } again)
            return again;
        var files = message.Media.Select(m =>
        {
            var bytes = Convert.FromBase64String(m.Base64 ?? "");
            return new PlayedMedia(media.Add(bytes, m.ContentType), m.ContentType, m.Size ?? bytes.Length, m.FileName);
        }).ToList();
        var held = book.Add(new PlayedMessage
        {
            Account = account.Name, Kind = account.Kind, ExternalId = message.MessageSid ?? TwilioJson.NewSid(files.Count > 0 ? "MM" : "SM"), Direction = PlayedMessage.Inbound, Origin = "received",
            From = message.From, To = account.Number!, Text = message.Text, Status = "received", Segments = Segments(message.Text), Media = files, Place = message.Place, MessagingServiceSid = account.MessagingServiceSid,
        });
        return book.Change(held.Id, m => m with { SentAt = m.SentAt ?? m.At }) ?? held;
    }

    private List<KeyValuePair<string, string>> Form(SandboxAccount account, InboundMessage message, PlayedMessage held, string? optOut)
    {
        var form = new List<KeyValuePair<string, string>>();
        var prefix = TwilioNumberAccount.Prefix(account);
        foreach (var side in IsSms ? new[] { "To", "From" } : [])
            form.AddRange(new[] { "Country", "State", "City", "Zip" }.Select(part => new KeyValuePair<string, string>(side + part, "")));
        form.AddRange(
        [
            new("SmsMessageSid", held.ExternalId), new("SmsSid", held.ExternalId), new("MessageSid", held.ExternalId), new("AccountSid", account.AccountSid!), new("SmsStatus", "received"),
            new("ApiVersion", TwilioJson.Version), new("From", prefix + held.From), new("To", prefix + held.To), new("Body", message.Text),
            new("NumSegments", held.Segments.ToString(CultureInfo.InvariantCulture)), new("NumMedia", held.Media.Count.ToString(CultureInfo.InvariantCulture)),
        ]);
        if (!IsSms)
            form.AddRange([new("ProfileName", message.Name ?? "Phone"), new("WaId", held.From.TrimStart('+')), new("MessageType", held.Place is not null ? "location" : held.Media.Count == 0 ? "text" : held.Media[0].ContentType.Split('/')[0])]);
        if (held.Place is { } place)
        {
            form.AddRange([new("Latitude", place.Latitude.ToString(CultureInfo.InvariantCulture)), new("Longitude", place.Longitude.ToString(CultureInfo.InvariantCulture))]);
            if (place.Name is { Length: > 0 } name)
                form.Add(new("Label", name));
        }
        if (account.MessagingServiceSid is { } service)
        {
            form.Add(new("MessagingServiceSid", service));
            if (optOut is not null)
                form.Add(new("OptOutType", optOut));
        }
        for (var i = 0; i < held.Media.Count; i++)
        {
            form.Add(new($"MediaContentType{i}", held.Media[i].ContentType));
            form.Add(new($"MediaUrl{i}", $"{own.Base}{TwilioJson.MessagesPath(account.AccountSid!)}/{held.ExternalId}/Media/ME{held.Media[i].Id}"));
        }
        foreach (var (field, value) in message.Extra ?? [])
        {
            form.RemoveAll(f => f.Key == field);
            form.Add(new(field, value?.ToString() ?? ""));
        }
        return form;
    }

    private PlayedMessage Say(SandboxAccount account, string to, string text, string origin, string? callback = null)
    {
        var said = book.Add(new PlayedMessage
        {
            Account = account.Name, Kind = account.Kind, ExternalId = TwilioJson.NewSid("SM"), Direction = PlayedMessage.Outbound, Origin = origin, From = account.Number!, To = to, Text = text,
            Status = origin == "provider" ? "delivered" : "queued", Segments = Segments(text), StatusCallback = callback,
        });
        return origin == "provider" ? book.Change(said.Id, m => m with { SentAt = m.At }) ?? said : said;
    }

    private int Segments(string text) => IsSms ? SmsSegments.Count(text) : 1;

    // <Message> in a webhook's answer is sent to who wrote.
    private static List<(string Text, string? Callback)> Replies(WebhookAnswer answer)
    {
        if (!answer.IsOk || answer.ContentType is not ("text/xml" or "application/xml" or "text/html") || answer.Body.Length == 0)
            return [];
        try
        {
            using var reader = XmlReader.Create(new StringReader(answer.Body), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            return XDocument.Load(reader).Root?.Elements("Message")
                .Select(m => ((m.Element("Body")?.Value ?? m.Value).Trim(), (string?)m.Attribute("action") ?? (string?)m.Attribute("statusCallback")))
                .Where(m => m.Item1.Length > 0).ToList() ?? [];
        }
        catch (XmlException)
        {
            return []; // Twilio's error 12100: nothing is sent
        }
    }
}

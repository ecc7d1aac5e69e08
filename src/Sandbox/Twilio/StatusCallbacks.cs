using System.Globalization;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Faults;
using Cea.Sandbox.Messages;
using Cea.Sandbox.Webhooks;

namespace Cea.Sandbox.Twilio;

/// <summary>A sent message's way to the handset, and the calls that tell of it.</summary>
internal sealed class StatusCallbacks(MessageBook book, FaultBoard faults, TwilioWebhooks webhooks, Background background, IConfiguration settings, TimeProvider clock)
{
    private readonly TimeSpan _step = TimeSpan.FromMilliseconds(settings.GetValue("Sandbox:StatusDelayMs", 250));

    /// <summary>Begins. Done is when the first call has been made, for a provider that tells before it answers.</summary>
    public async Task StartAsync(SandboxAccount account, PlayedMessage message, int? code, CancellationToken ct)
    {
        code ??= faults.Take(FaultNames.DeliveryError, account.Name, message.To) is { } fault ? fault.Code ?? 30003 : null;
        var steps = Steps(message.Status == "accepted", code);
        if (account.Kind == TwilioNumberAccount.WhatsApp && code is null)
            steps = [.. steps, new("read", null)];
        if (faults.Take(FaultNames.StatusEarly, account.Name, message.To) is not null)
        {
            await StepAsync(account, message, steps[0], tell: true, ct);
            steps = steps[1..];
        }
        var missing = faults.Take(FaultNames.StatusMissing, account.Name, message.To) is not null;
        var twice = faults.Take(FaultNames.StatusDuplicate, account.Name, message.To) is not null;
        var reorder = faults.Take(FaultNames.StatusReorder, account.Name, message.To) is not null;
        background.Start(stop => reorder && !missing ? BackwardsAsync(account, message, steps, stop) : ForwardsAsync(account, message, steps, missing, twice, stop));
    }

    private async Task ForwardsAsync(SandboxAccount account, PlayedMessage message, IReadOnlyList<Step> steps, bool missing, bool twice, CancellationToken ct)
    {
        foreach (var step in steps)
        {
            await Task.Delay(_step, clock, ct);
            if (!await StepAsync(account, message, step, !missing, ct))
                return;
            if (twice && !missing)
                await TellAsync(account, message, step, ct);
        }
    }

    private async Task BackwardsAsync(SandboxAccount account, PlayedMessage message, IReadOnlyList<Step> steps, CancellationToken ct)
    {
        foreach (var step in steps)
        {
            await Task.Delay(_step, clock, ct);
            await StepAsync(account, message, step, tell: false, ct);
        }
        foreach (var step in steps.Reverse())
            await TellAsync(account, message, step, ct);
    }

    private async Task<bool> StepAsync(SandboxAccount account, PlayedMessage message, Step step, bool tell, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var changed = book.Change(message.Id, m => m.Status is "canceled" ? m : m with
        {
            Status = step.Status,
            ErrorCode = step.Code?.ToString(CultureInfo.InvariantCulture),
            SentAt = m.SentAt ?? (step.Status == "queued" ? null : now),
        });
        if (changed is null or { Status: "canceled" })
            return false;
        if (tell)
            await TellAsync(account, message, step, ct);
        return true;
    }

    private async Task TellAsync(SandboxAccount account, PlayedMessage message, Step step, CancellationToken ct)
    {
        if (message.StatusCallback is not { } url)
            return;
        var form = new List<KeyValuePair<string, string>>
        {
            new("ApiVersion", TwilioJson.Version),
            new("MessageStatus", step.Status),
            new("SmsSid", message.ExternalId),
            new("SmsStatus", step.Status),
            new("From", TwilioNumberAccount.Prefix(account) + message.From),
            new("To", TwilioNumberAccount.Prefix(account) + message.To),
            new("MessageSid", message.ExternalId),
            new("AccountSid", account.AccountSid!),
        };
        if (message.MessagingServiceSid is { } service)
            form.Add(new("MessagingServiceSid", service));
        if (step.Code is { } code)
            form.Add(new("ErrorCode", code.ToString(CultureInfo.InvariantCulture)));
        if (account.Kind == TwilioNumberAccount.WhatsApp)
            form.AddRange([new("ChannelPrefix", "whatsapp"), .. step.Status == "read" ? [new KeyValuePair<string, string>("EventType", "READ")] : Array.Empty<KeyValuePair<string, string>>()]);
        else if (step.Status is "delivered" or "undelivered")
            form.Add(new("RawDlrDoneDate", clock.GetUtcNow().UtcDateTime.ToString("yyMMddHHmm", CultureInfo.InvariantCulture)));
        await webhooks.PostAsync(account, url, form, step.Status, message.Id, RetryPolicy.Parse(url.Split('#').ElementAtOrDefault(1)), ct);
    }

    private static Step[] Steps(bool byService, int? code)
    {
        Step[] first = byService ? [new("queued", null)] : [];
        return code switch
        {
            null => [.. first, new("sent", null), new("delivered", null)],
            30001 or 30002 or >= 40000 or < 30000 => [.. first, new("failed", code)],
            _ => [.. first, new("sent", null), new("undelivered", code)],
        };
    }

    private sealed record Step(string Status, int? Code);
}

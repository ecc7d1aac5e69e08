using Cea.Sandbox.Accounts;
using Cea.Sandbox.Messages;
using Cea.Sandbox.Webhooks;

namespace Cea.Sandbox.Twilio;

/// <summary>Twilio's calls: signed on the configured address, tried again as its fragment asks, all with one idempotency token.</summary>
internal sealed class TwilioWebhooks(WebhookCaller caller, MessageBook book, TimeProvider clock)
{
    public const string IdempotencyToken = "I-Twilio-Idempotency-Token";

    public async Task<(WebhookAnswer Answer, int Attempts)> PostAsync(
        SandboxAccount account, string url, IReadOnlyList<KeyValuePair<string, string>> form, string what, long message, RetryPolicy policy, CancellationToken ct)
    {
        KeyValuePair<string, string>[] headers =
        [
            new(TwilioSignature.Header, TwilioSignature.Of(url, form, account.AuthToken!)),
            new(IdempotencyToken, Guid.CreateVersion7().ToString()),
            new("User-Agent", "TwilioProxy/1.1"),
        ];
        var began = clock.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            using var content = new FormUrlEncodedContent(form);
            var left = policy.TotalTime - clock.GetElapsedTime(began);
            var answer = await caller.PostAsync(account, url, content, headers, left < policy.ReadTimeout ? left : policy.ReadTimeout, ct);
            book.Change(message, m => m.Delivered(new WebhookDelivery(clock.GetUtcNow(), what, answer.Status, answer.Error)));
            var pause = TimeSpan.FromMilliseconds(100 * attempt);
            if (!policy.After.Contains(answer.Trouble) || attempt > policy.Retries || clock.GetElapsedTime(began) + pause >= policy.TotalTime)
                return (answer, attempt);
            await Task.Delay(pause, clock, ct);
        }
    }
}

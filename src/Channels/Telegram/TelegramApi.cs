using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Cea.Channels.Twilio;
using Cea.Feedback.Intake;
using Cea.Feedback.Replies;

namespace Cea.Channels.Telegram;

/// <summary>Calls of the Bot API. The token stands in the path: no address of these calls is ever logged or shown.</summary>
internal sealed class TelegramApi(IHttpClientFactory http)
{
    public const string DefaultBase = "https://api.telegram.org";

    public async Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct)
    {
        object body = message.Choices.Count == 0
            ? new { chat_id = long.Parse(message.To.Value, CultureInfo.InvariantCulture), text = message.Text.Value, link_preview_options = new { is_disabled = true } }
            : new
            {
                chat_id = long.Parse(message.To.Value, CultureInfo.InvariantCulture),
                text = message.Text.Value,
                link_preview_options = new { is_disabled = true },
                reply_markup = new { inline_keyboard = message.Choices.Select(c => new[] { new { text = c.Key, callback_data = c.Value } }) },
            };
        try
        {
            using var answer = await PostAsync(account, "sendMessage", body, ct);
            using var json = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(ct), cancellationToken: ct);
            if (answer.IsSuccessStatusCode && json.RootElement.TryGetProperty("result", out var result))
                return SendOutcome.Taken($"{message.To.Value}:{result.GetProperty("message_id").GetInt64()}", "sent");
            return Failed(answer, json.RootElement);
        }
        catch (JsonException)
        {
            return SendOutcome.Failed(SendFailure.InDoubt, "no JSON");
        }
        catch (HttpRequestException trouble)
        {
            return SendOutcome.Failed(TwilioRest.NeverLeft(trouble) ? SendFailure.NotReached : SendFailure.InDoubt, "network");
        }
        catch (OperationCanceledException)
        {
            return SendOutcome.Failed(SendFailure.InDoubt, "timeout");
        }
    }

    /// <summary>The result of a call, or null when Telegram says no.</summary>
    public async Task<JsonElement?> CallAsync(ChannelAccount account, string method, object? body, CancellationToken ct)
    {
        using var answer = await PostAsync(account, method, body ?? new { }, ct);
        if (!answer.IsSuccessStatusCode)
            return null;
        using var json = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(ct), cancellationToken: ct);
        return json.RootElement.TryGetProperty("result", out var result) ? result.Clone() : null;
    }

    private Task<HttpResponseMessage> PostAsync(ChannelAccount account, string method, object body, CancellationToken ct) =>
        http.CreateClient(ChannelKinds.HttpClient).PostAsJsonAsync($"{(account["ApiBaseUrl"] ?? DefaultBase).TrimEnd('/')}/bot{account["BotToken"]}/{method}", body, ct);

    private static SendOutcome Failed(HttpResponseMessage answer, JsonElement json)
    {
        var code = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
        var description = TelegramChannel.Text(json, "description") ?? "";
        var wait = json.TryGetProperty("parameters", out var p) && p.TryGetProperty("retry_after", out var after) && after.TryGetInt32(out var seconds) ? TimeSpan.FromSeconds(seconds) : TwilioRest.RetryAfter(answer);
        return answer.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => SendOutcome.Failed(SendFailure.Throttled, code, wait),
            HttpStatusCode.Unauthorized or HttpStatusCode.NotFound => SendOutcome.Failed(SendFailure.AccountBroken, code),
            HttpStatusCode.Forbidden => SendOutcome.Failed(SendFailure.BlockedByPerson, code),
            HttpStatusCode.BadRequest when description.Contains("chat not found", StringComparison.OrdinalIgnoreCase) => SendOutcome.Failed(SendFailure.BadAddress, code),
            HttpStatusCode.BadRequest => SendOutcome.Failed(SendFailure.Content, code),
            >= HttpStatusCode.InternalServerError => SendOutcome.Failed(SendFailure.InDoubt, code),
            _ => SendOutcome.Failed(SendFailure.Refused, code),
        };
    }
}

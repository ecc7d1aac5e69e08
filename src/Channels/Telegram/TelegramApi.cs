using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Cea.Channels.Http;
using Cea.Channels.Twilio;
using Cea.Feedback.Intake;
using Cea.Feedback.Replies;

namespace Cea.Channels.Telegram;

/// <summary>Calls of the Bot API. The token stands in the path: no address of these calls is ever logged or shown.</summary>
internal sealed class TelegramApi(IHttpClientFactory http)
{
    public const string DefaultBase = "https://api.telegram.org";
    private readonly MediaClient _media = new(http);

    public async Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct)
    {
        if (!long.TryParse(message.To.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var chat))
            return SendOutcome.Failed(SendFailure.BadAddress, "");
        object body = message.Choices.Count == 0
            ? new { chat_id = chat, text = message.Text.Value, link_preview_options = new { is_disabled = true } }
            : new
            {
                chat_id = chat,
                text = message.Text.Value,
                link_preview_options = new { is_disabled = true },
                reply_markup = new { inline_keyboard = message.Choices.Select(c => new[] { new { text = c.Key, callback_data = c.Value } }) },
            };
        try
        {
            using var answer = await PostAsync(account, "sendMessage", body, ct);
            var json = await TwilioRest.ReadAsync(answer, ct) ?? default;
            if (!answer.IsSuccessStatusCode)
                return Failed(answer, json);
            return TelegramChannel.Within(json, "result") is { } result && TelegramChannel.Number(result, "message_id") is { } id
                ? SendOutcome.Taken($"{message.To.Value}:{id}", "sent")
                : SendOutcome.Failed(SendFailure.InDoubt, "no message id");
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

    /// <summary>A call, and what Telegram says to it.</summary>
    /// <exception cref="HttpRequestException">Telegram is away, or wants us to wait.</exception>
    public async Task<TelegramSaid> AskAsync(ChannelAccount account, string method, object body, CancellationToken ct)
    {
        using var answer = await PostAsync(account, method, body, ct);
        if (answer.StatusCode is >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests)
            throw new HttpRequestException("Telegram is away", null, answer.StatusCode);
        var json = await TwilioRest.ReadAsync(answer, ct) ?? default;
        if (!answer.IsSuccessStatusCode)
            return new(null, answer.StatusCode, TelegramChannel.Text(json, "description") ?? "");
        return json.ValueKind == JsonValueKind.Object && json.TryGetProperty("result", out var result) ? new(result, null, "") : throw new HttpRequestException("not Telegram's answer");
    }

    /// <summary>A file by its id: Telegram says where it lies, which changes with every hour.</summary>
    public async Task<MediaFetched> FetchAsync(string fileId, ChannelAccount account, long most, CancellationToken ct)
    {
        string path;
        try
        {
            using var answer = await PostAsync(account, "getFile", new { file_id = fileId }, ct);
            var json = await TwilioRest.ReadAsync(answer, ct) ?? default;
            if (answer.StatusCode == HttpStatusCode.BadRequest)
            {
                var description = TelegramChannel.Text(json, "description") ?? "";
                return description.Contains("too big", StringComparison.OrdinalIgnoreCase) ? MediaFetched.TooLarge()
                    : description.Contains("temporarily", StringComparison.OrdinalIgnoreCase) ? MediaFetched.Later("http_400") : MediaFetched.Never("no_such_file");
            }
            if (!answer.IsSuccessStatusCode)
                return MediaFetched.Later($"http_{(int)answer.StatusCode}");
            if (TelegramChannel.Within(json, "result") is not { } result || TelegramChannel.Text(result, "file_path") is not { Length: > 0 and < 1000 } given)
                return MediaFetched.Later("no_path");
            path = given;
        }
        catch (HttpRequestException)
        {
            return MediaFetched.Later("network");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return MediaFetched.Later("timeout");
        }
        // The token stands in the address: it must stay below the bot's own.
        var home = $"{(account["ApiBaseUrl"] ?? DefaultBase).TrimEnd('/')}/file/bot{account["BotToken"]}/";
        return Uri.TryCreate(home + path, UriKind.Absolute, out var url) && url.AbsoluteUri.StartsWith(home, StringComparison.Ordinal) && !url.AbsolutePath.Contains('%', StringComparison.Ordinal)
            ? await _media.GetAsync(url, null, most, _ => false, ct) : MediaFetched.Never("not_the_providers");
    }

    private Task<HttpResponseMessage> PostAsync(ChannelAccount account, string method, object body, CancellationToken ct) =>
        http.CreateClient(ChannelKinds.HttpClient).PostAsJsonAsync($"{(account["ApiBaseUrl"] ?? DefaultBase).TrimEnd('/')}/bot{account["BotToken"]}/{method}", body, ct);

    private static SendOutcome Failed(HttpResponseMessage answer, JsonElement json)
    {
        var code = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
        var description = TelegramChannel.Text(json, "description") ?? "";
        var wait = TelegramChannel.Within(json, "parameters") is { } parameters && TelegramChannel.Number(parameters, "retry_after") is { } seconds and > 0 and < 86_400 ? TimeSpan.FromSeconds(seconds) : TwilioRest.RetryAfter(answer);
        return answer.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => SendOutcome.Failed(SendFailure.Throttled, code, wait),
            HttpStatusCode.Unauthorized or HttpStatusCode.NotFound => SendOutcome.Failed(SendFailure.AccountBroken, code),
            HttpStatusCode.Forbidden => SendOutcome.Failed(SendFailure.BlockedByPerson, code),
            HttpStatusCode.BadRequest when description.Contains("chat not found", StringComparison.OrdinalIgnoreCase) => SendOutcome.Failed(SendFailure.BadAddress, code),
            HttpStatusCode.BadRequest => SendOutcome.Failed(SendFailure.Content, code),
            >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout => SendOutcome.Failed(SendFailure.InDoubt, code),
            _ => SendOutcome.Failed(SendFailure.Refused, code),
        };
    }
}

/// <summary>Telegram's answer to a call.</summary>
/// <param name="Result">Null: it says no.</param>
/// <param name="Why">Its own words, when it says no; may be empty.</param>
internal readonly record struct TelegramSaid(JsonElement? Result, HttpStatusCode? Refused, string Why)
{
    /// <summary>401 to a token that is none any more, 404 to what never was one.</summary>
    public bool KnowsNoSuchBot => Refused is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound;
}

using System.Net.Http.Headers;
using Cea.Sandbox.Accounts;

namespace Cea.Sandbox.Webhooks;

/// <summary>What a webhook said: a status, or why there is none. The body only as far as <see cref="WebhookCaller.MaxAnswer"/>.</summary>
internal sealed record WebhookAnswer(int? Status, string? Error, WebhookTrouble Trouble, string? ContentType, string Body, TimeSpan? RetryAfter)
{
    public bool IsOk => Status is >= 200 and < 300;
}

/// <summary>Posts to webhooks, once. Never throws for what the other side does.</summary>
internal sealed class WebhookCaller(IHttpClientFactory http, TimeProvider clock)
{
    public const string Client = "webhooks";
    public const int MaxAnswer = 64 * 1024;

    private int _turn;

    public async Task<WebhookAnswer> PostAsync(SandboxAccount account, string url, HttpContent content, IEnumerable<KeyValuePair<string, string>> headers, TimeSpan timeout, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(timeout);
        try
        {
            var address = new Uri(WithoutFragment(url));
            using var request = new HttpRequestMessage(HttpMethod.Post, Behind(account, address)) { Content = content };
            request.Headers.Host = address.Authority;
            foreach (var (name, value) in headers)
                request.Headers.TryAddWithoutValidation(name, value);
            using var answer = await http.CreateClient(Client).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var body = await ReadAsync(answer.Content, limit.Token);
            var status = (int)answer.StatusCode;
            var trouble = status switch { >= 500 => WebhookTrouble.Status5xx, >= 400 => WebhookTrouble.Status4xx, _ => WebhookTrouble.None };
            return new WebhookAnswer(status, null, trouble, answer.Content.Headers.ContentType?.MediaType, body, Wait(answer.Headers.RetryAfter));
        }
        catch (HttpRequestException trouble)
        {
            var connect = trouble.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;
            return new WebhookAnswer(null, connect ? "no connection" : "connection closed", connect ? WebhookTrouble.Connect : WebhookTrouble.ReadTimeout, null, "", null);
        }
        catch (IOException)
        {
            return new WebhookAnswer(null, "connection closed", WebhookTrouble.ReadTimeout, null, "", null);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new WebhookAnswer(null, "no answer in time", WebhookTrouble.ReadTimeout, null, "", null);
        }
    }

    /// <summary>The fragment is Twilio's own: neither sent nor signed.</summary>
    public static string WithoutFragment(string url) => url.Split('#')[0];

    private Uri Behind(SandboxAccount account, Uri address)
    {
        if (account.DeliverTo?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is not { Length: > 0 } hosts)
            return address;
        var turn = (uint)Interlocked.Increment(ref _turn);
        return new Uri(new Uri(hosts[turn % hosts.Length]), address.PathAndQuery);
    }

    private TimeSpan? Wait(RetryConditionHeaderValue? after) => after?.Delta ?? (after?.Date is { } date ? date - clock.GetUtcNow() : null);

    private static async Task<string> ReadAsync(HttpContent content, CancellationToken ct)
    {
        var buffer = new byte[MaxAnswer];
        await using var stream = await content.ReadAsStreamAsync(ct);
        var read = await stream.ReadAtLeastAsync(buffer, MaxAnswer, throwOnEndOfStream: false, ct);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, read);
    }
}

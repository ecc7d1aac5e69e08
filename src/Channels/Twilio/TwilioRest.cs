using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Cea.Feedback.Intake;
using Cea.Feedback.Replies;

namespace Cea.Channels.Twilio;

/// <summary>The calls to Twilio's REST that its kinds of line share.</summary>
internal sealed class TwilioRest(IHttpClientFactory http)
{
    public const string DefaultBase = "https://api.twilio.com";
    private const int PageSize = 200;

    /// <summary>One create call. A refused connection is known unsent; a time-out or 5xx is in doubt.</summary>
    /// <param name="resource">Messages, or Calls.</param>
    public async Task<SendOutcome> CreateAsync(ChannelAccount account, IEnumerable<KeyValuePair<string, string>> form, CancellationToken ct, string resource = "Messages")
    {
        try
        {
            using var request = Request(account, HttpMethod.Post, $"/2010-04-01/Accounts/{account["AccountSid"]}/{resource}.json");
            request.Content = new FormUrlEncodedContent(form);
            using var answer = await http.CreateClient(ChannelKinds.HttpClient).SendAsync(request, ct);
            var json = await ReadAsync(answer, ct);
            if (answer.IsSuccessStatusCode)
            {
                return json is { } body && Text(body, "sid") is { Length: > 0 } sid
                    ? SendOutcome.Taken(sid, Text(body, "status") ?? "queued")
                    : SendOutcome.Failed(SendFailure.InDoubt, "no sid");
            }
            int? code = json is { } error && int.TryParse(Text(error, "code"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
            return SendOutcome.Failed(TwilioErrors.OfCreate(answer.StatusCode, code), code?.ToString(CultureInfo.InvariantCulture) ?? ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture), RetryAfter(answer));
        }
        catch (HttpRequestException trouble)
        {
            return SendOutcome.Failed(NeverLeft(trouble) ? SendFailure.NotReached : SendFailure.InDoubt, "network");
        }
        catch (OperationCanceledException)
        {
            return SendOutcome.Failed(SendFailure.InDoubt, "timeout");
        }
    }

    /// <param name="what">"Messages", "Calls", "Recordings".</param>
    public async IAsyncEnumerable<JsonElement> ListAsync(ChannelAccount account, string what, string query, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var path = $"/2010-04-01/Accounts/{account["AccountSid"]}/{what}.json?PageSize={PageSize}&{query}";
        for (var pages = 0; path is not null && pages < 500; pages++)
        {
            using var request = Request(account, HttpMethod.Get, path);
            using var answer = await http.CreateClient(ChannelKinds.HttpClient).SendAsync(request, ct);
            answer.EnsureSuccessStatusCode();
            var json = await ReadAsync(answer, ct) ?? throw new HttpRequestException("the list is no JSON");
            if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(what.ToLowerInvariant(), out var rows) || rows.ValueKind != JsonValueKind.Array)
                throw new HttpRequestException("the answer is no list");
            foreach (var one in rows.EnumerateArray())
                yield return one;
            path = Text(json, "next_page_uri") is { } next && next.StartsWith('/') ? next : null; // a path only: whatever else would take our credentials elsewhere
        }
    }

    /// <summary>The JSON of one resource, or null when it is not there.</summary>
    public async Task<JsonElement?> GetAsync(ChannelAccount account, string path, CancellationToken ct)
    {
        using var request = Request(account, HttpMethod.Get, path);
        using var answer = await http.CreateClient(ChannelKinds.HttpClient).SendAsync(request, ct);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return null;
        answer.EnsureSuccessStatusCode();
        return await ReadAsync(answer, ct);
    }

    /// <summary>Deletes a resource; one that is not there any more is deleted.</summary>
    public async Task DeleteAsync(ChannelAccount account, string path, CancellationToken ct)
    {
        using var request = Request(account, HttpMethod.Delete, path);
        using var answer = await http.CreateClient(ChannelKinds.HttpClient).SendAsync(request, ct);
        if (answer.StatusCode != HttpStatusCode.NotFound)
            answer.EnsureSuccessStatusCode();
    }

    public static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        } : null;

    public static DateTimeOffset? Date(string? rfc2822) =>
        DateTimeOffset.TryParse(rfc2822, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;

    /// <summary>The auth tokens that count, the newest first. An empty one would let anybody sign.</summary>
    internal static string[] Tokens(ChannelAccount account) => (account["AuthToken"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static HttpRequestMessage Request(ChannelAccount account, HttpMethod method, string path) => Signed(account, method, (account["ApiBaseUrl"] ?? DefaultBase).TrimEnd('/') + path);

    /// <summary>A request with the account's credentials: for Twilio's own hosts only.</summary>
    internal static HttpRequestMessage Signed(ChannelAccount account, HttpMethod method, string url)
    {
        var request = new HttpRequestMessage(method, url);
        var user = $"{account["AccountSid"]}:{Tokens(account).FirstOrDefault()}";
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user)));
        return request;
    }

    internal static async Task<JsonElement?> ReadAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(ct), cancellationToken: ct);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null; // a proxy's error page, say
        }
    }

    /// <summary>No connection ever stood, so that nothing can have gone out.</summary>
    internal static bool NeverLeft(HttpRequestException trouble) => trouble.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError => true,
        HttpRequestError.ConnectionError => trouble.InnerException is SocketException,
        _ => false,
    };

    internal static TimeSpan? RetryAfter(HttpResponseMessage answer) =>
        answer.Headers.RetryAfter is { } after ? after.Delta ?? (after.Date is { } date ? TimeSpan.FromTicks(Math.Max(0, (date - TimeProvider.System.GetUtcNow()).Ticks)) : null) : null;
}

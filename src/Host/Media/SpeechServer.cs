using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Cea.Channels.Http;
using Cea.Feedback.Items;
using Cea.Feedback.Media;

namespace Cea.Host.Media;

/// <summary>
/// A server that hears as OpenAI's does (<c>POST /v1/audio/transcriptions</c>): whisper.cpp, speaches, LocalAI. Each connection goes straight to an address inside the deployment, past every proxy; a redirect is not followed.
/// </summary>
internal sealed class SpeechServer : ISpeechToText, IDisposable
{
    private const int MostAnswered = 1_000_000;
    private readonly Uri _url;
    private readonly string _model;
    private readonly string? _key;
    private readonly HttpMessageInvoker _http = new(GuardedHandler.To(IsInside));

    /// <param name="url">Of the server; with or without the /v1 that clients of OpenAI's put at its end.</param>
    public SpeechServer(Uri url, string model, string? key)
    {
        var path = url.AbsolutePath.TrimEnd('/');
        _url = new Uri(url, (path.EndsWith("/v1", StringComparison.Ordinal) ? path : path + "/v1") + "/audio/transcriptions");
        (_model, _key) = (model, key is { Length: > 0 } ? key : null);
    }

    /// <summary>A few minutes of speech on a machine without a graphics card take about as long.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromMinutes(4);

    public TimeSpan Limit { get; init; } = Usual;

    /// <summary>For the operator.</summary>
    public string Where => $"{_model} at {_url.GetLeftPart(UriPartial.Authority)}";

    public async Task<Hearing> HearAsync(ReadOnlyMemory<byte> recording, string type, string? language, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = Form(recording, type, language) };
            request.Headers.Authorization = _key is null ? null : new AuthenticationHeaderValue("Bearer", _key);
            using var answer = await _http.SendAsync(request, limit.Token);
            var code = $"http_{(int)answer.StatusCode}";
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => await ReadAsync(answer, limit.Token),
                HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.UnprocessableEntity => Hearing.Never(code),
                HttpStatusCode.InternalServerError or HttpStatusCode.GatewayTimeout => Hearing.Later(code),
                _ => Hearing.Away(code),
            };
        }
        catch (HttpRequestException trouble)
        {
            if (trouble.InnerException is AddressRefusedException)
                return Hearing.Away("outside");
            return trouble.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError ? Hearing.Away("network") : Hearing.Later("broke_off");
        }
        catch (IOException)
        {
            return Hearing.Later("broke_off"); // it was there, and went while it heard this one
        }
        catch (OperationCanceledException slow) when (slow.InnerException is TimeoutException && !limit.IsCancellationRequested)
        {
            return Hearing.Away("network"); // no connection in time: its machine is off, or behind a wall
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Hearing.Later("timeout");
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>On this machine, or on a network that is nobody's but its own (RFC 1918, RFC 4193). What is in doubt is not.</summary>
    internal static bool IsInside(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        var b = address.GetAddressBytes();
        return IPAddress.IsLoopback(address) || (address.AddressFamily == AddressFamily.InterNetwork ? b[0] == 10 || (b[0] == 172 && b[1] is >= 16 and < 32) || (b[0] == 192 && b[1] == 168) : address.IsIPv6UniqueLocal);
    }

    private MultipartFormDataContent Form(ReadOnlyMemory<byte> recording, string type, string? language)
    {
        var file = new ReadOnlyMemoryContent(recording);
        file.Headers.ContentType = new MediaTypeHeaderValue(type);
        var form = new MultipartFormDataContent { { file, "file", $"recording.{MediaTypes.EndingOf(type)}" }, { new StringContent(_model), "model" }, { new StringContent("json"), "response_format" } };
        if (language is not null)
            form.Add(new StringContent(language), "language");
        return form;
    }

    // {"text": "..."} and whatever else a server adds.
    private static async Task<Hearing> ReadAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(ct);
        using var read = new MemoryStream();
        var piece = new byte[64 * 1024];
        for (int n; (n = await body.ReadAsync(piece, ct)) > 0;)
        {
            if (read.Length + n > MostAnswered)
                return Hearing.Never("too_long");
            read.Write(piece, 0, n);
        }
        try
        {
            using var json = JsonDocument.Parse(read.ToArray());
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String ? Hearing.Heard(text.GetString()!) : Hearing.Away("nonsense");
        }
        catch (Exception nonsense) when (nonsense is JsonException or InvalidOperationException) // no JSON, or halves of characters in it
        {
            return Hearing.Away("nonsense");
        }
    }
}

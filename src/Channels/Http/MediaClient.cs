using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Cea.Feedback.Intake;

namespace Cea.Channels.Http;

/// <summary>
/// Fetches a file from a provider. Where it lies is told from outside, so: only addresses that its channel calls the provider's, over https, to public addresses of the
/// network; redirects are followed by hand, to hosts that the channel names, and never with credentials. A test provider on loopback is reached on loopback only.
/// </summary>
internal sealed class MediaClient(IHttpClientFactory http)
{
    public const string Public = "media", Loopback = "media on loopback";
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private const int MostRedirects = 3;

    /// <param name="url">Already known to be the provider's own.</param>
    /// <param name="credentials">For this address only.</param>
    /// <param name="most">Bytes.</param>
    /// <param name="redirectsTo">Whether the provider's files may lie on this host.</param>
    public async Task<MediaFetched> GetAsync(Uri url, AuthenticationHeaderValue? credentials, long most, Func<string, bool> redirectsTo, CancellationToken ct)
    {
        var loopback = IsLoopback(url.Host);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            for (var hops = 0; hops <= MostRedirects; hops++)
            {
                if (url.Scheme != Uri.UriSchemeHttps && !(loopback && url.Scheme == Uri.UriSchemeHttp))
                    return MediaFetched.Never("not_https");
                using var request = new HttpRequestMessage(HttpMethod.Get, url);
                request.Headers.Authorization = hops == 0 ? credentials : null;
                using var answer = await http.CreateClient(loopback ? Loopback : Public).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
                if (answer.IsSuccessStatusCode)
                    return await ReadAsync(answer, most, limit.Token);
                if (answer.StatusCode is not (HttpStatusCode.Moved or HttpStatusCode.Redirect or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect) || answer.Headers.Location is not { } location)
                    return MediaFetched.Later($"http_{(int)answer.StatusCode}");
                var next = new Uri(url, location);
                if (!(loopback ? IsLoopback(next.Host) : redirectsTo(next.Host) || next.Host == url.Host))
                    return MediaFetched.Never("redirected_elsewhere");
                url = next;
            }
            return MediaFetched.Never("too_many_redirects");
        }
        catch (HttpRequestException trouble)
        {
            return trouble.InnerException is AddressRefusedException ? MediaFetched.Never("not_public") : MediaFetched.Later("network");
        }
        catch (IOException)
        {
            return MediaFetched.Later("network");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return MediaFetched.Later("timeout");
        }
    }

    /// <summary>The handler of one of the two clients.</summary>
    internal static SocketsHttpHandler Handler(bool loopback) => GuardedHandler.To(loopback ? IPAddress.IsLoopback : IsPublic);

    /// <summary>Neither of this machine nor of any net that is not the internet (RFC 6890).</summary>
    internal static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        var b = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return !(b[0] is 0 or 10 or 127 or >= 224 || (b[0] == 100 && b[1] is >= 64 and < 128) || (b[0] == 169 && b[1] == 254) || (b[0] == 172 && b[1] is >= 16 and < 32)
                || (b[0] == 192 && b[1] == 168) || (b[0] == 192 && b[1] == 0 && b[2] is 0 or 2) || (b[0] == 198 && b[1] is 18 or 19) || (b[0] == 198 && b[1] == 51 && b[2] == 100) || (b[0] == 203 && b[1] == 0 && b[2] == 113));
        }
        // Global unicast only, without what embeds an IPv4 address (6to4, Teredo, NAT64) or is for documents.
        return (b[0] & 0xE0) == 0x20 && !(b[0] == 0x20 && b[1] == 0x02) && !(b[0] == 0x20 && b[1] == 0x01 && b[2] == 0 && b[3] == 0) && !(b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0D && b[3] == 0xB8);
    }

    internal static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static async Task<MediaFetched> ReadAsync(HttpResponseMessage answer, long most, CancellationToken ct)
    {
        if (answer.Content.Headers.ContentLength > most)
            return MediaFetched.TooLarge();
        await using var body = await answer.Content.ReadAsStreamAsync(ct);
        using var file = new MemoryStream((int)(answer.Content.Headers.ContentLength ?? 64 * 1024));
        var piece = new byte[64 * 1024];
        int read;
        while ((read = await body.ReadAsync(piece, ct)) > 0)
        {
            if (file.Length + read > most)
                return MediaFetched.TooLarge();
            file.Write(piece, 0, read);
        }
        return file.Length == 0 ? MediaFetched.Later("empty") : MediaFetched.Got(file.ToArray());
    }
}

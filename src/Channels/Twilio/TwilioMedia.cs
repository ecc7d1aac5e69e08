using System.Net.Http.Headers;
using System.Text;
using Cea.Channels.Http;
using Cea.Feedback.Intake;

namespace Cea.Channels.Twilio;

/// <summary>Files of messages, and recordings, that Twilio keeps under the account's own address.</summary>
internal sealed class TwilioMedia(IHttpClientFactory http)
{
    private static readonly string[] Hosts = ["twilio.com", "twiliocdn.com", "amazonaws.com"]; // signed addresses of its stores
    private readonly MediaClient _client = new(http);

    public async Task<MediaFetched> FetchAsync(string reference, ChannelAccount account, long most, CancellationToken ct)
    {
        if (!Uri.TryCreate(reference, UriKind.Absolute, out var url) || !IsOwn(url, account))
            return MediaFetched.Never("not_the_providers");
        var user = $"{account["AccountSid"]}:{TwilioRest.Tokens(account).FirstOrDefault()}";
        var fetched = await _client.GetAsync(url, new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user))), most, IsTwilios, ct);
        // Where files are not protected some accounts answer 400 to who shows credentials.
        return fetched.Match(_ => false, code => code == "http_400", () => false, _ => false) ? await _client.GetAsync(url, null, most, IsTwilios, ct) : fetched;
    }

    // Exactly the API's own host, and below the account's own path: our credentials go nowhere else.
    private static bool IsOwn(Uri url, ChannelAccount account) =>
        Uri.TryCreate((account["ApiBaseUrl"] ?? TwilioRest.DefaultBase).TrimEnd('/') + $"/2010-04-01/Accounts/{account["AccountSid"]}/", UriKind.Absolute, out var home)
        && url.Scheme == home.Scheme && url.Authority == home.Authority && url.UserInfo.Length == 0 && url.AbsolutePath.StartsWith(home.AbsolutePath, StringComparison.Ordinal) && !url.AbsolutePath.Contains('%', StringComparison.Ordinal);

    private static bool IsTwilios(string host) => Hosts.Any(h => host == h || host.EndsWith("." + h, StringComparison.Ordinal));
}

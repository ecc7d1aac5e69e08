using System.Security.Cryptography;
using System.Text;

namespace Cea.Sandbox.Twilio;

/// <summary>X-Twilio-Signature: the address as it was configured, then each form field's name and value by ordinal order of the names, HMAC-SHA1 with the account's token.</summary>
internal static class TwilioSignature
{
    public const string Header = "X-Twilio-Signature";

    public static string Of(string url, IEnumerable<KeyValuePair<string, string>> form, string token)
    {
        var text = new StringBuilder(Signed(url));
        foreach (var (name, value) in form.Distinct().OrderBy(f => f.Key, StringComparer.Ordinal).ThenBy(f => f.Value, StringComparer.Ordinal))
            text.Append(name).Append(value);
#pragma warning disable CA5350 // the provider's protocol is SHA-1
        return Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(text.ToString())));
#pragma warning restore CA5350
    }

    /// <summary>For a JSON body the address carries the body's hash, and only the address is signed.</summary>
    public static string WithBodyHash(string url, byte[] body)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(body));
        var bare = url.Split('#')[0];
        return $"{bare}{(bare.Contains('?', StringComparison.Ordinal) ? '&' : '?')}bodySHA256={hash}";
    }

    // Kept as text, for Uri would lower the host's case and drop a default port; the fragment and user:password are not signed.
    private static string Signed(string url)
    {
        url = url.Split('#')[0];
        var start = url.IndexOf("://", StringComparison.Ordinal) + 3;
        var end = url.IndexOfAny(['/', '?'], start);
        var at = url.LastIndexOf('@', (end < 0 ? url.Length : end) - 1);
        return at >= start ? url[..start] + url[(at + 1)..] : url;
    }
}

using System.Security.Cryptography;
using System.Text;
using Cea.Feedback.Intake;

namespace Cea.Channels.Twilio;

/// <summary>X-Twilio-Signature: HMAC-SHA1 with the account's auth token over the public address and the sorted form; JSON bodies by bodySHA256.</summary>
public static class TwilioSignature
{
    public const string Header = "X-Twilio-Signature";

    /// <summary>True when one of the tokens (several while a token is being changed) signed this call.</summary>
    public static bool Fits(WebhookCall call, string publicUrl, IEnumerable<string> tokens)
    {
        if (call.Header(Header) is not { Length: > 0 } header)
            return false;
        var tail = "";
        if (call.IsForm)
        {
            if (call.Form.Count > 2000)
                return false;
            tail = string.Concat(call.Form
                .GroupBy(p => p.Key, StringComparer.Ordinal)
                .OrderBy(g => g.Key, StringComparer.Ordinal)
                .SelectMany(g => g.Select(p => p.Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(v => g.Key + v)));
        }
        else if (!call.Body.IsEmpty && !BodyHashFits(call))
        {
            return false;
        }

        var given = Encoding.UTF8.GetBytes(header);
        var fits = false;
        foreach (var url in Variants(publicUrl))
        {
            foreach (var token in tokens)
                fits |= CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes(Sign(url + tail, token)));
        }
        return fits;
    }

    public static string Sign(string text, string token)
    {
#pragma warning disable CA5350 // Twilio's protocol fixes HMAC-SHA1
        return Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5350
    }

    private static bool BodyHashFits(WebhookCall call) =>
        call.QueryValue("bodySHA256") is { Length: 64 } hash
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(call.Body.Span))));

    // Twilio signs without credentials and fragment; with or without the default port depending on the product, so either is taken.
    private static IEnumerable<string> Variants(string publicUrl)
    {
        var url = publicUrl;
        var fragment = url.IndexOf('#', StringComparison.Ordinal);
        if (fragment >= 0)
            url = url[..fragment];
        var start = url.IndexOf("://", StringComparison.Ordinal) + 3;
        var end = url.IndexOfAny(['/', '?'], start);
        if (end < 0)
            end = url.Length;
        var authority = url[start..end];
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        var (head, rest) = (url[..start], url[end..]);
        yield return head + authority + rest;
        var colon = authority.LastIndexOf(':');
        if (colon > authority.LastIndexOf(']'))
            yield return head + authority[..colon] + rest;
        else
            yield return head + authority + (head.StartsWith("https", StringComparison.Ordinal) ? ":443" : ":80") + rest;
    }
}

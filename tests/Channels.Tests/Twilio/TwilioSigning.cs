using System.Net;
using System.Security.Cryptography;
using System.Text;
using Cea.Channels.Twilio;
using Cea.Feedback.Intake;

namespace Cea.Channels.Tests.Twilio;

/// <summary>Signs as Twilio does, written from its description and not from the code under test.</summary>
public static class TwilioSigning
{
    public static WebhookCall Form(string action, string url, string body, string? token) => Form(action, url, Encoding.UTF8.GetBytes(body), token);

    public static WebhookCall Form(string action, string url, byte[] body, string? token)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8" };
        if (token is not null)
            headers[TwilioSignature.Header] = Sign(url, Encoding.UTF8.GetString(body), token);
        return new WebhookCall("POST", action, url, headers, body);
    }

    public static string Sign(string url, string form, string token)
    {
        var pairs = form.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)).Select(p => (Name: WebUtility.UrlDecode(p[0]), Value: p.Length == 2 ? WebUtility.UrlDecode(p[1]) : ""))
            .Distinct().OrderBy(p => p.Name, StringComparer.Ordinal).ThenBy(p => p.Value, StringComparer.Ordinal);
#pragma warning disable CA5350 // the provider's protocol
        return Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(url + string.Concat(pairs.Select(p => p.Name + p.Value)))));
#pragma warning restore CA5350
    }
}

using System.Security.Cryptography;
using System.Text;
using Cea.Feedback.Intake;

namespace Cea.Testing;

/// <summary>A line as it is configured at a Host, with what its provider knows to prove that a call is its own.</summary>
/// <param name="Secret">Auth token, or the secret of the webhook.</param>
/// <param name="Sid">The account's at Twilio; at Telegram the bot's token.</param>
public sealed record ProviderLine(string Kind, string Account, string Secret, string Sid, string Number)
{
    public static readonly string[] Kinds = ["twilio-sms", "twilio-whatsapp", "twilio-voice", "telegram"];

    public bool IsTelegram => Kind == "telegram";

    /// <summary>The settings of a Host that has this line.</summary>
    public void Configure(Dictionary<string, string> environment, string provider)
    {
        (string Name, string Value)[] own = IsTelegram ? [("BotToken", Sid), ("WebhookSecret", Secret)] : [("AccountSid", Sid), ("AuthToken", Secret), ("From", Number)];
        foreach (var (name, value) in own.Concat([("Kind", Kind), ("ApiBaseUrl", provider), ("Languages", "es,en,fr")]))
            environment[$"Channels__{Account}__{name}"] = value;
    }

    /// <summary>The header that proves a call.</summary>
    /// <param name="url">The whole address as the provider knows it.</param>
    public string Proof(string url, string? contentType, byte[] body) => IsTelegram ? $"X-Telegram-Bot-Api-Secret-Token: {Secret}" : $"X-Twilio-Signature: {Signature(Secret, url, contentType, body)}";

    /// <summary>As Twilio signs it: the address and what the form says.</summary>
    internal static string Signature(string secret, string url, string? contentType, byte[] body)
    {
        var call = new WebhookCall("POST", "", url, contentType is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["Content-Type"] = contentType }, body);
        var tail = string.Concat(call.Form.GroupBy(p => p.Key, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).SelectMany(g => g.Select(p => p.Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(v => g.Key + v)));
#pragma warning disable CA5350 // Twilio's protocol fixes HMAC-SHA1
        return Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(url + tail)));
#pragma warning restore CA5350
    }
}

using System.Globalization;
using System.Security.Cryptography;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Messages;

namespace Cea.Sandbox.Twilio;

/// <summary>Resources of the 2010 API as it writes them: snake case, numbers as text, dates by RFC 2822.</summary>
internal static class TwilioJson
{
    public const string Version = "2010-04-01";

    public static string NewSid(string kind) => kind + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public static string? Date(DateTimeOffset? at) => at?.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture);

    public static string MessagesPath(string accountSid) => $"/{Version}/Accounts/{accountSid}/Messages";

    public static Dictionary<string, object?> Message(SandboxAccount account, PlayedMessage message)
    {
        var path = $"{MessagesPath(account.AccountSid!)}/{message.ExternalId}";
        return new()
        {
            ["account_sid"] = account.AccountSid,
            ["api_version"] = Version,
            ["body"] = message.Text,
            ["date_created"] = Date(message.At),
            ["date_sent"] = Date(message.SentAt),
            ["date_updated"] = Date(message.ChangedAt),
            ["direction"] = message.IsInbound ? "inbound" : message.Origin == "api" ? "outbound-api" : "outbound-reply",
            ["error_code"] = message.ErrorCode is { } code ? int.Parse(code, CultureInfo.InvariantCulture) : null,
            ["error_message"] = null,
            ["from"] = TwilioNumberAccount.Prefix(account) + message.From,
            ["messaging_service_sid"] = message.MessagingServiceSid,
            ["num_media"] = message.Media.Count.ToString(CultureInfo.InvariantCulture),
            ["num_segments"] = message.Status == "accepted" ? "0" : message.Segments.ToString(CultureInfo.InvariantCulture),
            ["price"] = null,
            ["price_unit"] = null,
            ["sid"] = message.ExternalId,
            ["status"] = message.Status,
            ["subresource_uris"] = new Dictionary<string, string> { ["media"] = $"{path}/Media.json" },
            ["to"] = TwilioNumberAccount.Prefix(account) + message.To,
            ["uri"] = $"{path}.json",
        };
    }

    public static Dictionary<string, object?> Media(SandboxAccount account, PlayedMessage message, PlayedMedia media) => new()
    {
        ["sid"] = $"ME{media.Id}",
        ["account_sid"] = account.AccountSid,
        ["parent_sid"] = message.ExternalId,
        ["content_type"] = media.ContentType,
        ["date_created"] = Date(message.At),
        ["date_updated"] = Date(message.At),
        ["uri"] = $"{MessagesPath(account.AccountSid!)}/{message.ExternalId}/Media/ME{media.Id}.json",
    };

    /// <summary>One number is one resource, whatever it is used for: its messages and its calls may be accounts of their own here.</summary>
    public static Dictionary<string, object?> Number(IReadOnlyCollection<SandboxAccount> uses)
    {
        var (number, message, voice) = (uses.First(), uses.FirstOrDefault(a => !IsVoice(a)), uses.FirstOrDefault(IsVoice));
        return new()
        {
            ["sid"] = NumberSid(number),
            ["account_sid"] = number.AccountSid,
            ["friendly_name"] = number.Number,
            ["phone_number"] = number.Number,
            ["api_version"] = Version,
            ["capabilities"] = new Dictionary<string, bool> { ["voice"] = voice is not null, ["sms"] = message is not null, ["mms"] = message is not null, ["fax"] = false },
            ["sms_url"] = message?.WebhookUrl ?? "",
            ["sms_method"] = "POST",
            ["sms_fallback_url"] = message?.FallbackUrl ?? "",
            ["sms_fallback_method"] = "POST",
            ["voice_url"] = voice?.WebhookUrl ?? "",
            ["voice_method"] = "POST",
            ["voice_fallback_url"] = "",
            ["voice_fallback_method"] = "POST",
            ["status_callback"] = voice?.StatusUrl ?? "",
            ["status_callback_method"] = "POST",
            ["status"] = "in-use",
            ["origin"] = "twilio",
            ["date_created"] = null,
            ["date_updated"] = null,
            ["uri"] = $"/{Version}/Accounts/{number.AccountSid}/IncomingPhoneNumbers/{NumberSid(number)}.json",
        };
    }

    public static bool IsVoice(SandboxAccount account) => account.Kind == TwilioVoice.TwilioVoiceAccount.Name;

    /// <summary>Always the same for the same number.</summary>
    public static string NumberSid(SandboxAccount account) =>
        "PN" + Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(account.Number!)))[..32];

    /// <summary>One page of a list, with the addresses that lead through it.</summary>
    public static Dictionary<string, object?> Page(string path, string name, IReadOnlyList<object> rows, int page, int size, string query, string? next)
    {
        string At(int number, string? token) => $"{path}?{(query.Length > 0 ? query + "&" : "")}PageSize={size}&Page={number}{(token is null ? "" : $"&PageToken={token}")}";
        return new()
        {
            [name] = rows,
            ["page"] = page,
            ["page_size"] = size,
            ["start"] = page * size,
            ["end"] = (page * size) + Math.Max(0, rows.Count - 1),
            ["uri"] = At(page, null),
            ["first_page_uri"] = At(0, null),
            ["previous_page_uri"] = null,
            ["next_page_uri"] = next is null ? null : At(page + 1, next),
        };
    }
}

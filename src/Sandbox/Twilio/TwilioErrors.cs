using System.Globalization;
using System.Text.RegularExpressions;

namespace Cea.Sandbox.Twilio;

/// <summary>Twilio's error answers, and the numbers that bring them about.</summary>
internal static partial class TwilioErrors
{
    private static readonly Dictionary<int, string> Messages = new()
    {
        [20003] = "Authenticate",
        [20404] = "The requested resource was not found",
        [20429] = "Too Many Requests",
        [20500] = "Internal Server Error",
        [20503] = "Service Unavailable",
        [21205] = "The 'Url' is not valid",
        [21210] = "The 'From' number is not a number of this account that can call",
        [21211] = "The 'To' number is not a valid phone number",
        [21212] = "The 'From' number is not a valid phone number",
        [21214] = "The 'To' phone number cannot be reached",
        [21217] = "The phone number does not appear to be valid",
        [21408] = "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
        [21601] = "The phone number is not a valid SMS-capable number",
        [21602] = "Message body is required",
        [21603] = "A 'From' phone number is required",
        [21604] = "A 'To' phone number is required",
        [21606] = "The 'From' phone number is not a number of this account that can send SMS",
        [21609] = "The 'StatusCallback' URL is not valid",
        [21610] = "Attempt to send to unsubscribed recipient",
        [21611] = "The 'From' number has exceeded the maximum number of queued messages",
        [21612] = "The 'To' phone number is not currently reachable via SMS",
        [21614] = "The 'To' number is not a valid mobile number",
        [21617] = "The concatenated message body exceeds the 1600 character limit",
        [21623] = "The number of media files allowed per message is exceeded",
        [21703] = "The Messaging Service does not exist or holds no number",
        [21655] = "The ContentSid is invalid",
        [21656] = "The ContentVariables are invalid",
        [63007] = "No sender of this channel has this 'From' address",
        [63016] = "The message is outside the allowed window; use a template",
    };

    public static IResult Answer(int code, int? status = null, string? message = null) => Results.Json(
        new Dictionary<string, object>
        {
            ["code"] = code,
            ["message"] = message ?? Messages.GetValueOrDefault(code, "The message cannot be sent"),
            ["more_info"] = $"https://www.twilio.com/docs/errors/{code}",
            ["status"] = status ?? StatusOf(code),
        },
        statusCode: status ?? StatusOf(code));

    public static int StatusOf(int code) => code switch
    {
        20003 => 401,
        20404 => 404,
        20429 => 429,
        20500 => 500,
        20503 => 503,
        _ => 400,
    };

    /// <summary>Whether the code comes with the create call; the 30000s come later, with a status.</summary>
    public static bool ComesAtOnce(int code) => code is not (>= 30000 and < 40000);

    /// <summary>
    /// The code that a number stands for: Twilio's own magic numbers, and <c>+1999</c> with any code after it (<c>+19993000301</c> is unreachable, 30003).
    /// </summary>
    public static int? MagicTo(string to) => to switch
    {
        "+15005550001" => 21211,
        "+15005550002" => 21612,
        "+15005550003" => 21408,
        "+15005550004" => 21610,
        "+15005550009" => 21614,
        _ => Magic().Match(to) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : null,
    };

    public static int? MagicFrom(string from) => from switch
    {
        "+15005550001" => 21212,
        "+15005550007" => 21606,
        "+15005550008" => 21611,
        _ => null,
    };

    [GeneratedRegex(@"^(?:\w+:)?\+1999(\d{5})\d{0,4}$")]
    private static partial Regex Magic();

    [GeneratedRegex(@"^(?:\w+:)?\+[1-9]\d{6,14}$")]
    public static partial Regex Telephone();

    /// <summary>A business-scoped id of WhatsApp: a country and up to 128 letters and digits.</summary>
    [GeneratedRegex(@"^[A-Z]{2}\.[A-Za-z0-9]{1,128}$")]
    public static partial Regex ScopedId();
}

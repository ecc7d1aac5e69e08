using System.Globalization;
using System.Net;
using Cea.Feedback.Replies;

namespace Cea.Channels.Twilio;

/// <summary>Twilio's error codes, by consequence. An unknown code is kept as it is and treated as a refusal of this one message.</summary>
public static class TwilioErrors
{
    private static readonly Dictionary<int, SendFailure> Known = new Dictionary<SendFailure, int[]>
    {
        [SendFailure.Throttled] = [20429, 63017, 63018],
        [SendFailure.QueueFull] = [21611, 30001],
        [SendFailure.AccountBroken] = [20003, 20404, 21606, 21603, 21703, 63007, 63008, 30002],
        [SendFailure.BadAddress] = [21211, 21214, 21217, 21614, 21601, 63003, 63024],
        [SendFailure.PersonOptedOut] = [21610],
        [SendFailure.Geography] = [21408, 21612],
        [SendFailure.Content] = [21602, 21617, 21620, 21621, 21623, 63005, 63019, 63021, 63034, 30019],
        [SendFailure.WindowClosed] = [63016],
        [SendFailure.Template] = [21655, 21656, 63027, 63028, 63029, 63040, 63041],
        [SendFailure.BlockedByPerson] = [63032, 63033, 63014],
        [SendFailure.NoReach] = [30005, 30006],
        [SendFailure.Filtered] = [30004, 30007],
        [SendFailure.CarrierTrouble] = [30003, 30008, 30017, 30410],
        [SendFailure.Refused] = [30009, 30010, 30018, 30022, 30023, 30032, 30034],
    }.SelectMany(p => p.Value.Select(code => (code, p.Key))).ToDictionary(p => p.code, p => p.Key);

    /// <summary>What an error answer to a create call means: it is known not to have been sent, but for 5xx and 408.</summary>
    public static SendFailure OfCreate(HttpStatusCode status, int? code) => status switch
    {
        HttpStatusCode.TooManyRequests => SendFailure.Throttled,
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when code is null => SendFailure.AccountBroken,
        >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout => SendFailure.InDoubt,
        _ => code is { } c && Known.TryGetValue(c, out var failure) ? failure : status == HttpStatusCode.Unauthorized ? SendFailure.AccountBroken : SendFailure.Refused,
    };

    /// <summary>What a code in a status call means. Without a known one nothing is said about the person's address.</summary>
    public static SendFailure OfDelivery(string? code) =>
        int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Known.TryGetValue(number, out var failure) ? failure : SendFailure.Refused;
}

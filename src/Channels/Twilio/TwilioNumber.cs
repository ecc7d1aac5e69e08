using System.Globalization;
using System.Text.Json;
using Cea.Feedback.Intake;

namespace Cea.Channels.Twilio;

/// <summary>What Twilio holds for a number of the account, compared with what we need there.</summary>
internal static class TwilioNumber
{
    public static readonly LineProblem Unknown = new("number_unknown", true, "this number is not one of the Twilio account's numbers");

    private static readonly LineProblem NoAccount = new("account_unknown", true, "Twilio does not know this account SID");

    public static async Task<IReadOnlyList<LineProblem>> AccountAsync(TwilioRest rest, ChannelAccount account, CancellationToken ct) =>
        await rest.GetAsync(account, $"/2010-04-01/Accounts/{account["AccountSid"]}.json", ct) is null ? [NoAccount] : [];

    /// <summary>The number's resource, or null when the account has no such number. What is asked for is a pattern at Twilio, so that longer numbers may come with it.</summary>
    public static async Task<JsonElement?> FindAsync(TwilioRest rest, ChannelAccount account, CancellationToken ct)
    {
        if (await rest.GetAsync(account, $"/2010-04-01/Accounts/{account["AccountSid"]}/IncomingPhoneNumbers.json?PhoneNumber={Uri.EscapeDataString(account["From"] ?? "")}", ct) is not { } list || !list.TryGetProperty("incoming_phone_numbers", out var numbers))
            return null;
        foreach (var number in numbers.EnumerateArray())
        {
            if ((TwilioRest.Text(number, "phone_number") ?? account["From"]) == account["From"])
                return number;
        }
        return null;
    }

    /// <summary>
    /// What is wrong with the address that stands in this field: another one, or one without the fragment that makes Twilio come again. By default it comes again once, and only when no
    /// connection stood: what arrives while we restart would be lost until the next look at its list, and a call for good.
    /// </summary>
    /// <param name="code">Of the problem: {code}_elsewhere, {code}_no_retry.</param>
    public static LineProblem? Webhook(JsonElement number, string field, string ours, string suffix, string code, bool stops, string what)
    {
        var there = (TwilioRest.Text(number, field) ?? "").Split('#', 2);
        if (there[0] != ours)
            return new($"{code}_elsewhere", stops, $"{what} is {(there[0].Length == 0 ? "not set" : "another address")}; set it to {ours}{suffix}", ours + suffix);
        return ComesAgain(there.ElementAtOrDefault(1)) ? null : new($"{code}_no_retry", false, $"{what} has no retry fragment, so that Twilio does not come again when we could not answer; set it to {ours}{suffix}", ours + suffix);
    }

    // At least once, and after an answer of 5xx, a connection that does not stand, and an answer that does not come; how often and how long is the owner's choice.
    private static bool ComesAgain(string? fragment)
    {
        var wanted = (fragment ?? "").Split('&').Select(p => p.Split('=', 2)).Where(p => p.Length == 2).ToLookup(p => p[0], p => p[1]);
        var after = (wanted["rp"].LastOrDefault() ?? "").Split(',');
        return int.TryParse(wanted["rc"].LastOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var times) && times > 0 && (after.Contains("all") || new[] { "5xx", "ct", "rt" }.All(after.Contains));
    }
}

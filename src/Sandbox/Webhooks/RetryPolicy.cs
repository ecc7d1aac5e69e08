using System.Globalization;

namespace Cea.Sandbox.Webhooks;

/// <summary>What kept a webhook call from counting as done.</summary>
internal enum WebhookTrouble
{
    None,
    Connect,
    ReadTimeout,
    Status4xx,
    Status5xx,
}

/// <summary>
/// Twilio's connection overrides, read from the fragment of a webhook's address: <c>rc</c> retries, <c>rp</c> after what, <c>ct rt tt</c> time limits in ms.
/// Without them one retry, and only when no connection came about.
/// </summary>
internal sealed record RetryPolicy(int Retries, IReadOnlySet<WebhookTrouble> After, TimeSpan ConnectTimeout, TimeSpan ReadTimeout, TimeSpan TotalTime)
{
    public static readonly RetryPolicy Never = Parse("rc=0");

    public static RetryPolicy Parse(string? fragment)
    {
        var given = (fragment ?? "").TrimStart('#').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(p => p.Split('=', 2)).Where(p => p.Length == 2).GroupBy(p => p[0]).ToDictionary(g => g.Key, g => g.Last()[1]);

        int Number(string name, int usual, int least, int most) =>
            given.TryGetValue(name, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? Math.Clamp(n, least, most) : usual;

        var after = new HashSet<WebhookTrouble>();
        foreach (var word in given.GetValueOrDefault("rp", "ct").Split(','))
        {
            after.UnionWith(word switch
            {
                "4xx" => [WebhookTrouble.Status4xx],
                "5xx" => [WebhookTrouble.Status5xx],
                "ct" => [WebhookTrouble.Connect],
                "rt" => [WebhookTrouble.ReadTimeout],
                "all" => [WebhookTrouble.Status4xx, WebhookTrouble.Status5xx, WebhookTrouble.Connect, WebhookTrouble.ReadTimeout],
                _ => Array.Empty<WebhookTrouble>(),
            });
        }
        return new RetryPolicy(Number("rc", 1, 0, 5), after, TimeSpan.FromMilliseconds(Number("ct", 5000, 100, 10_000)),
            TimeSpan.FromMilliseconds(Number("rt", 15_000, 100, 15_000)), TimeSpan.FromMilliseconds(Number("tt", 15_000, 100, 15_000)));
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Cea.Testing.Hostile;

/// <summary>
/// Hostile and broken calls at every public address of a running Host, over eight connections. Whoever proves nothing is never told that anything was taken in; no call
/// is answered by 5xx or not at all.
/// </summary>
public sealed class AddressFuzz(Uri host, string publicUrl, string key, int seed)
{
    public const int Connections = 8;
    private readonly ConcurrentDictionary<string, int> _statuses = new();
    private readonly ConcurrentQueue<string> _wrong = new();
    private int _calls, _messages;

    /// <summary>One of each kind to which calls are signed, and one to which none ever is: it shows what unsigned ones leave behind.</summary>
    public static IReadOnlyList<ProviderLine> Lines { get; } = [.. ProviderLine.Kinds.SelectMany((kind, i) => new[] { "open", "shut" }.Select((state, s) =>
        new ProviderLine(kind, $"{kind.Replace("twilio-", "", StringComparison.Ordinal)}-{state}", $"secret-{i}-{state}", kind == "telegram" ? $"10000{s}:fuzz-bot-token-0000000000000000000000" : $"AC{i + 0x10 * (s + 1):x32}", $"+1555010{i + 10 * (s + 1):0000}")))];

    internal static bool TakesSigned(ProviderLine line) => line.Account.EndsWith("-open", StringComparison.Ordinal);

    public int Calls => _calls;

    /// <summary>How many messages may at most have been stored.</summary>
    public int MostStored => _messages;

    public IReadOnlyCollection<string> Wrong => _wrong;
    public IEnumerable<string> Statuses => _statuses.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key}: {s.Value}");

    /// <summary>Settings of a Host that has these lines; its provider is never there.</summary>
    public static void Configure(Dictionary<string, string> environment)
    {
        foreach (var line in Lines)
            line.Configure(environment, "http://127.0.0.1:9");
    }

    /// <summary>Until so many calls are made, or the time is over.</summary>
    public async Task RunAsync(int calls, TimeSpan most)
    {
        var (cookie, token) = await TokenAsync();
        var since = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(c => Task.Run(async () =>
        {
            var random = new Random(seed * Connections + c);
            var maker = new CallMaker(random, publicUrl, Lines, key, cookie, token);
            using var sender = new HostileSender(host.Port, new Random(seed * Connections + c + 1_000_000));
            for (var n = 0; n < calls / Connections && since.Elapsed < most; n++)
            {
                var call = maker.Next();
                if (call.Claim == Claim.Good && call.Messages > 0)
                    Interlocked.Add(ref _messages, call.Messages);
                var status = await sender.SendAsync(call);
                if (status == 0 && !call.CutsOff)
                    status = await sender.SendAsync(call); // the Host had closed the kept connection; on a new one there is an answer
                if (status == 0 && !call.CutsOff)
                    _wrong.Enqueue($"closed without an answer to {call.Name} (connection {c}, call {n})");
                Interlocked.Increment(ref _calls);
                _statuses.AddOrUpdate($"{call.Name.Split(' ')[0].Split('?')[0],-16} {status}", 1, (_, was) => was + 1);
                if (status >= 500)
                    _wrong.Enqueue($"{status} to {call.Name} (connection {c}, call {n})");
                if (status < 0)
                    _wrong.Enqueue($"no answer to {call.Name} (connection {c}, call {n})");
                if (status is >= 200 and < 300 && call is { Takes: true, Claim: Claim.None })
                    _wrong.Enqueue($"{status} without a proof to {call.Name} (connection {c}, call {n})");
            }
        })));
    }

    /// <summary>What a log holds that it may not; nothing when all is well.</summary>
    public static IEnumerable<string> Leaks(string log) =>
        new[] { Oddities.Mark, Oddities.Phone, "etc/passwd", "drop table" }.Where(w => log.Contains(w, StringComparison.OrdinalIgnoreCase)).Concat(log.Where(c => c is > '~' or (< ' ' and not ('\n' or '\r' or '\t'))).Distinct().Select(c => $"character {(int)c:x}"));

    /// <summary>What the Host itself says went wrong, and how often.</summary>
    public static IEnumerable<string> Troubles(string log) => log.Split('\n').Where(l => l.Contains(" failed: ", StringComparison.Ordinal) || l.Contains("could not", StringComparison.Ordinal)).Select(l => l.Trim()).CountBy(l => l).Select(l => $"{l.Value} times: {l.Key}");

    // Tables whose rows tell that something was taken in from a line to which nobody ever signed a call.
    public const string FromUnsigned = """
        select (select count(*) from seen where account_id like '%-shut') + (select count(*) from inbox where account_id like '%-shut') + (select count(*) from raw_call where account_id like '%-shut')
             + (select count(*) from message where account_id like '%-shut') + (select count(*) from item where account_id like '%-shut')
        """;

    /// <summary>What people said and triage has not read yet; what waits for a sending or a recording that nobody made is not among it.</summary>
    public const string Untriaged = "select count(*) from inbox where not dead and (kind in ('message', 'edit', 'reach') or error is not null)";

    /// <summary>What was taken in and could not be read; a call that says nothing is for somebody to look at, and no such thing.</summary>
    public const string Stuck = "select coalesce(string_agg(distinct kind || ' of ' || account_id || ': ' || coalesce(error, 'waits'), '; '), '') from inbox where error <> 'unreadable' or (error is null and kind in ('message', 'edit', 'reach'))";

    private async Task<(string? Cookie, string? Token)> TokenAsync()
    {
        using var http = Clients.New(host);
        using var page = await http.GetAsync(new Uri("/sign-in", UriKind.Relative));
        var token = Regex.Match(await page.Content.ReadAsStringAsync(), "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value;
        return (page.Headers.TryGetValues("Set-Cookie", out var set) ? string.Join("; ", set.Select(s => s.Split(';')[0])) : null, token);
    }
}

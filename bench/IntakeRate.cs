using System.Diagnostics;
using System.Globalization;
using Cea.Testing;

namespace Cea.Bench;

/// <summary>Messages a second that are accepted and committed over 16 connections, against what pgbench gets with 8 clients running intake's own statement, one message a transaction.</summary>
internal static class IntakeRate
{
    private const int Connections = 16;

    public static async Task<int> RunAsync(Ground ground, int seconds, string kind)
    {
        var line = ground.Open(kind);
        var host = await ground.HostAsync(ground.PublicPort, "intake");
        var ours = new List<double>();
        var theirs = new List<double>();
        await RoundAsync(ground, line, 3, 0); // warm
        for (var round = 1; round <= 3; round++)
        {
            ours.Add(await RoundAsync(ground, line, seconds, round));
            theirs.Add(await ground.PgbenchAsync(Script, seconds));
            Console.WriteLine($"round {round}: cea {ours[^1]:0}/s, pgbench {theirs[^1]:0}/s");
        }
        Console.WriteLine($"intake of {kind}: {Median(ours) / Median(theirs):0.00} of pgbench; Host at most {Ground.PeakMemory(host)} MB");
        return Median(ours) / Median(theirs) >= 0.2 ? 0 : 1;
    }

    public static double Median(IEnumerable<double> values) => values.Order().ElementAt(values.Count() / 2);

    private static async Task<double> RoundAsync(Ground ground, ProviderLine line, int seconds, int round)
    {
        var calls = Enumerable.Range(0, Connections).Select(c => Enumerable.Range(0, seconds * 700)
            .Select(i => ProviderCall.New(line, ground.PublicUrl, ((((round * Connections) + c) << 20) | i), $"+5094{(round * 1_000_000) + (c * 50_000) + (i % 50_000)}", Texts[i % Texts.Length])).ToList()).ToList();
        var before = await ground.ScalarAsync<long>("select count(*) from inbox");
        var since = Stopwatch.StartNew();
        await Task.WhenAll(calls.Select(own => Task.Run(async () =>
        {
            using var sender = new CallSender(ground.PublicPort);
            foreach (var call in own)
            {
                if (since.Elapsed.TotalSeconds > seconds)
                    break;
                if (await sender.PostAsync(call) is not 200 and var status)
                    throw new InvalidOperationException($"answered {status}");
            }
        })));
        var took = since.Elapsed.TotalSeconds;
        return (await ground.ScalarAsync<long>("select count(*) from inbox") - before) / took;
    }

    /// <summary>Writing in the world's phones' manner, of usual lengths.</summary>
    public static readonly string[] Texts =
    [
        "podrian abrir mas temprano? salimos a las 5", "dlo a pa bon depi yè maten, timoun yo malad", "Bonjour, la file est trop longue et il n'y a pas d'ombre, les vieux tombent",
        "hello is the clinic open on sunday", "الماء مقطوع من يومين", "gracias por la comida",
    ];

    // ids and hashes are new in each transaction; sizes are those of a message of usual length, sealed
    private static readonly string Script = string.Create(CultureInfo.InvariantCulture, $$"""
        \set r random(100000000000, 999999999999)
        \set s random(10000000000, 99999999999)
        {{Filled()}};
        """);

    private static string Filled()
    {
        var sql = Feedback.Intake.Inbox.Statement;
        string Bytes(int length, string tail) => @"{""\\x" + new string('a', (length * 2) - tail.Length) + "TAIL\"}".Replace("TAIL", tail, StringComparison.Ordinal);
        (string, string)[] values =
        [
            ("$10::bytea[]", Bytes(640, ":r")), ("$9::bytea[]", Bytes(420, ":r")), ("$8::text[]", "{NULL}"), ("$7::text[]", "{:s}"), ("$6::timestamptz[]", "{now}"), ("$5::bytea[]", Bytes(32, "")),
            ("$4::text[]", "{message}"), ("$3::bytea[]", @"{""\\x" + new string('b', 52) + ":r\"}"), ("$2::text[]", "{sms}"), ("$1::uuid[]", "{01990000-0000-7000-8000-:r}"),
        ];
        foreach (var (placeholder, value) in values)
            sql = sql.Replace(placeholder, $"'{value}'::{placeholder[(placeholder.IndexOf("::", StringComparison.Ordinal) + 2)..]}", StringComparison.Ordinal);
        return sql.ReplaceLineEndings(" ");
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Cea.Testing;

namespace Cea.Bench;

/// <summary>
/// Messages a second that triage turns into items, against what pgbench gets with 8 clients running the statements of one message's triage. The statements are those that the
/// server logged while one message was triaged, with fresh ids in each transaction; what both wrote is counted by table and must be the same for each message.
/// </summary>
internal static partial class TriageRate
{
    private static readonly string[] Tables = ["person", "address", "item", "message", "clock", "outbox", "count_change"];

    public static async Task<int> RunAsync(Ground ground, int messages)
    {
        var script = await LearnAsync(ground);
        await ground.SandboxAsync("--Sandbox:StatusDelayMs=600000");
        var ours = new List<double>();
        var theirs = new List<double>();
        var memory = 0;
        await ground.ExecuteAsync("update channel_account set paused_until = now() + interval '1 day'"); // triage alone is measured
        for (var round = 1; round <= 3; round++)
        {
            var intake = await ground.HostAsync(ground.PublicPort, "intake");
            await FillAsync(ground, messages, round);
            await intake.DisposeAsync();
            var rows = await CountAsync(ground);
            var waiting = await ground.ScalarAsync<long>("select count(*) from inbox");
            var host = await ground.HostAsync(ground.PublicPort, "worker");
            var (first, since) = (await ground.ScalarAsync<long>("select count(*) from inbox"), Stopwatch.StartNew());
            long left;
            while ((left = await ground.ScalarAsync<long>("select count(*) from inbox")) > 0 && since.Elapsed.TotalSeconds < 600)
                await Task.Delay(100);
            ours.Add((first - left) / since.Elapsed.TotalSeconds);
            memory = Math.Max(memory, Ground.PeakMemory(host));
            await host.DisposeAsync();
            var written = (await CountAsync(ground)).Select((n, i) => (n - rows[i]) / (double)waiting).ToList();

            rows = await CountAsync(ground);
            await StockAsync(ground, round);
            var tps = await ground.PgbenchAsync(script.Replace("ROUND", $"{round}", StringComparison.Ordinal), 10, 8, "-D", "i=0");
            theirs.Add(tps);
            var peer = (await CountAsync(ground)).Select((n, i) => (n - rows[i]) / (tps * 10)).ToList();
            Console.WriteLine($"round {round}: cea {ours[^1]:0}/s, pgbench {tps:0}/s; rows a message: {string.Join(", ", Tables.Select((t, i) => $"{t} {written[i]:0.0}/{peer[i]:0.0}"))}");
            await ground.ExecuteAsync("delete from inbox");
            await ground.ExecuteAsync("vacuum analyze inbox");
        }
        Console.WriteLine($"triage: {IntakeRate.Median(ours) / IntakeRate.Median(theirs):0.00} of pgbench; Host at most {memory} MB");
        return IntakeRate.Median(ours) / IntakeRate.Median(theirs) >= 0.2 ? 0 : 1;
    }

    private static async Task FillAsync(Ground ground, int messages, int round)
    {
        using var gate = new SemaphoreSlim(16);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(c => Task.Run(async () =>
        {
            using var sender = new CallSender(ground.PublicPort);
            for (var i = c; i < messages; i += 16)
            {
                var call = ProviderCall.New(ground.Sms, ground.PublicUrl, ((round << 24) | i), $"+5095{(round * 1_000_000) + i}", IntakeRate.Texts[i % IntakeRate.Texts.Length]);
                if (await sender.PostAsync(call) is not 200 and var status)
                    throw new InvalidOperationException($"answered {status}");
            }
        })));
    }

    private static async Task<List<long>> CountAsync(Ground ground)
    {
        var counts = new List<long>();
        foreach (var table in Tables)
            counts.Add(await ground.ScalarAsync<long>(table == "count_change" ? "select coalesce((select last_value from pg_sequences where sequencename like 'count_change%'), 0)" : $"select count(*) from {table}"));
        return counts;
    }

    // The rows that pgbench's leases and deletions find, by the ids it makes.
    private static Task StockAsync(Ground ground, int round) => ground.ExecuteAsync($"""
        insert into inbox (id, account_id, kind, person_key, received_at, receipt_code, sealed, attempt)
        select ('01990000-0000-7000-8000-' || ({round}00000000000 + c * 1000000000::bigint + i))::uuid, 'sms', 'message', decode(repeat('ab', 32), 'hex'), now(), null, decode(repeat('cd', 420), 'hex'), 0
        from generate_series(0, 7) c, generate_series(1, 12000) i
        """);

    private static async Task<string> LearnAsync(Ground ground)
    {
        var host = await ground.HostAsync(ground.PublicPort);
        using (var sender = new CallSender(ground.PublicPort))
        {
            async Task PostAsync(int n)
            {
                while (await sender.PostAsync(ProviderCall.New(ground.Sms, ground.PublicUrl, (n), $"+509600000{n:00}", IntakeRate.Texts[0])) != 200)
                    await Task.Delay(100); // the connection to the Host before is gone
                await ground.UntilAsync("triage", "select not exists (select 1 from inbox)");
            }
            await PostAsync(1); // statements that run once a start are over
            await host.DisposeAsync();
            string[] logging = ["alter system set log_line_prefix = '@%a|%p|'", "alter database cea set log_statement = 'all'", "alter database cea set log_parameter_max_length = -1", "alter database cea set log_error_verbosity = 'default'", "select pg_reload_conf()"];
            foreach (var sql in logging)
                await ground.ExecuteAsync(sql);
            host = await ground.HostAsync(ground.PublicPort);
            await PostAsync(2);
            await host.DisposeAsync();
            await ground.ExecuteAsync("alter database cea reset all");
        }
        return Script(await File.ReadAllTextAsync(ground.Server.LogFile));
    }

    private static string Script(string log)
    {
        var entries = log.Split("\n@").Select(e => e.Split('|', 3)).Where(e => e.Length == 3 && e[0] == "cea worker").Select(e => (Pid: e[1], Text: e[2])).ToList();
        var statements = new List<(string Pid, string Sql)>();
        foreach (var (pid, text) in entries)
        {
            if (Execute().Match(text) is { Success: true } execute)
                statements.Add((pid, text[execute.Length..].TrimEnd()));
            else if (text.StartsWith("DETAIL:  parameters: ", StringComparison.OrdinalIgnoreCase) && statements.FindLastIndex(s => s.Pid == pid) is >= 0 and var at)
                statements[at] = (pid, Fill(statements[at].Sql, text["DETAIL:  parameters: ".Length..].TrimEnd()));
        }
        var insert = statements.FindLastIndex(s => s.Sql.StartsWith("insert into address", StringComparison.Ordinal));
        var owner = statements[insert].Pid;
        var lease = statements.Take(insert).Last(s => s.Sql.StartsWith("update inbox set due_at = now() + interval", StringComparison.Ordinal)).Sql;
        var commit = statements.FindIndex(insert, s => s.Pid == owner && s.Sql.StartsWith("COMMIT", StringComparison.OrdinalIgnoreCase));
        var body = string.Join(";\n", statements.Skip(insert).Take(commit - insert).Where(s => s.Pid == owner).Select(s => s.Sql.ReplaceLineEndings(" ")));
        // What is one message's own becomes new in every transaction: ids end in twelve digits of the client's count, hashes and codes too.
        var ids = UuidIn().Matches(body).Select(m => m.Value).Distinct().ToList();
        var id = Regex.Match(body, "delete from inbox i using unnest\\('\\{([0-9a-f-]{36})").Groups[1].Value;
        foreach (var (one, n) in ids.Where(i => i != id).Select((one, n) => (one, n)))
            body = body.Replace(one, $"0199000{n % 10}-0000-7000-8000-:r", StringComparison.Ordinal);
        body = body.Replace(id, "01990000-0000-7000-8000-:r", StringComparison.Ordinal);
        body = HashIn().Replace(body, m => m.Value[..^12] + ":r");
        body = CodeIn().Replace(body, "':r'");
        body = Attempt().Replace(body, "'{0}'::int[]");
        var set = "\\set i :i + 1\n\\set r ROUND00000000000 + :client_id * 1000000000 + :i\n";
        var own = lease.Replace("'50'", "'1'", StringComparison.Ordinal).ReplaceLineEndings(" ");
        return $"{set}{own};\nbegin;\n{body};\ncommit;\n";
    }

    private static string Fill(string sql, string parameters)
    {
        var values = Parameter().Matches(parameters).ToDictionary(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture), m => m.Groups[2].Value);
        return Placeholder().Replace(sql, m => values[int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)]);
    }

    [GeneratedRegex(@"^LOG:  (execute [^:]+|statement): ")]
    private static partial Regex Execute();

    [GeneratedRegex(@"\$(\d+) = (NULL|'(?:[^']|'')*')")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\$(\d+)")]
    private static partial Regex Placeholder();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex UuidIn();

    [GeneratedRegex(@"\\x[0-9a-f]{64}(?![0-9a-f])")]
    private static partial Regex HashIn();

    [GeneratedRegex("'[0-9A-Z]{11}'")]
    private static partial Regex CodeIn();

    [GeneratedRegex(@"'\{1\}'::int\[\]")]
    private static partial Regex Attempt();
}

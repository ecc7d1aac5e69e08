using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cea.Testing;

namespace Cea.Bench;

/// <summary>
/// The same signed calls of every kind of line from several processes at once, each process to two Hosts on one PostgreSQL. 0: each message is there once, all who called for it were answered
/// alike, and each person was acknowledged once: by the provider's list, or on the telephone with one code.
/// </summary>
internal static class Duplicates
{
    public static async Task<int> RunAsync(Ground ground, int messages, int senders, int seed)
    {
        var lines = ProviderLine.Kinds.Select(ground.Open).ToList();
        await ground.SandboxAsync();
        int[] ports = [ground.PublicPort, HostProcess.FreePort()];
        await Task.WhenAll(ports.Select(p => ground.HostAsync(p)));
        var calls = lines.SelectMany((line, l) => Enumerable.Range(1, messages).Select(n => ProviderCall.New(line, ground.PublicUrl, n, $"+5095{l}{n:000000}", IntakeRate.Texts[n % IntakeRate.Texts.Length]))).ToList();
        var file = Path.GetTempFileName();
        await File.WriteAllLinesAsync(file, calls.Select(c => Convert.ToBase64String(c.Request)));
        Console.WriteLine($"{messages} messages of {lines.Count} kinds, {senders} processes, each to 2 Hosts: {calls.Count * senders * 2} calls; seed {seed}");

        var start = TimeProvider.System.GetUtcNow().AddSeconds(3).ToUnixTimeMilliseconds();
        var since = Stopwatch.StartNew();
        var told = await Task.WhenAll(Enumerable.Range(0, senders).Select(s => ChildAsync("send", file, $"{seed + s}", $"{start}", $"{ports[0]}", $"{ports[1]}")));
        File.Delete(file);
        var answers = told.SelectMany(t => t.Split('\n', StringSplitOptions.RemoveEmptyEntries)).GroupBy(a => int.Parse(a.Split(' ')[0], CultureInfo.InvariantCulture)).ToList();
        var refused = answers.Sum(a => a.Count(o => !o.Contains(" 200 ", StringComparison.Ordinal)));
        var unlike = answers.Count(a => a.Distinct().Count() > 1);
        var missing = calls.Count * senders * 2 - answers.Sum(a => a.Count());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{since.Elapsed.TotalSeconds,6:0.0} s, all answered: {refused} refused, {missing} not answered, {unlike} messages that were answered in two ways"));

        await ground.UntilAsync("triage of all", "select not exists (select 1 from inbox where kind = 'message')");
        await ground.UntilAsync("sending of all", "select not exists (select 1 from outbox where state in ('due', 'sending'))");
        using var sandbox = Clients.New(ground.Sandbox);
        var sent = (await sandbox.GetFromJsonAsync<JsonElement>("/control/messages?direction=outbound&limit=50000")).GetProperty("messages").EnumerateArray().GroupBy(m => m.GetProperty("to").GetString()!).Select(g => g.Count()).ToList();
        var written = lines.Count(l => l.Kind is "twilio-sms" or "twilio-whatsapp") * messages;
        // The sandbox takes nothing for chats that never wrote through it: of Telegram the acknowledgements that were made are counted.
        var acks = await ground.ScalarAsync<int>("select count(*) from outbox o where purpose = 'ack' and account_id = 'bot'");
        var chats = await ground.ScalarAsync<int>("select count(distinct person_id) from outbox where purpose = 'ack' and account_id = 'bot'");
        var holds = refused == 0 && missing == 0 && unlike == 0 && answers.Count == calls.Count && sent.Count == written && sent.All(n => n == 1) && acks == messages && chats == messages;
        foreach (var line in lines)
        {
            var stored = await ground.ScalarAsync<int>($"select count(*) from message where direction = 'in' and account_id = '{line.Account}'");
            Console.WriteLine($"{line.Kind}: {stored} messages of {messages}");
            holds &= stored == messages;
        }
        Console.WriteLine($"people {await ground.ScalarAsync<int>("select count(*) from person")} of {calls.Count}; the provider was asked {sent.Sum()} times to acknowledge to {sent.Count} of {written} who wrote, {sent.Count(n => n > 1)} of them twice; at Telegram {acks} to {chats} of {messages}");
        Console.WriteLine(holds ? "holds: each stored once, each acknowledged once" : "DOES NOT HOLD");
        return holds ? 0 : 1;
    }

    /// <summary>A process of its own: every call once to each Host, in an order of its own. Says for each which call, the status, and a sign of the answer.</summary>
    public static async Task<int> SendAsync(string file, int seed, long start, int[] ports)
    {
        var calls = File.ReadLines(file).Select((line, n) => (Number: n, Call: new ProviderCall(Convert.FromBase64String(line)))).ToArray();
        new Random(seed).Shuffle(calls);
        var wait = start - TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        if (wait > 0)
            await Task.Delay((int)wait);
        var told = await Task.WhenAll(ports.Select(port => Task.Run(async () =>
        {
            using var sender = new CallSender(port);
            var all = new List<string>(calls.Length);
            foreach (var (number, call) in calls)
            {
                var status = await sender.PostAsync(call);
                all.Add($"{number} {status} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sender.Answer)))[..16]}");
            }
            return all;
        })));
        foreach (var line in told.SelectMany(t => t))
            Console.WriteLine(line);
        return 0;
    }

    private static async Task<string> ChildAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"a sender ended with {process.ExitCode}");
    }
}

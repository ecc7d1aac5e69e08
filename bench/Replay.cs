using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Cea.Testing;

namespace Cea.Bench;

/// <summary>
/// Real messages as signed calls from 8 connections, each twice, against two Hosts on one PostgreSQL, while Hosts and PostgreSQL are killed (SIGKILL) at random three times.
/// Nothing may be lost or doubled, each person is acknowledged once, and what was being sent at a kill is shown as in doubt: no more of it than there were slots.
/// </summary>
internal static class Replay
{
    private const int Connections = 8, SlotsOfAHost = 8;

    public static async Task<int> RunAsync(Ground ground, string file, int seed)
    {
        var texts = File.ReadLines(file).Skip(1).Select(l => l.Split('\t')[1]).ToList();
        var random = new Random(seed);
        int[] ports = [ground.PublicPort, HostProcess.FreePort()];
        await ground.SandboxAsync($"--Sandbox:Accounts:0:DeliverTo=http://127.0.0.1:{ports[0]},http://127.0.0.1:{ports[1]}");
        var hosts = await Task.WhenAll(ports.Select(p => ground.HostAsync(p)));
        Console.WriteLine($"{texts.Count} messages, each twice, {Connections} connections, 2 Hosts, seed {seed}");

        var calls = texts.Select((t, i) => ProviderCall.New(ground.Sms, ground.PublicUrl, (i + 1), $"+5093{1_000_000 + i}", t)).ToList();
        var queue = new ConcurrentQueue<ProviderCall>(calls.Concat(calls).OrderBy(_ => random.Next()));
        var (accepted, again, done) = (0, 0, 0);
        var since = Stopwatch.StartNew();
        var senders = Enumerable.Range(0, Connections).Select(async n =>
        {
            using var one = new CallSender(ports[n % 2]);
            using var other = new CallSender(ports[(n + 1) % 2]);
            while (queue.TryDequeue(out var call))
            {
                // As a provider that was told to: until it is answered 2xx, at one Host or the other.
                for (var turn = 0; ; turn++)
                {
                    if (await (turn % 2 == 0 ? one : other).PostAsync(call) is >= 200 and < 300)
                        break;
                    Interlocked.Increment(ref again);
                    await Task.Delay(50);
                }
                Interlocked.Increment(ref accepted);
                await Task.Delay(random.Next(20, 60)); // so that kills fall into the work of all parts
            }
            Interlocked.Increment(ref done);
        }).ToList();

        string[] victims = ["Host 1", "PostgreSQL", "Host 2"];
        random.Shuffle(victims);
        var goal = calls.Count * 2;
        for (var k = 0; k < victims.Length; k++)
        {
            var at = (int)(goal * (k + 0.2 + (0.6 * random.NextDouble())) / victims.Length);
            while (Volatile.Read(ref accepted) < at)
                await Task.Delay(5);
            Console.WriteLine($"{since.Elapsed.TotalSeconds,6:0.0} s, {accepted} calls accepted: kill -9 {victims[k]}");
            if (victims[k] == "PostgreSQL")
            {
                ground.KillPostgres();
                continue;
            }
            var victim = victims[k] == "Host 1" ? 0 : 1;
            hosts[victim].Kill();
            hosts[victim] = await ground.HostAsync(ports[victim]);
        }
        await Task.WhenAll(senders);
        Console.WriteLine($"{since.Elapsed.TotalSeconds,6:0.0} s, all {accepted} calls accepted, {again} had to be made again");

        await ground.UntilAsync("triage of all", "select not exists (select 1 from inbox where kind = 'message')");
        await ground.UntilAsync("sending of all", "select not exists (select 1 from outbox where state in ('due', 'sending'))");
        var inDoubt = await ground.ScalarAsync<int>("select count(*) from outbox where state = 'in_doubt'");
        Console.WriteLine($"{since.Elapsed.TotalSeconds,6:0.0} s, all triaged and sent or in doubt");

        var messages = await ground.ScalarAsync<int>("select count(*) from message where direction = 'in'");
        var distinct = await ground.ScalarAsync<int>("select count(distinct id) from message where direction = 'in'");
        var people = await ground.ScalarAsync<int>("select count(*) from person");
        var dead = await ground.ScalarAsync<int>("select count(*) from inbox where dead");
        using var sandbox = Clients.New(ground.Sandbox);
        var sent = (await sandbox.GetFromJsonAsync<JsonElement>("/control/messages?direction=outbound&limit=50000")).GetProperty("messages").EnumerateArray()
            .GroupBy(m => m.GetProperty("to").GetString()!).ToDictionary(g => g.Key, g => g.Count());
        var twice = sent.Count(s => s.Value > 1);
        Console.WriteLine($"messages {messages} of {texts.Count}, distinct {distinct}, people {people}, dead {dead}; told by the provider {sent.Values.Sum()} to {sent.Count} people, {twice} of them twice; in doubt {inDoubt}");
        var unheard = texts.Count - sent.Count;
        var holds = messages == texts.Count && distinct == texts.Count && people == texts.Count && dead == 0 && twice == 0 && unheard <= inDoubt && inDoubt <= 3 * SlotsOfAHost;
        Console.WriteLine(holds ? "holds: none lost, none double, each acknowledged once" : "DOES NOT HOLD");
        return holds ? 0 : 1;
    }
}

using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Cea.Testing;

namespace Cea.Bench;

/// <summary>The database is away while people write and the provider never tries again: each call is answered 503, and catching up finds every message.</summary>
internal static class Outage
{
    public static async Task<int> RunAsync(Ground ground, int seconds)
    {
        await ground.SandboxAsync();
        await ground.HostAsync(ground.PublicPort);
        using var sandbox = Clients.New(ground.Sandbox);
        (await sandbox.PutAsJsonAsync("/control/faults/never-retries", new { })).EnsureSuccessStatusCode();
        var before = await WriteAsync(sandbox, 1);
        Console.WriteLine($"before: {before}");
        var answers = new Dictionary<string, int>();
        var n = 1;
        using (ground.HoldDown())
        {
            ground.KillPostgres();
            for (var since = Stopwatch.StartNew(); since.Elapsed.TotalSeconds < seconds; await Task.Delay(500))
            {
                var answer = await WriteAsync(sandbox, ++n);
                answers[answer] = answers.GetValueOrDefault(answer) + 1;
            }
        }
        Console.WriteLine($"{seconds} s without database: {string.Join(", ", answers.Select(a => $"{a.Value} times {a.Key}"))}");
        var back = Stopwatch.StartNew();
        await ground.UntilAsync("catching up", $"select count(*) = {n} from message where direction = 'in'", 600);
        var messages = await ground.ScalarAsync<int>("select count(*) from message where direction = 'in'");
        Console.WriteLine($"{back.Elapsed.TotalSeconds:0} s after it was let back: {messages} of {n} messages are there");
        return answers.Keys.All(a => a == "503") && messages == n && before == "200" ? 0 : 1;
    }

    private static async Task<string> WriteAsync(HttpClient sandbox, int n)
    {
        var answer = await sandbox.PostAsJsonAsync("/control/inbound", new { account = "sms", from = $"+5093{2_000_000 + n}", text = $"dlo a sal nan tiyo a {n}" });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").ToString();
    }
}

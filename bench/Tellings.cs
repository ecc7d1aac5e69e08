using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Cea.Testing;
using Npgsql;

namespace Cea.Bench;

/// <summary>
/// Answers of an officer, one a second, from the click to the provider's receipt: first with nothing else to send, then while a telling to thousands is on the same line, whose provider takes
/// so many messages a second and refuses more.
/// </summary>
internal static class Tellings
{
    private const int Askers = 40;

    public static async Task<int> RunAsync(Ground ground, int queued, int rate, int seconds, int answerMs)
    {
        ground.Environment["Channels__sms__Rate"] = rate.ToString(CultureInfo.InvariantCulture);
        await ground.SandboxAsync($"--Sandbox:Accounts:0:MostASecond={rate}");
        await ground.ExecuteAsync("insert into deployment (name, value) values ('telling_hours', '00:00-00:00')"); // at any hour
        var (code, key) = await HostProcess.CommandAsync(ground.Environment, "apikey", "add", "bench", "--scope", "manage");
        if (code != 0)
            throw new InvalidOperationException(key);
        var host = await ground.HostAsync(ground.PublicPort);
        using var sandbox = Clients.New(ground.Sandbox);
        if (answerMs > 0)
            await sandbox.PutAsJsonAsync("/control/faults/slow", new { on = "send", delay_ms = answerMs });
        using var officer = Clients.New(host.Url);
        officer.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());
        var items = await AskedAsync(ground);
        await AnswerAsync("warm", 10); // code is compiled a second time while it is young

        var alone = await AnswerAsync("alone", seconds);
        await QueuedTellings.QueueAsync(ground.ConnectionString, TestDatabase.Keys, "sms", queued);
        await ground.UntilAsync("the telling to begin", "select exists (select 1 from outbox where lane = 3 and state <> 'due')");
        await TimeAsync(ground, queued);
        var before = await ground.ScalarAsync<long>("select count(*) from outbox where lane = 3 and sent_at is not null");
        var since = TimeProvider.System.GetTimestamp();
        var busy = await AnswerAsync("busy", seconds);
        var sent = (await ground.ScalarAsync<long>("select count(*) from outbox where lane = 3 and sent_at is not null") - before) / TimeProvider.System.GetElapsedTime(since).TotalSeconds;
        var left = await ground.ScalarAsync<long>("select count(*) from outbox where lane = 3 and state = 'due'");

        var told = (await MessagesAsync("")).Where(m => m.Text == QueuedTellings.Text).ToList();
        var twice = told.Count - told.Select(t => t.To).Distinct().Count();
        var most = told.GroupBy(t => t.At.ToUnixTimeSeconds()).Select(s => s.Count()).DefaultIfEmpty(0).Max();
        var pauses = host.Output.Split('\n').Count(l => l.Contains("asked to wait", StringComparison.Ordinal));
        var doubt = await ground.ScalarAsync<long>("select count(*) from outbox where state = 'in_doubt'");
        Console.WriteLine($"answers alone: {Said(alone)}");
        Console.WriteLine($"answers while {queued} are told, {left} of them left at the end: {Said(busy)}");
        Console.WriteLine($"told {sent:0} a second, at most {most} in one; the provider takes {rate}, answers in {answerMs} ms and asked {pauses} times to wait; {twice} told twice, {doubt} in doubt");
        var p95 = Percentile(busy, 0.95);
        Console.WriteLine($"tellings: p95 of an answer {p95:0} ms, {p95 / Percentile(alone, 0.95):0.0} times that of an empty queue; Host at most {Ground.PeakMemory(host)} MB");
        var holds = busy.Count == seconds && p95 < 2000 && twice == 0 && doubt == 0 && left > 0 && pauses <= seconds / 10;
        Console.WriteLine(holds ? "holds: answers go out within two seconds, nobody is told twice" : "DOES NOT HOLD");
        return holds ? 0 : 1;

        async Task<List<double>> AnswerAsync(string name, int count)
        {
            var clicks = new Dictionary<string, DateTimeOffset>();
            var posts = new List<Task>();
            for (var n = 0; n < count; n++)
            {
                var next = Task.Delay(1000);
                var text = $"Gracias por escribir. Lo vemos esta semana. {name} {n}";
                clicks[text] = TimeProvider.System.GetUtcNow();
                posts.Add(PostAsync(items[n % items.Count], text));
                await next;
            }
            await Task.WhenAll(posts);
            await ground.UntilAsync("the answers", "select not exists (select 1 from outbox where lane = 0 and state in ('due', 'sending'))", 60);
            return [.. (await MessagesAsync("&limit=49999")).Where(m => clicks.ContainsKey(m.Text)).Select(m => (m.At - clicks[m.Text]).TotalMilliseconds).Order()];
        }

        async Task PostAsync(Guid item, string text)
        {
            using var answer = await officer.PostAsJsonAsync($"/api/v1/feedback/{item}/replies", new { text, client_id = Guid.CreateVersion7() });
            if (!answer.IsSuccessStatusCode)
                throw new InvalidOperationException($"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }

        async Task<List<(string To, string Text, DateTimeOffset At)>> MessagesAsync(string more) =>
            [.. (await sandbox.GetFromJsonAsync<JsonElement>($"/control/messages?direction=outbound{more}")).GetProperty("messages").EnumerateArray()
                .Select(m => (m.GetProperty("to").GetString()!, m.GetProperty("text").GetString()!, m.GetProperty("at").GetDateTimeOffset()))];
    }

    // People who wrote, whose items anybody may answer.
    private static async Task<List<Guid>> AskedAsync(Ground ground)
    {
        using (var sender = new CallSender(ground.PublicPort))
        {
            for (var n = 0; n < Askers * 4; n++)
            {
                if (await sender.PostAsync(ProviderCall.New(ground.Sms, ground.PublicUrl, n + 1, $"+5093{2_000_000 + n}", IntakeRate.Texts[n % IntakeRate.Texts.Length])) != 200)
                    throw new InvalidOperationException("not accepted");
            }
        }
        await ground.UntilAsync("triage and acknowledgements", "select not exists (select 1 from inbox) and not exists (select 1 from outbox where state in ('due', 'sending'))");
        var items = (await ground.ScalarAsync<string>($"select coalesce(string_agg(id::text, ' '), '') from (select id from item where circle_id = 0 and checked and status <> 'closed' limit {Askers}) i"))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Guid.Parse).ToList();
        return items.Count > 4 ? items : throw new InvalidOperationException($"only {items.Count} items are open to an answer");
    }

    // What others ask of the outbox while it is full.
    private static async Task TimeAsync(Ground ground, int queued)
    {
        foreach (var (name, role, sql) in new[]
        {
            ("the lines' page", "cea_pages", "select count(*) from line_facts(now())"),
            ("the gauges", "cea_worker", "select count(*) from (select 'outbox_' || state, count(*) from outbox where state in ('due', 'sending', 'in_doubt', 'held') and purpose <> 'test' group by state) g"),
            ("the doctor", "cea_worker", "select count(*) filter (where state = 'due') from outbox"),
        })
        {
            var took = new List<double>();
            await using var connection = new NpgsqlConnection($"{ground.ConnectionString};Pooling=false;Options=-c role={role} -c jit=off"); // as Cea's own connections
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(sql, connection);
            for (var n = 0; n < 5; n++)
            {
                var since = TimeProvider.System.GetTimestamp();
                await command.ExecuteScalarAsync();
                took.Add(TimeProvider.System.GetElapsedTime(since).TotalMilliseconds);
            }
            Console.WriteLine($"counts of {name} with {queued} queued: {IntakeRate.Median(took):0} ms");
        }
    }

    private static double Percentile(List<double> sorted, double share) => sorted.Count == 0 ? double.NaN : sorted[(int)Math.Min(sorted.Count - 1, sorted.Count * share)];

    private static string Said(List<double> sorted) => $"median {Percentile(sorted, 0.5):0} ms, p95 {Percentile(sorted, 0.95):0} ms, longest {Percentile(sorted, 1):0} ms of {sorted.Count}";
}

using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Cea.Testing;

namespace Cea.Stories;

/// <summary>
/// Marked words, numbers, chat ids and names go down every path that a story has; then logs, metrics, headers, addresses and the database's own files are searched for them (S13).
/// Only an open item's text may lie readable in the database, which also proves that the search looks in the right place.
/// </summary>
public sealed class NothingLeaksStory(Stage stage) : IClassFixture<Stage>
{
    private const string Number = "+50255508881", Chat = "5550008882", Name = "Zulmira Quintanilha", OpenWord = "melocoton8883", SealedWord = "calabaza8884", ReplyWord = "ciruela8885", BrokenWord = "frambuesa8886", ApiWord = "granada8887";

    [Fact]
    public async Task What_people_write_and_who_they_are_is_in_no_log_no_address_no_header_and_no_file()
    {
        var trail = new AnswerTrail();
        using var lead = new OfficerAtWork(stage.Host.Url, trail);
        await lead.SignInAsync("lead", stage.PasswordOf("lead"));

        await SayAsync("sms", Number, $"Por favor abran mas temprano, salgo de trabajar y ya cerraron {OpenWord}", null);
        await SayAsync("bot", Chat, $"uno de los voluntarios me pide favores sexuales por una carpa {SealedWord}", Name);
        var open = await ItemAsync("tel", Number);
        var restricted = await ItemAsync("telegram", Chat);
        await lead.DoAsync(open, "sensitivity", new() { ["class"] = "0", ["type"] = "suggestion", ["topic1"] = "opening_hours", ["urgency"] = "normal", ["reason"] = "only about hours" });
        await lead.DoAsync(restricted, "sensitivity", new() { ["class"] = "2", ["type"] = "complaint", ["topic1"] = "sea_staff_abuse", ["urgency"] = "high", ["reason"] = "conduct" });
        foreach (var page in new[] { "/items?view=all", "/trends", $"/items/{open}", $"/items/{restricted}", "/settings/audit", $"/items/{Guid.CreateVersion7()}" })
            await lead.AnyAsync(page);
        await lead.DoAsync(open, "reply", new() { ["text"] = $"Gracias. Lo vemos esta semana. {ReplyWord}" });
        await lead.DoAsync(open, "note", new() { ["text"] = $"visto {ReplyWord}" });
        (await (await lead.PostAsync($"/items/{open}", $"/items/{open}/reveal", new() { ["reason"] = "to call back" })).Content.ReadAsStringAsync()).ShouldContain(Number[1..]);
        await lead.PostAsync($"/items/{open}", $"/items/{open}/reply", new() { ["text"] = "" });
        await stage.UntilAsync(() => stage.Database.ScalarAsync<bool>("select exists (select 1 from outbox where item_id = $1 and purpose = 'reply' and state = 'delivered')", open));

        using (var telegram = Clients.New(stage.Host.Url, trail: trail))
        {
            telegram.DefaultRequestHeaders.Add("X-Telegram-Bot-Api-Secret-Token", Stage.BotSecret);
            await telegram.PostAsync(new Uri("/c/telegram/bot/receive", UriKind.Relative), new StringContent($"{{\"update_id\":1,\"message\":{{\"text\":\"{BrokenWord}\"", Encoding.UTF8, "application/json"));
        }
        using (var forged = Clients.New(stage.Host.Url, trail: trail))
            await forged.PostAsync(new Uri("/c/twilio-sms/sms/receive", UriKind.Relative), new FormUrlEncodedContent(new Dictionary<string, string> { ["MessageSid"] = "SM1", ["From"] = Number, ["Body"] = BrokenWord }));
        using (var api = Clients.New(stage.Host.Url, trail: trail))
        {
            var (exit, secret) = await HostProcess.CommandAsync(stage.Environment, "apikey", "add", "leaks", "--scope", "manage");
            exit.ShouldBe(0, secret);
            api.DefaultRequestHeaders.Authorization = new("Bearer", secret.Trim().Split('\n')[^1]);
            await api.PostAsJsonAsync("/api/v1/feedback", new { text = $"Por favor abran mas temprano {ApiWord}" });
            await api.PostAsync(new Uri("/api/v1/feedback", UriKind.Relative), new StringContent($"{{\"text\":\"{BrokenWord}", Encoding.UTF8, "application/json"));
            await api.GetAsync(new Uri("/api/v1/feedback", UriKind.Relative));
            await api.PostAsJsonAsync($"/api/v1/feedback/{open}/replies", new { text = $"otra vez {ReplyWord}" });
        }
        await stage.UntilAsync(() => stage.Database.ScalarAsync<bool>("select count(*) = 0 from inbox where not dead"));
        using var http = Clients.New(stage.Host.Url);
        var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));

        string[] people = [Number, Number[1..], Uri.EscapeDataString(Number), Chat, Name, "Zulmira", "Quintanilha"], words = [OpenWord, SealedWord, ReplyWord, BrokenWord, ApiWord];
        trail.Answers.Count.ShouldBeGreaterThan(20);
        metrics.ShouldContain("http_server_request_duration");
        stage.Host.Output.Length.ShouldBeGreaterThan(0);
        foreach (var mark in people.Concat(words))
        {
            stage.Host.Output.ShouldNotContain(mark, Case.Insensitive);
            metrics.ShouldNotContain(mark, Case.Insensitive);
            trail.Answers.ShouldAllBe(a => !a.Contains(mark, StringComparison.OrdinalIgnoreCase));
        }

        await stage.Database.ExecuteAsync("checkpoint");
        var found = await FoundInFilesAsync([.. people, .. words]);
        found.ShouldContain(OpenWord, "the search does not look where the database keeps what is open");
        found.Intersect(people).ShouldBeEmpty("somebody can be found in the files");
        found.ShouldNotContain(SealedWord, "a circle's text lies readable");
        found.ShouldNotContain(BrokenWord, "what could not be read lies readable");
    }

    // Every file of the server: tables, indexes, the write-ahead log, its own log.
    private async Task<HashSet<string>> FoundInFilesAsync(string[] marks)
    {
        var directory = Path.GetDirectoryName(await stage.Database.ScalarAsync<string>("select current_setting('data_directory')"))!;
        var sought = marks.Select(m => (Mark: m, Bytes: Encoding.UTF8.GetBytes(m))).ToList();
        var found = new HashSet<string>();
        foreach (var file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            byte[] content;
            try
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                content = new byte[stream.Length];
                await stream.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false);
            }
            catch (IOException)
            {
                continue; // dropped in the meantime, or a socket
            }
            foreach (var (mark, bytes) in sought)
            {
                if (content.AsSpan().IndexOf(bytes) >= 0)
                    found.Add(mark);
            }
        }
        return found;
    }

    private async Task SayAsync(string account, string from, string text, string? name)
    {
        var answer = await (await stage.Control.PostAsJsonAsync("/control/inbound", new { account, from, text, name })).Content.ReadFromJsonAsync<JsonElement>();
        answer.GetProperty("status").GetInt32().ShouldBe(200);
    }

    private async Task<Guid> ItemAsync(string space, string from)
    {
        const string Sql = "select coalesce((select i.id::text from item i join address a on a.person_id = i.person_id where a.hash = $1 limit 1), '')";
        await stage.UntilAsync(async () => (await stage.Database.ScalarAsync<string>(Sql, TestDatabase.Keys.Hash(space, from))).Length > 0);
        return Guid.Parse(await stage.Database.ScalarAsync<string>(Sql, TestDatabase.Keys.Hash(space, from)));
    }
}

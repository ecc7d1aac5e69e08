using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Cea.Feedback.Storage;
using Cea.Testing;

namespace Cea.Host.Tests.Commands;

/// <summary>One Host with good and wrong lines, from its start to an orderly stop.</summary>
public sealed class ServeTests : IAsyncLifetime
{
    private OperatorsPlace _place = null!;

    public async Task InitializeAsync()
    {
        _place = await OperatorsPlace.OpenAsync();
        await using var pipeline = new Pipeline(_place.Database);
        await pipeline.SetUpAsync();
        await _place.Database.ExecuteAsync("insert into channel_account (id, kind, settings) values ('foreign', 'telegram', $1)", KeyRing.Create().Seal("{}", "account"));
        foreach (var (name, value) in new[]
        {
            ("bot__Kind", "telegram"), ("bot__BotToken", "100009:keep-bot-token-0000000000000000000000"), ("bot__WebhookSecret", "keep-secret"), ("bot__ApiBaseUrl", "http://127.0.0.1:1"),
            ("half__Kind", "telegram"), ("half__BotToken", "100010:keep-bot-token-0000000000000000000000"), ("odd__Kind", "pigeon"), ("Bad_Name__Kind", "telegram"), ("Bad_Name__BotToken", "x"), ("Bad_Name__WebhookSecret", "x"),
        })
            _place.Environment[$"Channels__{name}"] = value;
    }

    public async Task DisposeAsync() => await _place.DisposeAsync();

    [Fact]
    public async Task Wrong_lines_stop_nobody_else_and_a_stop_finishes_what_was_begun()
    {
        var (made, secret) = await _place.CeaAsync("apikey", "add", "forms", "--scope", "submit");
        made.ShouldBe(0, secret);
        await using var host = await HostProcess.ServeAsync(_place.Environment, _place.Folder, HostProcess.FreePort());
        using var http = Clients.New(host.Url);

        (await TellAsync(http, "bot", "keep-secret")).ShouldBe(HttpStatusCode.OK);
        foreach (var wrong in new[] { "half", "odd", "foreign", "bad_name" })
            (await TellAsync(http, wrong, "x")).ShouldNotBe(HttpStatusCode.OK, wrong);
        await UntilAsync(() => _place.Database.ScalarAsync<bool>("select exists (select 1 from outbox where account_id = 'bot') and exists (select 1 from channel_account where sender_node is not null)"), host, "the answer is tried");

        using var slow = new TcpClient();
        await slow.ConnectAsync(IPAddress.Loopback, host.Url.Port);
        var stream = slow.GetStream();
        const string body = """{"text":"said while it stops","client_id":"slow-1"}""";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /api/v1/feedback HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret.Trim()}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body[..20]}"));
        await Task.Delay(1000);
        using (var term = Process.Start("kill", ["-TERM", $"{host.Id}"]))
            await term.WaitForExitAsync();
        await UntilAsync(() => Task.FromResult(host.Output.Contains("requests under way are finished", StringComparison.Ordinal)), host, "the stop begins");
        await Task.Delay(500);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(body[20..]));
        (await new StreamReader(stream).ReadToEndAsync()).ShouldStartWith("HTTP/1.1 202");

        (await host.ExitAsync()).ShouldBe(0, host.Output);
        (await _place.Database.ScalarAsync<long>("select count(*) from seen")).ShouldBe(2); // the bot's and the slow one
        (await _place.Database.ScalarAsync<long>("select count(*) from channel_account where sender_node is not null")).ShouldBe(0);
        (await _place.Database.ScalarAsync<long>("select count(*) from outbox where state = 'sending'")).ShouldBe(0);
        (await _place.Database.ScalarAsync<long>("select count(*) from inbox where due_at > now() + interval '5 seconds' and attempt > 0 and error is null")).ShouldBe(0);
    }

    [Theory]
    [InlineData("intake", true), InlineData("worker,admin", false)]
    public async Task The_status_page_belongs_to_intake_and_is_kept_by_no_browser(string roles, bool there)
    {
        await using var host = await HostProcess.ServeAsync(_place.Environment, _place.Folder, HostProcess.FreePort(), "--roles", roles);
        using var http = Clients.New(host.Url);
        using var page = await http.GetAsync(new Uri("/s?lang=fr", UriKind.Relative));
        page.StatusCode.ShouldBe(there ? HttpStatusCode.OK : HttpStatusCode.NotFound);
        page.Headers.CacheControl!.NoStore.ShouldBeTrue();
        page.Headers.Contains("Set-Cookie").ShouldBeFalse();
        page.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        page.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("default-src 'none'; script-src 'self'");
        using var posted = await http.PostAsync(new Uri("/s", UriKind.Relative), new FormUrlEncodedContent(new Dictionary<string, string> { ["code"] = "2222-2222-222", ["lang"] = "fr" }));
        posted.StatusCode.ShouldBe(there ? HttpStatusCode.OK : HttpStatusCode.NotFound);
        if (there)
            (await posted.Content.ReadAsStringAsync()).ShouldContain("Nous ne trouvons pas ce code");
    }

    private static async Task<HttpStatusCode> TellAsync(HttpClient http, string account, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/c/telegram/{account}/receive")
        {
            Content = JsonContent.Create(new { update_id = 1, message = new { message_id = 1, date = 1_780_000_000, chat = new { id = 4711, type = "private" }, from = new { id = 4711, is_bot = false, first_name = "x" }, text = "the door was shut" } }),
        };
        request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", token);
        return (await http.SendAsync(request)).StatusCode;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, HostProcess host, string what)
    {
        for (var since = Stopwatch.StartNew(); since.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(100))
        {
            if (await holds())
                return;
        }
        throw new TimeoutException($"{what}: {host.Output}");
    }
}

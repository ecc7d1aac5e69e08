using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Cea.Testing;

namespace Cea.Stories;

/// <summary>
/// All the way round, through the front doors: a person writes, is acknowledged, the item is decided, answered, delivered, resolved, told, asked, and a "no" opens it again. By SMS, by WhatsApp
/// and by Telegram, with the sandbox as provider and the real executable on a real database.
/// </summary>
public sealed class LoopStory(Stage stage) : IClassFixture<Stage>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly TestDatabase database = stage.Database;
    private readonly OfficerAtWork _lead = stage.Lead;
    private readonly HttpClient _control = stage.Control;
    private readonly HostProcess _host = stage.Host;

    [Theory]
    [InlineData("sms", "+50255501234"), InlineData("bot", "5550001234"), InlineData("wa", "+50255505678"), InlineData("wa", "US.13491208655302741918")]
    public async Task All_the_way_round(string account, string person)
    {
        (await SayAsync(account, person, "Por favor abran mas temprano, salgo de trabajar y ya cerraron")).ShouldBe(200);
        var acknowledged = await SentAsync(account, person, 1);
        acknowledged[0].ShouldContain("Demo Red Cross");

        var item = Guid.Parse(await database.ScalarAsync<string>("select i.id::text from item i where account_id = $1 order by recorded_at desc limit 1", account));
        if (await database.ScalarAsync<short>("select circle_id from item where id = $1", item) != 0)
            await _lead.DoAsync(item, "sensitivity", new() { ["class"] = "0", ["type"] = "suggestion", ["topic1"] = "opening_hours", ["urgency"] = "normal", ["reason"] = "only about hours" });
        (await _lead.GetAsync("/items?view=open")).ShouldContain("salgo de trabajar");
        await _lead.DoAsync(item, "codes", new() { ["type"] = "suggestion", ["topic1"] = "opening_hours", ["urgency"] = "normal" });

        // A double click is one reply.
        var click = Guid.CreateVersion7().ToString();
        await _lead.DoAsync(item, "reply", new() { ["text"] = "Gracias. Lo vemos esta semana.", ["client_id"] = click });
        await _lead.DoAsync(item, "reply", new() { ["text"] = "Gracias. Lo vemos esta semana.", ["client_id"] = click });
        (await SentAsync(account, person, 2))[1].ShouldBe("Gracias. Lo vemos esta semana.");
        var reached = account switch { "sms" => "delivered", "wa" => "read", _ => "sent" };
        await UntilAsync(() => database.ScalarAsync<bool>("select exists (select 1 from outbox where item_id = $1 and purpose = 'reply' and state = $2)", item, reached), "the reply's state");
        (await database.ScalarAsync<long>("select count(*) from outbox where item_id = $1 and purpose = 'reply'", item)).ShouldBe(1);

        await _lead.DoAsync(item, "resolve", new() { ["text"] = "Se abre a las 6 desde el lunes" });
        (await database.ScalarAsync<bool>("select resolved_at is not null and loop_closed_at is null from item where id = $1", item)).ShouldBeTrue();
        await _lead.DoAsync(item, "reply", new() { ["text"] = "Desde el lunes abrimos a las 6.", ["closes"] = "1" });
        await UntilAsync(() => database.ScalarAsync<bool>("select status = 'closed' and loop_closed_at is not null from item where id = $1", item), "the loop to close");

        var asked = await SentAsync(account, person, 4);
        asked[3].ShouldContain("SI o NO");
        (await SayAsync(account, person, "no")).ShouldBe(200);
        await UntilAsync(() => database.ScalarAsync<bool>("select status = 'in_progress' and reopened = 1 from item where id = $1", item), "the item to open again");
        (await database.ScalarAsync<bool>("select not solved from survey where item_id = $1", item)).ShouldBeTrue();
        (await _lead.GetAsync($"/items/{item}")).ShouldContain("Opened again");
    }

    [Fact]
    public async Task A_forged_call_stores_nothing_and_a_stranger_sees_nothing()
    {
        var before = await database.ScalarAsync<long>("select count(*) from seen");
        using var stranger = Clients.New(_host.Url);
        var forged = await stranger.PostAsync(new Uri("/c/twilio-sms/sms/receive", UriKind.Relative), new FormUrlEncodedContent(new Dictionary<string, string> { ["MessageSid"] = "SM1", ["From"] = "+1", ["Body"] = "x" }));
        ((int)forged.StatusCode).ShouldBe(403);
        ((int)(await stranger.PostAsync(new Uri("/c/telegram/bot/receive", UriKind.Relative), JsonContent.Create(new { update_id = 1 }))).StatusCode).ShouldBe(403);
        (await database.ScalarAsync<long>("select count(*) from seen")).ShouldBe(before);
        foreach (var path in new[] { "/items", "/trends", "/settings", $"/items/{Guid.CreateVersion7()}", "/live" })
            ((int)(await stranger.GetAsync(new Uri(path, UriKind.Relative))).StatusCode).ShouldBeOneOf(302, 401, 404);
        ((int)(await stranger.GetAsync(new Uri("/api/v1/feedback", UriKind.Relative))).StatusCode).ShouldBe(401);
    }

    [Fact]
    public async Task A_pressed_button_is_a_message_and_stops_to_show_as_waiting()
    {
        const string person = "5550001299";
        (await SayAsync("bot", person, "Por favor abran mas temprano")).ShouldBe(200);
        await SentAsync("bot", person, 1);
        var sent = await (await _control.PostAsJsonAsync($"/bot{Stage.BotToken}/sendMessage", new
        {
            chat_id = 5550001299, text = "Pregunta", reply_markup = new { inline_keyboard = new[] { new[] { new { text = "Abierto", callback_data = "el punto esta abierto" } } } },
        })).Content.ReadFromJsonAsync<JsonElement>();
        var message = sent.GetProperty("result").GetProperty("message_id").GetInt64();
        (await (await _control.PostAsJsonAsync("/control/press", new { account = "bot", from = person, message_id = message, data = "el punto esta abierto" })).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetInt32().ShouldBe(200);
        await UntilAsync(async () => (await _control.GetFromJsonAsync<JsonElement>($"/control/messages?account=bot&phone={person}")).GetProperty("messages").EnumerateArray()
            .Any(m => m.GetProperty("text").GetString() == "Pregunta" && m.TryGetProperty("notice", out var notice) && notice.ValueKind == JsonValueKind.String), "the press to be answered");
        await UntilAsync(() => database.ScalarAsync<bool>("select count(*) = 2 from message where direction = 'in' and person_id = (select person_id from address where hash = $1)", TestDatabase.Keys.Hash("telegram", person)), "the press to be kept");
    }

    [Theory]
    [InlineData("""{"update_id":71,"message":{"message_id":1,"date":1773482711,"chat":{"id":-77,"type":"supergroup","title":"x"},"from":{"id":5,"is_bot":false,"first_name":"x"},"text":"hello all"}}""")]
    [InlineData("""{"update_id":72,"channel_post":{"message_id":1,"date":1773482711,"chat":{"id":-78,"type":"channel","title":"x"},"text":"news"}}""")]
    [InlineData("""{"update_id":73,"my_chat_member":{"chat":{"id":-77,"type":"group","title":"x"},"from":{"id":5,"is_bot":false,"first_name":"x"},"date":1773482711,"new_chat_member":{"status":"member"}}}""")]
    [InlineData("""{"update_id":74,"poll_answer":{"poll_id":"1"}}""")]
    public async Task What_is_not_said_to_us_alone_is_taken_politely_and_nothing_of_it_is_kept(string update)
    {
        var before = await KeptAsync();
        using var telegram = Clients.New(_host.Url);
        telegram.DefaultRequestHeaders.Add("X-Telegram-Bot-Api-Secret-Token", Stage.BotSecret);
        using var answer = await telegram.PostAsync(new Uri("/c/telegram/bot/receive", UriKind.Relative), new StringContent(update, System.Text.Encoding.UTF8, "application/json"));
        ((int)answer.StatusCode).ShouldBe(200);
        (await answer.Content.ReadAsStringAsync()).ShouldBeEmpty();
        (await KeptAsync()).ShouldBe(before);

        Task<string> KeptAsync() => database.ScalarAsync<string>("""
            select (select count(*) from seen where account_id = 'bot' and key = any ($1)) || ' ' || (select count(*) from address where space = 'telegram' and hash = any ($2))
            """, new[] { TestDatabase.Keys.Hash("seen bot", "-77:1"), TestDatabase.Keys.Hash("seen bot", "-78:1"), TestDatabase.Keys.Hash("seen bot", "member 73") }, new[] { TestDatabase.Keys.Hash("telegram", "-77"), TestDatabase.Keys.Hash("telegram", "-78") });
    }

    private async Task<int> SayAsync(string account, string from, string text)
    {
        var answer = await _control.PostAsJsonAsync("/control/inbound", new { account, from, text });
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return json.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Number ? status.GetInt32() : throw new InvalidOperationException(json.ToString());
    }

    // What the provider has sent to this person, once there are so many.
    private async Task<List<string>> SentAsync(string account, string person, int count)
    {
        var sent = new List<string>();
        await UntilAsync(async () =>
        {
            var json = await _control.GetFromJsonAsync<JsonElement>($"/control/messages?account={account}&phone={Uri.EscapeDataString(person)}");
            sent = [.. json.GetProperty("messages").EnumerateArray().Where(m => m.GetProperty("direction").GetString()!.StartsWith("out", StringComparison.Ordinal)).Select(m => m.GetProperty("text").GetString()!)];
            return sent.Count >= count;
        }, $"{count} messages to the person (the Host said: {_host.Output})");
        return sent;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (var since = Stopwatch.StartNew(); since.Elapsed < Patience; await Task.Delay(200))
        {
            if (await holds())
                return;
        }
        throw new TimeoutException($"waited for {what}");
    }
}

using System.Net.Http.Json;
using System.Text.Json;
using Cea.Testing;

namespace Cea.Stories;

/// <summary>A deployment with a speech server inside.</summary>
public sealed class ListeningStage : Stage
{
    public SpeechStandIn Engine { get; private set; } = null!;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Engine.DisposeAsync();
    }

    protected override async Task<IReadOnlyDictionary<string, string>> MoreAsync()
    {
        Engine = await SpeechStandIn.StartAsync();
        Engine.Text = VoiceNoteStory.Said;
        return new Dictionary<string, string> { ["Cea__SpeechToText__Url"] = Engine.Url, ["Cea__SpeechToText__Model"] = "base" };
    }
}

/// <summary>Who cannot or will not write, speaks: a machine inside writes down what it hears, marked as such, and an officer listens. What is too large to be fetched is told to the person.</summary>
public sealed class VoiceNoteStory(ListeningStage stage) : IClassFixture<ListeningStage>
{
    public const string Said = "Por favor abran mas temprano, salgo de trabajar y ya cerraron melocoton7781";
    private readonly TestDatabase database = stage.Database;

    [Fact]
    public async Task A_message_left_by_telephone_is_heard_by_the_machine_marked_coded_and_typed_over()
    {
        const string from = "+50255509001";
        var call = await ControlAsync("/control/calls", new { account = "helpline", from });
        foreach (var (what, how) in new (string, object)[] { ("press", new { digits = "1" }), ("press", new { digits = "1" }), ("speak", new { seconds = 9 }), ("hangup", new { }) })
            call = await ControlAsync($"/control/calls/{call.GetProperty("sid").GetString()}/{what}", how);
        var item = await HeardAsync("tel", from);

        var asked = stage.Engine.Asked.Single(a => a.Fields.GetValueOrDefault("language") == "es"); // as the caller chose
        (asked.FileType, asked.FileName).ShouldBe(("audio/wav", "recording.wav"));
        (await database.ScalarAsync<string>("select topics[1] || ' ' || circle_id || ' ' || checked from item where id = $1", item)).ShouldBe("opening_hours 1 false");
        var page = await stage.Lead.GetAsync($"/items/{item}");
        page.ShouldContain("Written by a machine: listen before you act.");
        page.ShouldContain("Listen before you act, and type what you hear.");
        page.ShouldContain("Type what you hear");
        page.ShouldContain(Said);
        (await LineAsync(item)).ShouldContain("written by a machine");

        await stage.Lead.DoAsync(item, "transcript", new() { ["message"] = item.ToString(), ["text"] = "Por favor abran más temprano" });
        page = await stage.Lead.GetAsync($"/items/{item}");
        page.ShouldContain("Typed from the recording by");
        page.ShouldContain(Said); // the earlier one is kept
        (await LineAsync(item)).ShouldNotContain("written by a machine");
        stage.Host.Output.ShouldNotContain("melocoton7781");
    }

    [Fact]
    public async Task A_voice_note_by_Telegram_is_heard_by_the_machine_marked_and_coded()
    {
        const string chat = "5550009002";
        await SayAsync(chat, new { content_type = "audio/ogg", base64 = Convert.ToBase64String([.. "OggS"u8, .. new byte[5000]]) });
        var item = await HeardAsync("telegram", chat);
        (await database.ScalarAsync<string>("select topics[1] || ' ' || circle_id || ' ' || channel from item where id = $1", item)).ShouldBe("opening_hours 1 telegram");
        (await stage.Lead.GetAsync($"/items/{item}")).ShouldContain("Written by a machine: listen before you act.");
    }

    [Fact]
    public async Task Whoever_sends_by_Telegram_what_no_bot_can_fetch_is_told_so_once_in_his_language_unless_he_stopped()
    {
        const string chat = "5550009003";
        var large = new { content_type = "video/mp4", size = 21_000_000 };
        await SayAsync(chat, large, lang: "es");
        await stage.UntilAsync(() => database.ScalarAsync<bool>("select exists (select 1 from media where said_bytes = 21000000 and state = 'too_large')"));
        var item = await ItemAsync("telegram", chat);
        (await stage.Lead.GetAsync($"/items/{item}")).ShouldContain("too large; the person was told where the line says it at once");
        await stage.UntilAsync(async () => (await SentAsync(chat)).Any(t => t.StartsWith("Su archivo es demasiado grande: aceptamos hasta 20 MB.", StringComparison.Ordinal)));
        (await SentAsync(chat)).Count(t => t.StartsWith("Su archivo", StringComparison.Ordinal)).ShouldBe(1);

        await SayAsync(chat, null, text: "STOP");
        await SayAsync(chat, large, lang: "es");
        await stage.UntilAsync(() => database.ScalarAsync<bool>("select count(*) = 2 from media where item_id = $1 and state = 'too_large'", item));
        (await database.ScalarAsync<long>("select count(*) from outbox o join address a using (person_id) where a.hash = $1 and o.purpose = 'word' and o.item_id is not null", TestDatabase.Keys.Hash("telegram", chat))).ShouldBe(1);
    }

    // As it stands in the list.
    private async Task<string> LineAsync(Guid item) => (await stage.Lead.GetAsync("/items?view=check_first")).Split($"<a href=\"/items/{item}\">")[1].Split("</a>")[0];

    private async Task<Guid> HeardAsync(string space, string from)
    {
        var item = await ItemAsync(space, from);
        await stage.UntilAsync(() => database.ScalarAsync<bool>("select exists (select 1 from message where item_id = $1 and kind = 'machine_transcript')", item));
        return item;
    }

    private async Task<Guid> ItemAsync(string space, string from)
    {
        var hash = TestDatabase.Keys.Hash(space, from);
        await stage.UntilAsync(() => database.ScalarAsync<bool>("select exists (select 1 from item i join address a using (person_id) where a.hash = $1)", hash));
        return await database.ScalarAsync<Guid>("select i.id from item i join address a using (person_id) where a.hash = $1", hash);
    }

    private async Task SayAsync(string from, object? file, string text = "", string? lang = null)
    {
        var answer = await ControlAsync("/control/inbound", new { account = "bot", from, text, lang, media = file is null ? [] : new[] { file } });
        answer.GetProperty("status").GetInt32().ShouldBe(200);
    }

    private async Task<List<string>> SentAsync(string chat)
    {
        var json = await stage.Control.GetFromJsonAsync<JsonElement>($"/control/messages?account=bot&phone={chat}&direction=outbound");
        return [.. json.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("text").GetString()!)];
    }

    private async Task<JsonElement> ControlAsync(string path, object body)
    {
        var answer = await stage.Control.PostAsJsonAsync(path, body);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cea.Testing;

namespace Cea.Stories;

/// <summary>What only WhatsApp brings: a window that closes, templates that open it again, and photos; through the front doors, with the sandbox as provider.</summary>
public sealed partial class WhatsAppStory(Stage stage) : IClassFixture<Stage>
{
    private readonly TestDatabase database = stage.Database;
    private readonly OfficerAtWork _lead = stage.Lead;

    [Fact]
    public async Task When_the_window_has_closed_only_an_approved_template_goes_out()
    {
        const string person = "+50255507001";
        var item = await OpenItemAsync(person, "Por favor abran mas temprano, salgo de trabajar y ya cerraron");
        (await _lead.GetAsync($"/items/{item}")).ShouldContain("Free text can be sent until");

        await database.ExecuteAsync("update message set at = at - interval '25 hours' where item_id = $1 and direction = 'in'", item);
        (await stage.Control.PutAsJsonAsync("/control/faults/window-closed", new { account = "wa", to = person })).EnsureSuccessStatusCode();
        (await _lead.GetAsync($"/items/{item}")).ShouldContain("Now only an approved template can be sent");
        (await _lead.PostAsync($"/items/{item}", $"/items/{item}/reply", new() { ["text"] = "Gracias" })).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);

        (await _lead.PostAsync("/settings/templates", "/settings/templates/save", new()
        {
            ["account"] = "wa", ["name"] = "answer", ["lang"] = "es", ["purpose"] = "reply", ["category"] = "UTILITY", ["body"] = "Sobre su caso {{1}}: {{2}}. Gracias.", ["places"] = "code\nqué se hizo",
        })).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        await stage.UntilAsync(() => database.ScalarAsync<bool>("select exists (select 1 from message_template where state = 'approved' and external_id like 'HX%')"));

        var page = await _lead.GetAsync($"/items/{item}");
        page.ShouldContain("qué se hizo");
        var template = Template().Match(page).Groups[1].Value;
        await _lead.DoAsync(item, "template", new() { ["template"] = template, ["value"] = "abrimos a las 6 desde el lunes" });
        await stage.UntilAsync(() => database.ScalarAsync<bool>("select exists (select 1 from outbox where item_id = $1 and purpose = 'reply' and state = 'read')", item));
        (await SentAsync(person)).ShouldContain(t => t.StartsWith("Sobre su caso", StringComparison.Ordinal) && t.EndsWith(": abrimos a las 6 desde el lunes. Gracias.", StringComparison.Ordinal));

        (await SayAsync(person, "gracias, y el sabado?")).ShouldBe(200);
        await stage.UntilAsync(() => database.ScalarAsync<bool>("select count(*) = 2 from message where item_id = $1 and direction = 'in'", item));
        (await _lead.GetAsync($"/items/{item}")).ShouldContain("Free text can be sent until");
    }

    [Fact]
    public async Task A_photo_is_fetched_when_it_is_there_stripped_and_only_ever_saved()
    {
        const string person = "+50255507002";
        (await stage.Control.PutAsJsonAsync("/control/faults/media-late", new { account = "wa", times = 2 })).EnsureSuccessStatusCode();
        (await stage.Control.PutAsJsonAsync("/control/faults/media-redirect", new { account = "wa", times = 1 })).EnsureSuccessStatusCode();
        var item = await OpenItemAsync(person, "El agua sale sucia en la toma", new { content_type = "image/jpeg", base64 = Convert.ToBase64String(SamplePhoto.Jpeg()) });

        await stage.UntilAsync(() => database.ScalarAsync<bool>("select exists (select 1 from media where item_id = $1 and state = 'kept')", item));
        var page = await _lead.GetAsync($"/items/{item}");
        page.ShouldContain("El agua sale sucia");
        var link = File().Match(page).Value;
        using var saved = await _lead.FetchAsync(link);
        saved.StatusCode.ShouldBe(HttpStatusCode.OK);
        saved.Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
        saved.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        saved.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("sandbox");
        saved.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var bytes = await saved.Content.ReadAsByteArrayAsync();
        bytes[..3].ShouldBe([0xFF, 0xD8, 0xFF]);
        bytes.AsSpan().IndexOf("GPS"u8).ShouldBe(-1);

        using var stranger = new OfficerAtWork(stage.Host.Url);
        (await stranger.StatusOfAsync(link)).ShouldBe(HttpStatusCode.Redirect);
        (await _lead.StatusOfAsync(link.Replace(item.ToString(), Guid.CreateVersion7().ToString(), StringComparison.Ordinal))).ShouldBe(HttpStatusCode.NotFound);
    }

    private async Task<Guid> OpenItemAsync(string person, string text, params object[] media)
    {
        (await SayAsync(person, text, media)).ShouldBe(200);
        await stage.UntilAsync(() => database.ScalarAsync<bool>("select exists (select 1 from address where hash = $1)", TestDatabase.Keys.Hash("tel", person)));
        var item = await database.ScalarAsync<Guid>("select i.id from item i join address a on a.person_id = i.person_id where a.hash = $1", TestDatabase.Keys.Hash("tel", person));
        if (await database.ScalarAsync<short>("select circle_id from item where id = $1", item) != 0)
            await _lead.DoAsync(item, "sensitivity", new() { ["class"] = "0", ["type"] = "complaint", ["topic1"] = "water", ["urgency"] = "normal", ["reason"] = "only about the service" });
        return item;
    }

    private async Task<int> SayAsync(string from, string text, params object[] media)
    {
        var answer = await stage.Control.PostAsJsonAsync("/control/inbound", new { account = "wa", from, text, media });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetInt32();
    }

    private async Task<List<string>> SentAsync(string person)
    {
        var json = await stage.Control.GetFromJsonAsync<JsonElement>($"/control/messages?account=wa&phone={Uri.EscapeDataString(person)}&direction=outbound");
        return [.. json.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("text").GetString()!)];
    }

    [GeneratedRegex("name=\"template\" value=\"(\\d+)\"")]
    private static partial Regex Template();

    [GeneratedRegex("/items/[0-9a-f-]+/media/[0-9a-f-]+(?=\")")]
    private static partial Regex File();
}

using Cea.Testing;
using System.Net.Http.Json;
using System.Text.Json;

namespace Cea.Stories;

/// <summary>
/// Every page and every address as every role: what waits for its check, and what a circle holds, shows to nobody outside, by text, by code, by id or by count; not to administrators,
/// not to the API, not in a search, not by guessing its address.
/// </summary>
public sealed class WhoSeesWhatStory(Stage stage) : IClassFixture<Stage>
{
    private static readonly string[] Pages =
    [
        "/items", "/items?view=open", "/items?view=all", "/items?view=overdue", "/items?view=check_first", "/items?view=unassigned", "/items?view=all&topic=conduct", "/items?view=all&topic=sea_staff_abuse", "/items?view=all&q=zanahoria",
        "/items?view=all&urgency=high", "/trends", "/trends?by=topic", "/trends.csv", "/settings", "/settings/circles", "/settings/audit", "/settings/dead-letters", "/settings/users", "/settings/accounts", "/settings/codebook", "/settings/learning", "/settings/erasures",
        "/api/v1/feedback", "/api/v1/trends?by=topic&bucket=week",
    ];

    private static readonly string[] Others = ["officer", "manager", "volunteer"];

    [Fact]
    public async Task What_a_circle_holds_shows_to_nobody_outside_it()
    {
        var restricted = await SayAsync("+50255502001", "uno de los voluntarios me pide favores sexuales por una carpa zanahoria");
        var id = await ItemAsync(restricted);
        // Wherever the machine has put it, a cleared person makes sure that it is the PSEA circle's.
        if (await stage.Database.ScalarAsync<short>("select circle_id from item where id = $1", id) != 5)
            await stage.Lead.DoAsync(id, "sensitivity", new() { ["class"] = "2", ["type"] = "complaint", ["topic1"] = "sea_staff_abuse", ["urgency"] = "high", ["reason"] = "conduct" });
        var code = await stage.Database.ScalarAsync<string>("select receipt_code from item where id = $1", id);
        var shown = Feedback.Intake.ReceiptCode.Read(code);

        var urgency = await stage.Database.ScalarAsync<string>("select urgency from item where id = $1", id); // the model's word, at least high
        urgency.ShouldBeOneOf("critical", "high");
        (await stage.Lead.GetAsync($"/items?view=all&urgency={urgency}")).ShouldContain("zanahoria"); // the cleared see it
        foreach (var name in Others)
        {
            using var officer = new OfficerAtWork(stage.Host.Url);
            await officer.SignInAsync(name, stage.PasswordOf(name));
            foreach (var page in Pages.Append($"/items?view=all&urgency={urgency}"))
            {
                var html = await officer.AnyAsync(page);
                foreach (var trace in new[] { "zanahoria", shown, code, id.ToString() })
                    html.Replace("q=zanahoria", "", StringComparison.Ordinal).Replace("value=\"zanahoria\"", "", StringComparison.Ordinal).ShouldNotContain(trace, Case.Sensitive, $"{name} {page}");
            }
            ((int)await officer.StatusOfAsync($"/items/{id}")).ShouldBe(name == "volunteer" ? 403 : 404);
            foreach (var act in new[] { "reply", "note", "codes", "sensitivity", "assign", "refer", "resolve", "close", "reopen", "reveal", "settle", "safe-contact" })
                ((int)(await officer.PostAsync("/password", $"/items/{id}/{act}", new() { ["text"] = "x", ["reason"] = "x", ["to"] = "x", ["type"] = "complaint", ["topic1"] = "water", ["urgency"] = "high", ["class"] = "0", ["team"] = "1", ["channel"] = "x", ["hours"] = "x" })).StatusCode)
                    .ShouldBeOneOf(403, 404, 422);
        }
        (await stage.Database.ScalarAsync<short>("select circle_id from item where id = $1", id)).ShouldBe((short)5);
        (await stage.Database.ScalarAsync<long>("select count(*) from message where text like '%zanahoria%'")).ShouldBe(0); // sealed: SQL does not read it either
    }

    [Fact]
    public async Task What_waits_for_its_check_shows_to_screeners_only_and_an_API_key_sees_open_items_only()
    {
        var (exit, secret) = await HostProcess.CommandAsync(stage.Environment, "apikey", "add", "story", "--scope", "manage");
        exit.ShouldBe(0, secret);
        using var api = Clients.New(stage.Host.Url);
        api.DefaultRequestHeaders.Authorization = new("Bearer", secret.Trim().Split('\n')[^1]);
        var sent = await api.PostAsJsonAsync("/api/v1/feedback", new { text = "ᚠᚢᚦᚨᚱᚲ ᚷᚹᚺᚾᛁ", client_id = "one" });
        ((int)sent.StatusCode).ShouldBe(202, await sent.Content.ReadAsStringAsync());
        var receipt = await sent.Content.ReadFromJsonAsync<JsonElement>();
        var again = await (await api.PostAsJsonAsync("/api/v1/feedback", new { text = "ᚠᚢᚦᚨᚱᚲ ᚷᚹᚺᚾᛁ", client_id = "one" })).Content.ReadFromJsonAsync<JsonElement>();
        again.GetProperty("receipt_code").GetString().ShouldBe(receipt.GetProperty("receipt_code").GetString());
        var id = receipt.GetProperty("id").GetGuid();
        await stage.UntilAsync(() => stage.Database.ScalarAsync<bool>("select exists (select 1 from item where id = $1)", id));
        (await stage.Database.ScalarAsync<short>("select circle_id from item where id = $1", id)).ShouldBe((short)1); // no letter of it is one that the machine knows

        (await (await api.GetAsync(new Uri("/api/v1/feedback", UriKind.Relative))).Content.ReadAsStringAsync()).ShouldNotContain("ᚷᚹᚺᚾᛁ");
        var one = await api.GetFromJsonAsync<JsonElement>($"/api/v1/feedback/{id}");
        one.GetProperty("status").GetString().ShouldBe("received");
        one.TryGetProperty("text", out _).ShouldBeFalse();
        using var officer = new OfficerAtWork(stage.Host.Url);
        await officer.SignInAsync("officer", stage.PasswordOf("officer"));
        (await officer.AnyAsync("/items?view=all")).ShouldNotContain("ᚷᚹᚺᚾᛁ");
        (await officer.AnyAsync("/items?view=check_first")).ShouldNotContain("ᚷᚹᚺᚾᛁ");
    }

    private async Task<string> SayAsync(string from, string text)
    {
        var answer = await stage.Control.PostAsJsonAsync("/control/inbound", new { account = "sms", from, text });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("external_id").GetString()!;
    }

    private async Task<Guid> ItemAsync(string externalId)
    {
        var key = Testing.TestDatabase.Keys.Hash("seen sms", externalId);
        await stage.UntilAsync(() => stage.Database.ScalarAsync<bool>("select exists (select 1 from seen s join item i on i.id = s.message_id where s.key = $1)", key));
        return Guid.Parse(await stage.Database.ScalarAsync<string>("select message_id::text from seen where key = $1", key));
    }
}

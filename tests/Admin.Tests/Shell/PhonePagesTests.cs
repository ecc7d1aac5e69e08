using System.Text.Json;
using Cea.Feedback.Officers;
using Cea.Sandbox.Tests;
using Cea.Testing;

namespace Cea.Admin.Tests.Shell;

/// <summary>The pages an officer lives in, in Chromium on a phone 390 points wide, in the language that runs from right to left.</summary>
public sealed class PhonePagesTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly Site _site = new(database);

    public Task InitializeAsync() => _site.StartAsync();

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task Sign_in_list_item_and_trends_can_be_used_by_everybody_on_a_phone_in_arabic()
    {
        await using var pipeline = new Pipeline(database);
        await pipeline.SetUpAsync();
        for (var i = 0; i < 3; i++)
            await pipeline.SayAsync($"+5037000000{i}", "[complaint|opening_hours,water|high|0|es] La puerta cierra antes de que lleguemos");
        await _site.HireAsync("officer", [Roles.Officer, Roles.Supervisor]);
        await database.ExecuteAsync("update officer set language = 'ar'");
        await database.ExecuteAsync("insert into approved_answer (topic, lang, text, approved_by, approved_at, valid_until) select 'opening_hours', l, 'Abrimos de 8 a 16 horas', id, now(), current_date + 30 from officer, unnest(array['es', 'ar']) l");
        var item = await database.ScalarAsync<Guid>("select id from item order by id limit 1");
        await database.ExecuteAsync("insert into keyword (lang, kind, word, folded, added_at) values ('es', 'stop', 'ya no me escriban', 'ya no me escriban', now())");
        await database.ExecuteAsync("insert into helpline_operator (officer_id, number, languages, number_at) select id, $1, '{es}', now() from officer where user_name = 'officer'", TestDatabase.Keys.Seal("+50370000099", "helpline operator"));
        // One quote that waits and one that was approved, and the form of a third.
        var other = await _site.HireAsync("other", [Roles.Officer]);
        await database.ExecuteAsync("insert into consent (person_id, item_id, kind, answer, version, at) select person_id, id, 'quote', 'yes', '1', now() from item");
        await database.ExecuteAsync("insert into quote (item_id, text, written_by, written_at) select id, 'La puerta cierra antes, en Tapachula el lunes', $1, now() from item", other);
        await database.ExecuteAsync("update quote set approved_by = (select id from officer where user_name = 'officer'), approved_at = now() where item_id = (select max(id::text)::uuid from item)");

        var seen = await NodeScript.RunAsync("axe", new { url = _site.Address, language = "ar", name = "officer", password = Site.Password, pages = new[] { "/items", "/items?view=all&topic=water", $"/items/{item}", "/trends", "/quotes", "/settings/learning", "/settings/keywords", "/calls", "/calls/new", "/calls/confidential", "/answers", "/account", "/start", "/not-found-here" } });

        var pages = seen.EnumerateArray().ToList();
        pages.Count.ShouldBe(15);
        foreach (var page in pages)
        {
            var path = page.GetProperty("path").GetString();
            page.GetProperty("direction").GetString().ShouldBe("rtl", path);
            page.GetProperty("title").GetString().ShouldNotBeNullOrEmpty(path);
            page.GetProperty("passes").GetInt32().ShouldBeGreaterThan(8, path);
            Texts(page, "violations").ShouldBeEmpty(path);
            Texts(page, "small").ShouldBeEmpty(path);
            page.GetProperty("wide").GetBoolean().ShouldBeFalse(path);
        }
    }

    private static IEnumerable<string?> Texts(JsonElement page, string name) => page.GetProperty(name).EnumerateArray().Select(t => t.GetString());
}

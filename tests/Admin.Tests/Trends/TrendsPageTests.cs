using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using AngleSharp.Dom;
using Cea.Feedback.Officers;
using Cea.Testing;

namespace Cea.Admin.Tests.Trends;

public sealed class TrendsPageTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly Site _site = new(database);
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..];
    private Visitor _manager = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("truncate item_count, count_change; insert into service_point (id, slug, name) overriding system value values (1, 'hsp-norte', 'HSP Norte'), (2, 'hsp-sur', '=HSP Sur') on conflict do nothing");
        await _site.StartAsync();
        await _site.HireAsync($"manager-{_run}", [Roles.Manager]);
        _manager = await _site.SignInAsync($"manager-{_run}");
    }

    public async Task DisposeAsync()
    {
        _manager.Dispose();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task Every_number_opens_the_list_of_exactly_its_items()
    {
        await using var pipeline = new Pipeline(database);
        await pipeline.SetUpAsync();
        await database.ExecuteAsync("insert into channel_account (id, kind, service_point_id) values ('norte', 'telegram', 1), ('sur', 'twilio-sms', 2) on conflict do nothing");
        var said = new (string Account, string Codes)[]
        {
            ("norte", "complaint|opening_hours|normal|0|es"), ("norte", "complaint|opening_hours,water|normal|0|es"), ("norte", "request|water|high|0|ar"), ("sur", "request|water,food|normal|0|es"), ("sur", "question|other|low|0|fr"),
            ("sur", "incomplete|other|low|0|fr"), ("line", "suggestion|opening_hours|normal|0|es"), ("line", "complaint|sea_staff_abuse|high|2|es"),
        };
        foreach (var (one, i) in said.Select((s, i) => (s, i)))
            await pipeline.SayAsync($"+50370{_run.GetHashCode(StringComparison.Ordinal) & 0xFFFF:00000}{i}", $"[{one.Codes}] told", one.Account);

        var opened = 0;
        foreach (var by in new[] { "topic", "service_point", "channel", "type", "urgency" })
        {
            foreach (var filter in new[] { "", "&topic=water&topic=food", "&topic=basic_needs&service_point=hsp-norte&service_point=-", "&type=complaint", "&incomplete=yes&urgency=low" })
            {
                await _manager.GoAsync($"/trends?by={by}{filter}");
                _manager.Status.ShouldBe(HttpStatusCode.OK);
                var several = filter.Contains("topic=", StringComparison.Ordinal) && by != "topic";
                var numbers = _manager.Page.QuerySelectorAll("table.numbers tbody td.total a").Concat(filter.Contains("topic=", StringComparison.Ordinal) ? [] : _manager.Page.QuerySelectorAll("table.numbers tfoot td.total a"))
                    .Select(a => (Number: int.Parse(a.TextContent, CultureInfo.InvariantCulture), Link: a.GetAttribute("href")!)).ToList();
                foreach (var (number, link) in numbers)
                {
                    await _manager.GoAsync(link);
                    var listed = _manager.Page.QuerySelectorAll("ol.items > li").Length;
                    // mentions of several topics may be of one item
                    if (several)
                        listed.ShouldBeInRange(1, number, link);
                    else
                        listed.ShouldBe(number, link);
                    opened++;
                }
            }
        }
        opened.ShouldBeGreaterThan(30);
    }

    [Fact]
    public async Task The_page_names_what_rises_draws_it_and_tables_it_in_four_languages_without_style_or_script()
    {
        await CountAsync(2, 1, "opening_hours", 23);
        await CountAsync(9, 1, "opening_hours", 9);
        await CountAsync(40, 1, "opening_hours", 30);
        await CountAsync(9, 2, "water", 4);
        await CountAsync(60, 2, "food", 3);
        foreach (var (language, rise) in new[] { ("en", "23 in 7 days, 9 in the 7 days before"), ("fr", "23 en 7 jours"), ("es", "23 en 7 días"), ("ar", "23 خلال 7 يوما") })
        {
            await database.ExecuteAsync("update officer set language = $1 where user_name = $2", language, $"manager-{_run}");
            await _manager.GoAsync("/trends");
            var page = _manager.Page;
            page.DocumentElement.GetAttribute("dir").ShouldBe(language == "ar" ? "rtl" : "ltr");
            page.QuerySelector(".rises li")!.TextContent.ShouldContain("HSP Norte");
            page.QuerySelector(".rises li")!.TextContent.ShouldContain(rise);
            page.QuerySelectorAll("svg.chart").Length.ShouldBeGreaterThan(1);
            page.QuerySelectorAll(".tile").ShouldAllBe(t => t.QuerySelector(".tile-head strong") != null && t.QuerySelector("p.told")!.TextContent.Length > 20);
            page.QuerySelectorAll("table.numbers thead th").Length.ShouldBe(1 + 8 + 3);
            page.QuerySelectorAll("main script, main style, [style], [onclick]").ShouldBeEmpty();
            var ids = page.QuerySelectorAll("[id]").Select(e => e.Id).ToList();
            ids.Distinct().Count().ShouldBe(ids.Count);
            _manager.Text.ShouldNotContain("trends.");
            _manager.Text.ShouldNotContain("error.");
        }
        // bars run as the reader reads: in Arabic the first week stands on the right
        var bars = _manager.Page.QuerySelector("svg.chart")!.QuerySelectorAll("rect").Select(r => double.Parse(r.GetAttribute("x")!, CultureInfo.InvariantCulture)).ToList();
        bars[0].ShouldBeGreaterThan(bars[^1]);
    }

    [Fact]
    public async Task What_was_asked_for_stands_in_the_address_and_in_the_form()
    {
        await CountAsync(2, 1, "opening_hours", 2);
        await _manager.GoAsync("/trends?by=service_point&bucket=day&from=2026-10-01&to=2026-10-20&compare=year&topic=water&topic=conduct&service_point=hsp-sur&type=complaint&incomplete=yes");
        var form = _manager.Page.QuerySelector("form[action='/trends']")!;
        form.QuerySelectorAll("input[type=checkbox][checked]").Select(c => $"{c.GetAttribute("name")}={c.GetAttribute("value")}").ShouldBe(["service_point=hsp-sur", "topic=water", "topic=conduct", "incomplete=yes"]);
        form.QuerySelectorAll("option[selected]").Select(o => o.GetAttribute("value")).Where(v => v!.Length > 0).ShouldBe(["service_point", "day", "year", "complaint"]);
        form.QuerySelectorAll("input[type=date]").Select(o => o.GetAttribute("value")).ShouldBe(["2026-10-01", "2026-10-20"]);
        _manager.Page.QuerySelectorAll(".tabs a").ShouldAllBe(a => a.GetAttribute("href")!.Contains("topic=water", StringComparison.Ordinal) && !a.GetAttribute("href")!.Contains("from=", StringComparison.Ordinal));
        foreach (var wrong in new[] { "by=name", "bucket=hour", "topic=nothing", "from=yesterday", "from=2026-02-02&to=2026-01-01", "bucket=day&from=2025-01-01&to=2026-01-01" })
        {
            await _manager.GoAsync($"/trends?{wrong}");
            _manager.Status.ShouldBe(HttpStatusCode.UnprocessableEntity, wrong);
        }
    }

    [Fact]
    public async Task The_file_holds_no_small_number_no_restricted_topic_and_no_formula()
    {
        await CountAsync(2, 2, "food", 40);
        await CountAsync(2, 1, "relief_items", 3);
        await database.ExecuteAsync("insert into audience (circles) values ('{5}') on conflict do nothing");
        await CountAsync(2, 1, "sea_staff_abuse", 30, "(select id from audience where circles = '{5}' limit 1)");
        await _site.HireAsync($"focal-{_run}", [Roles.Circle, Roles.Officer], "psea");
        using var focal = await _site.SignInAsync($"focal-{_run}");
        await focal.GoAsync("/trends");
        focal.Page.QuerySelector("table.numbers")!.TextContent.ShouldContain("Sexual exploitation");
        focal.Page.QuerySelector(".notice-bad")!.TextContent.ShouldContain("your circles");

        var file = await focal.ReadAsync("/trends.csv?by=topic&period=4w");
        file.ShouldNotContain("sea_staff_abuse");
        file.Split("\r\n").Single(l => l.StartsWith("relief_items,", StringComparison.Ordinal)).ShouldContain("<10");
        using var csv = new CsvHelper.CsvParser(new StringReader(file), CultureInfo.InvariantCulture);
        for (csv.Read(); csv.Read();)
            csv.Record!.Skip(2).ShouldAllBe(cell => cell == "0" || cell == "<10" || cell == "x" || int.Parse(cell, CultureInfo.InvariantCulture) >= 10);
        (await focal.ReadAsync("/trends.csv?by=service_point&period=4w")).ShouldContain("'=HSP Sur");

        await _site.HireAsync($"volunteer-{_run}", [Roles.Volunteer]);
        using var volunteer = await _site.SignInAsync($"volunteer-{_run}");
        await volunteer.ReadAsync("/trends.csv");
        volunteer.Status.ShouldBe(HttpStatusCode.Forbidden);
        await volunteer.GoAsync("/trends");
        volunteer.Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task The_API_answers_a_key_with_class_0_and_floors_languages()
    {
        await database.ExecuteAsync("insert into audience (circles) values ('{5}') on conflict do nothing");
        await CountAsync(2, 2, "sanitation_hygiene", 6);
        await CountAsync(2, 1, "fraud_corruption", 12, "(select id from audience where id > 1 limit 1)");
        using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = _site.Address };
        (await http.GetAsync("/api/v1/trends?by=topic")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await new OfficerAccounts(database.Databases.Pages, TestDatabase.Keys).AddApiKeyAsync($"key-{_run}", "read", CancellationToken.None));

        using var topics = JsonDocument.Parse(await http.GetStringAsync("/api/v1/trends?by=topic&bucket=day"));
        topics.RootElement.GetProperty("buckets").GetArrayLength().ShouldBe(28);
        var rows = topics.RootElement.GetProperty("items").EnumerateArray().ToDictionary(r => r.GetProperty("key").GetString()!);
        rows["sanitation_hygiene"].GetProperty("total").GetInt32().ShouldBe(6);
        rows["sanitation_hygiene"].GetProperty("counts").EnumerateArray().Sum(c => c.GetProperty("n").GetInt32()).ShouldBe(6);
        rows.ShouldNotContainKey("fraud_corruption");

        using var langs = JsonDocument.Parse(await http.GetStringAsync("/api/v1/trends?by=lang&topic=sanitation_hygiene"));
        var row = langs.RootElement.GetProperty("items").EnumerateArray().Single();
        (row.GetProperty("total").ValueKind, row.GetProperty("total_under").GetInt32()).ShouldBe((JsonValueKind.Null, 10));

        using var wrong = await http.GetAsync("/api/v1/trends?by=name");
        wrong.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        wrong.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    private Task CountAsync(int daysAgo, int place, string topic, int n, string audience = "1") => database.ExecuteAsync($"""
        insert into count_change (audience_id, day, service_point_id, topic, type, urgency, channel, lang, n)
        select {audience}, (now() at time zone 'UTC')::date - $1, $2, t, 'suggestion', 'normal', 'web', 'es', $3 from unnest(array['', $4]) t
        """, daysAgo, place, n, topic);
}

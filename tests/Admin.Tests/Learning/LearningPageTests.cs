using System.Net;
using System.Text.Json;
using AngleSharp.Dom;
using Cea.Feedback.Learning;
using Cea.Feedback.Officers;
using Cea.Testing;

namespace Cea.Admin.Tests.Learning;

public sealed class LearningPageTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly Site _site = new(database);
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..];

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("truncate item, message, learned_model, learning_task, item_count, count_change cascade");
        await _site.StartAsync();
        foreach (var role in new[] { Roles.Manager, Roles.Officer, Roles.Administrator, Roles.Volunteer })
            await _site.HireAsync($"{role}-{_run}", [role]);
    }

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task It_says_how_suggestions_fared_and_what_to_code_next_of_open_items_alone()
    {
        await SayAsync();
        using var manager = await _site.SignInAsync($"manager-{_run}");
        await manager.GoAsync("/settings/learning");
        manager.Status.ShouldBe(HttpStatusCode.OK);

        Cells(manager, "quality", 0).ShouldContain("12 33% (14–61) 0% 33% 0%", "of twelve confirmed four had another topic");
        Cells(manager, "quality", 1).ShouldContain(r => r.Contains("67% (8/12)", StringComparison.Ordinal), "of those suggested with food");
        Cells(manager, "calibration", 0).ShouldContain("90% 67% (39–86) 12");
        var unsure = manager.Page.QuerySelectorAll("section[aria-labelledby=unsure] a").ToList();
        unsure.Count.ShouldBe(3);
        unsure[0].GetAttribute("href").ShouldStartWith("/items/");
        var group = manager.Page.QuerySelector("section[aria-labelledby=unfit] details")!;
        group.TextContent.ShouldContain("3 items");
        group.TextContent.ShouldContain("barber");
        manager.Text.ShouldNotContain("favours");
        manager.Text.ShouldNotContain("insulin");

        // Whoever sees no items sees none here, and no figure of them.
        using var administrator = await _site.SignInAsync($"administrator-{_run}");
        await administrator.GoAsync("/settings/learning");
        administrator.Status.ShouldBe(HttpStatusCode.OK);
        administrator.Page.QuerySelectorAll("a[href^='/items/']").ShouldBeEmpty();
        Cells(administrator, "quality", 0).ShouldBeEmpty();
    }

    [Fact]
    public async Task Buttons_do_what_they_say_for_managers_and_are_not_there_for_others()
    {
        using var manager = await _site.SignInAsync($"manager-{_run}");
        await manager.GoAsync("/settings/learning");
        await manager.SubmitAsync("#train");
        (manager.Answered, manager.Led).ShouldBe((HttpStatusCode.SeeOther, "/settings/learning?done=1"));
        (await database.ScalarAsync<string>("select kind || (asked_by is not null) from learning_task")).ShouldBe("traintrue");
        await manager.SubmitAsync("#train");
        (manager.Answered, manager.Text.Contains("has been asked for already", StringComparison.Ordinal)).ShouldBe((HttpStatusCode.UnprocessableEntity, true));
        await manager.GoAsync("/settings/learning");
        await manager.SubmitAsync("#learning", ("learning_least", "7"));
        manager.Page.QuerySelectorAll("#learning .bad").Length.ShouldBe(1);
        await manager.SubmitAsync("#learning", ("learning_least", "50"));
        (await database.ScalarAsync<string>("select value from deployment where name = 'learning_least'")).ShouldBe("50");

        using var officer = await _site.SignInAsync($"officer-{_run}");
        await officer.GoAsync("/settings/learning");
        (officer.Status, officer.Page.QuerySelectorAll("main form").Length).ShouldBe((HttpStatusCode.OK, 0));
        using var volunteer = await _site.SignInAsync($"volunteer-{_run}");
        await volunteer.GoAsync("/settings/learning");
        volunteer.Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task A_challenger_is_shown_beside_the_model_in_use_with_what_speaks_against_it(bool refused)
    {
        var id = await database.ScalarAsync<int>("""
            insert into learned_model (version, trained_at, state, corpus_rows, open_rows, seconds, memory_mb, report, refused, sealed) values ('cea-0123', now(), 'challenger', 9000, 250, 61, 180, $1::jsonb, $2, '\x00') returning id
            """, JsonSerializer.Serialize(Report(), JsonSerializerOptions.Web), refused ? new[] { Gate() } : []);
        using var manager = await _site.SignInAsync($"manager-{_run}");
        await manager.GoAsync("/settings/learning");
        manager.Text.ShouldContain("cea-0123");
        Cells(manager, "frozen-title", 0).ShouldContain(r => r.StartsWith("3,247 0.585 (0.571–0.600) 65% (63–67)", StringComparison.Ordinal));
        Cells(manager, "items-title", 0).ShouldContain("<10 – – – – – –", "too few of one language to be told");
        manager.Page.QuerySelectorAll("#promote").Length.ShouldBe(refused ? 0 : 1);
        if (refused)
        {
            manager.Text.ShouldContain("It sees fewer critical messages of the frozen set.");
            return;
        }
        await manager.SubmitAsync("#promote");
        (await database.ScalarAsync<string>("select state || (promoted_by is not null) from learned_model where id = $1", id)).ShouldBe("championtrue");
        await manager.SubmitAsync("#roll-back");
        (await database.ScalarAsync<string>("select state from learned_model where id = $1", id)).ShouldBe("retired");
        (await database.ScalarAsync<long>("select count(*) from audit where act in ('PromoteModel', 'RollBackModel') and officer_id is not null")).ShouldBe(2);
    }

    private static string Gate() => "critical_fell_frozen";

    private static ModelReport Report()
    {
        GroupFigures Group(string name, int n) => new(name, n, new(.585, .571, .6), new(n * 65 / 100, n), new(n / 2, n), new(60, 61), new(38, 39), new(14, 24));
        var all = new Figures(Group("all", 3247), [Group("en", 514)], [new("water", new(9, 12), new(9, 13))], [new(.35, 30, 90), new(.85, 80, 100)]);
        var few = all with { Languages = [new("om", null, null, null, null, null, null, null)] };
        return new("scripted", new(all, all, new(.01, -.002, .02)), new(few, few, new(0, -.1, .1)));
    }

    // Twelve items that the machine took for food, of which officers found four to be about something else; three of the barber; one of class 1, one of class 2.
    private async Task SayAsync()
    {
        await using var pipeline = new Pipeline(database);
        await pipeline.SetUpAsync();
        var n = 0;
        Task<Feedback.Intake.Receipt> Say(string codes, string text) => pipeline.SayAsync($"+5025{Random.Shared.Next(1_000_000, 9_999_999)}{n++:00}", $"[{codes}] {text}");
        for (var i = 0; i < 12; i++)
        {
            var item = (await Say("complaint|food|normal|0|en", $"the rice of day {i} was cold")).MessageId;
            await database.ExecuteAsync("update item set confirmed_type = 'complaint', confirmed_topics = array[$2], confirmed_urgency = 'normal', confirmed_at = now() where id = $1", item, i < 4 ? "staff_conduct" : "food");
        }
        foreach (var text in new[] { "is there a barber who cuts hair at the camp", "the barber cuts hair only on monday", "we need a barber to cut hair of the children" })
            await Say("request|other|normal|0|en", text);
        foreach (var codes in new[] { "complaint|sea_staff_abuse|high|2|en", "request|other|high|2|en" })
        {
            var item = (await Say(codes, "he wants favours")).MessageId;
            await database.ExecuteAsync("update item set confirmed_type = 'complaint', confirmed_topics = array['sea_staff_abuse'], confirmed_urgency = 'high', confirmed_at = now() where id = $1", item);
        }
        await Say("request|health_care|high|1|en", "my father needs insulin");
    }

    private static IReadOnlyList<string> Cells(Visitor visitor, string section, int table) =>
        [.. visitor.Page.QuerySelectorAll($"section[aria-labelledby={section}] table").Skip(table).Take(1).SelectMany(t => t.QuerySelectorAll("tbody tr"))
            .Select(r => string.Join(' ', r.QuerySelectorAll("td").Select(c => c.TextContent.Replace("\u2066", "", StringComparison.Ordinal).Replace("\u2069", "", StringComparison.Ordinal).Trim()).Where(c => c is not ("in use" or "challenger" or ""))))];
}

using System.Net;
using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Testing;

namespace Cea.Admin.Tests.Settings;

public sealed class SettingsPagesTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly string[] Sections = ["teams", "rules", "standards", "rota", "circles", "erasures", "service-points", "users", "operators", "accounts", "costs", "templates", "dead-letters", "codebook", "learning", "deployment", "keywords", "audit"];
    private readonly Site _site = new(database);
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..];
    private Visitor _admin = null!;

    public async Task InitializeAsync()
    {
        await _site.StartAsync(new PaperChannel());
        await _site.HireAsync($"admin-{_run}", [Roles.Administrator]);
        _admin = await _site.SignInAsync($"admin-{_run}");
    }

    public async Task DisposeAsync()
    {
        _admin.Dispose();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task Every_page_of_the_settings_opens_for_who_may_and_is_a_whole_page_without_scripts()
    {
        await _site.HireAsync($"all-{_run}", [.. Roles.All]);
        using var visitor = await _site.SignInAsync($"all-{_run}");
        foreach (var section in Sections.Select(s => $"/settings/{s}").Append("/settings").Append("/service-points"))
        {
            await visitor.GoAsync(section);
            visitor.Status.ShouldBe(HttpStatusCode.OK, section);
            visitor.Page.QuerySelectorAll("h1").Length.ShouldBe(1, section);
            visitor.Page.QuerySelectorAll("main script, [style], [onclick]").Length.ShouldBe(0, section);
            visitor.Page.QuerySelectorAll("main input:not([type=hidden]), main select, main textarea").Where(f => f.GetAttribute("aria-label") is null && f.Closest("label") is null && visitor.Page.QuerySelector($"label[for='{f.Id}']") is null)
                .Select(f => f.OuterHtml).ShouldBeEmpty(section);
            var ids = visitor.Page.QuerySelectorAll("[id]").Select(e => e.Id).ToList();
            ids.Distinct().Count().ShouldBe(ids.Count, section);
        }
    }

    [Fact]
    public async Task Nobody_opens_what_his_role_does_not_hold()
    {
        await _site.HireAsync($"officer-{_run}", [Roles.Officer]);
        using var officer = await _site.SignInAsync($"officer-{_run}");
        foreach (var section in Sections.Except(["service-points", "erasures", "codebook", "learning"]))
        {
            await officer.GoAsync($"/settings/{section}");
            officer.Status.ShouldBe(HttpStatusCode.Forbidden, section);
        }
        using var nobody = _site.Visit();
        await nobody.GoAsync("/settings/teams");
        nobody.Path.ShouldStartWith("/sign-in");
    }

    [Fact]
    public async Task A_wrong_form_comes_back_whole_with_what_was_typed_and_every_mistake_named_and_a_right_one_by_303()
    {
        await _admin.GoAsync("/settings/teams");
        await _admin.SubmitAsync("#team-new", ("name", ""), ("time_zone", "Moon/Crater"), ("mon_from1", "08:00"), ("mon_to1", ""), ("holidays", "Easter"));
        _admin.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);
        _admin.Page.QuerySelector("html[lang] head link[rel=stylesheet]").ShouldNotBeNull();
        _admin.Page.QuerySelector("header.top").ShouldNotBeNull();
        _admin.Page.QuerySelectorAll("#team-new [role=alert] li a").Select(a => a.GetAttribute("href")).ShouldBe(["#team-new-name", "#team-new-time_zone", "#team-new-mon", "#team-new-holidays"]);
        _admin.Page.QuerySelectorAll("#team-new [role=alert] li a").All(a => _admin.Page.QuerySelector(a.GetAttribute("href")!) is not null).ShouldBeTrue();
        _admin.Page.QuerySelector("#team-new-time_zone")!.GetAttribute("value").ShouldBe("Moon/Crater");
        _admin.Page.QuerySelector("#team-new [name=mon_from1]")!.GetAttribute("value").ShouldBe("08:00");

        await _admin.GoAsync("/settings/teams/save"); // the address of the refused form, loaded again
        _admin.Path.ShouldBe("/settings/teams");
        await _admin.SubmitAsync("#team-new", ("name", $"Desk {_run}"), ("time_zone", "Africa/Nairobi"), ("mon_from1", "08:00"), ("mon_to1", "17:00"), ("holidays", "2026-12-25"), ("active", "1"));
        _admin.Answered.ShouldBe(HttpStatusCode.SeeOther);
        _admin.Path.ShouldBe("/settings/teams?done=1");
        _admin.Text.ShouldContain($"Desk {_run}");
        (await database.ScalarAsync<string>("select calendar->'days'->'mon'->0->>1 from team where name = $1", $"Desk {_run}")).ShouldBe("17:00");
    }

    [Fact]
    public async Task A_word_that_people_send_is_added_refused_and_taken_back_on_the_page()
    {
        await _admin.GoAsync("/settings/keywords");
        await _admin.SubmitAsync("#keyword", ("lang", "es"), ("kind", "stop"), ("word", "confidencial"));
        _admin.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);
        _admin.Page.QuerySelector("#keyword [role=alert] li")!.TextContent.ShouldContain("means something else already: CONFIDENTIAL, Español");
        _admin.Page.QuerySelector("#keyword-word")!.GetAttribute("value").ShouldBe("confidencial");
        _admin.Page.QuerySelector("#keyword-lang option[selected]")!.GetAttribute("value").ShouldBe("es");

        await _admin.SubmitAsync("#keyword", ("lang", "es"), ("kind", "stop"), ("word", "<b>basta ya</b>"));
        _admin.Answered.ShouldBe(HttpStatusCode.SeeOther);
        var id = await database.ScalarAsync<int>("select id from keyword where folded like 'b basta ya%'");
        _admin.Page.QuerySelectorAll("main b").Length.ShouldBe(0);
        _admin.Page.QuerySelector($"#keyword-{id} strong")!.TextContent.ShouldBe("<b>basta ya</b>");
        _admin.Page.QuerySelectorAll("main form[action$=remove]").Length.ShouldBe(1); // shipped words have none
        await _admin.SubmitAsync($"#keyword-{id}");
        _admin.Answered.ShouldBe(HttpStatusCode.SeeOther);
        (await database.ScalarAsync<long>("select count(*) from keyword")).ShouldBe(0);
    }

    [Fact]
    public async Task A_new_officers_password_is_shown_once_and_opens_the_door()
    {
        await _admin.GoAsync("/settings/users");
        await _admin.SubmitAsync("#user-new", ("user_name", $"maria-{_run}"), ("display_name", "María"), ("roles", "officer"), ("contact_account", ""));
        _admin.Answered.ShouldBe(HttpStatusCode.OK);
        var password = _admin.Page.QuerySelector(".made bdi")!.TextContent;
        await _admin.GoAsync("/settings/users");
        _admin.Page.QuerySelector(".made").ShouldBeNull();

        using var maria = await _site.SignInAsync($"maria-{_run}", password);
        maria.Path.ShouldBe("/password");
    }

    [Fact]
    public async Task Two_members_let_a_third_in_on_the_page_and_a_member_alone_cannot()
    {
        await database.ExecuteAsync("delete from circle_member where circle_id = 6; delete from circle where id = 6");
        await Cea.Feedback.Storage.Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        await _site.HireAsync($"ana-{_run}", [Roles.Circle], "integrity");
        await _site.HireAsync($"ben-{_run}", [Roles.Circle], "integrity");
        var third = await _site.HireAsync($"eva-{_run}", [Roles.Circle]);
        using var ana = await _site.SignInAsync($"ana-{_run}");
        using var ben = await _site.SignInAsync($"ben-{_run}");

        await ana.GoAsync("/settings/circles");
        await ana.SubmitAsync("#propose-6", ("officer", third.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("alternate", "1"));
        ana.Answered.ShouldBe(HttpStatusCode.SeeOther);
        ana.Page.QuerySelector($"#confirm-6-{third}").ShouldBeNull();
        await ben.GoAsync("/settings/circles");
        await ben.SubmitAsync($"#confirm-6-{third}");
        (await database.ScalarAsync<bool>("select wrapped_key is not null from circle_member where circle_id = 6 and officer_id = $1", third)).ShouldBeTrue();
        await _admin.GoAsync("/settings/circles");
        _admin.Text.ShouldContain($"eva-{_run}");
        _admin.Page.QuerySelector("[id^=remove-], [id^=propose-], .notices").ShouldBeNull();
    }

    [Fact]
    public async Task A_codebook_is_downloaded_refused_with_its_lines_and_taken()
    {
        await _admin.GoAsync("/settings/codebook");
        var tsv = await _admin.ReadAsync($"/settings/codebook/{Codebook.Default.Version}.tsv");
        tsv.ShouldBe(Codebook.Default.Tsv);
        (await _admin.ReadAsync($"/settings/codebook/{Codebook.Default.Version}.csv")).ShouldStartWith("Type of feedback,");
        await _admin.SubmitAsync("#codebook", tsv + "topic\tweather\n", []);
        _admin.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);
        _admin.Page.QuerySelector("#codebook [role=alert]")!.TextContent.ShouldContain("2 columns instead of 13");
        await _admin.SubmitAsync("#codebook", tsv.Replace("Drinking water\t", "Water\t", StringComparison.Ordinal), []);
        _admin.Answered.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task The_audits_filters_stand_in_its_address()
    {
        await _admin.GoAsync("/settings/standards");
        await _admin.SubmitAsync("#standards");
        _admin.Answered.ShouldBe(HttpStatusCode.SeeOther);
        await _admin.GoAsync("/settings/audit?act=SaveStandards");
        _admin.Page.QuerySelectorAll("tbody tr").Length.ShouldBeGreaterThan(0);
        _admin.Page.QuerySelector("#act option[selected]")!.GetAttribute("value").ShouldBe("SaveStandards");
        await _admin.GoAsync("/settings/audit?act=SaveStandards&to=2001-01-01");
        _admin.Page.QuerySelector("tbody").ShouldBeNull();
    }
}

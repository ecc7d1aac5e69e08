using System.Net;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Testing;

namespace Cea.Admin.Tests.Items;

/// <summary>The operator's pages, as a browser without scripts has them.</summary>
public sealed class CallPagesTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Own = "+50255500019", From = "+50255512345";
    private readonly RingingChannel _line = new();
    private readonly Site _site = new(database);
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..];
    private Pipeline _pipeline = null!;
    private Visitor _operator = null!;
    private int _id;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("delete from circle_member; delete from circle; delete from approved_answer; delete from inbox; insert into channel_account (id, kind, enabled) values ('helpline', 'ringing', true) on conflict do nothing; insert into service_point (slug, name) values ('north', 'North') on conflict do nothing");
        await Cea.Feedback.Storage.Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        await _site.StartAsync(_line);
        await _site.KnowLinesAsync();
        _id = await _site.HireAsync($"operator-{_run}", [Roles.Operator]);
        await database.ExecuteAsync("insert into helpline_operator (officer_id, number, languages) values ($1, $2, '{es}')", _id, TestDatabase.Keys.Seal(Own, "helpline operator"));
        _operator = await _site.SignInAsync($"operator-{_run}");
    }

    public async Task DisposeAsync()
    {
        _operator.Dispose();
        await _pipeline.DisposeAsync();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task An_operator_begins_at_his_calls_and_every_page_of_his_is_whole_without_scripts()
    {
        _operator.Path.ShouldBe("/calls");
        _operator.Page.QuerySelector("nav a[href='/calls']").ShouldNotBeNull();
        _operator.Page.QuerySelector("nav a[href='/items']").ShouldBeNull();
        foreach (var page in new[] { "/calls", "/calls/new", "/calls/confidential", "/answers" })
        {
            await _operator.GoAsync(page);
            _operator.Status.ShouldBe(HttpStatusCode.OK, page);
            _operator.Page.QuerySelectorAll("h1").Length.ShouldBe(1, page);
            _operator.Page.QuerySelectorAll("main script, [style], [onclick]").Length.ShouldBe(0, page);
            _operator.Page.QuerySelectorAll("main input:not([type=hidden]), main select, main textarea").Where(f => f.Closest("label") is null && _operator.Page.QuerySelector($"label[for='{f.Id}']") is null).Select(f => f.OuterHtml).ShouldBeEmpty(page);
            var ids = _operator.Page.QuerySelectorAll("[id]").Select(e => e.Id).ToList();
            ids.Distinct().Count().ShouldBe(ids.Count, page);
            var keys = _operator.Page.QuerySelectorAll("[accesskey]").Select(e => e.GetAttribute("accesskey")).ToList();
            keys.Distinct().Count().ShouldBe(keys.Count, page);
        }
        await _operator.GoAsync("/calls/new");
        _operator.Page.QuerySelector("textarea[autofocus]")!.GetAttribute("name").ShouldBe("text");
        foreach (var (role, status) in new[] { (Roles.Officer, HttpStatusCode.OK), (Roles.Manager, HttpStatusCode.Forbidden) })
        {
            await _site.HireAsync($"{role}-{_run}", [role]);
            using var other = await _site.SignInAsync($"{role}-{_run}");
            await other.GoAsync("/calls/new");
            other.Status.ShouldBe(status, role);
        }
    }

    [Fact]
    public async Task The_code_is_shown_to_be_read_out_and_stands_in_no_address_and_a_second_click_stores_nothing()
    {
        await _operator.GoAsync("/calls/new");
        var click = _operator.Page.QuerySelector("#call [name=client_id]")!.GetAttribute("value")!;
        await _operator.SubmitAsync("#call", ("text", "[request|water|normal|0|es] no hay agua"), ("language", "es"), ("service_point", "north"), ("sex", "not_said"));
        _operator.Answered.ShouldBe(HttpStatusCode.OK);
        var code = Code();
        code.ShouldMatch("^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{3}$");
        _operator.Path.ShouldBe("/calls/new/save");

        await _operator.GoAsync("/calls/new");
        await _operator.SubmitAsync("#call", ("text", "[request|water|normal|0|es] no hay agua"), ("language", "es"), ("client_id", click));
        Code().ShouldBe(code);
        await _pipeline.TriageAllAsync();
        (await database.ScalarAsync<string>("select string_agg(i.receipt_code || ' ' || s.slug || ' ' || k.sex, ',') from item i join service_point s on s.id = i.service_point_id join speaker k on k.item_id = i.id where recorded_by = $1", _id))
            .ShouldBe($"{ReceiptCode.Parse(code)} north not_said");

        await _operator.GoAsync("/calls");
        _operator.Text.ShouldContain(code);
        _operator.Text.ShouldContain("no hay agua");
    }

    [Fact]
    public async Task A_form_that_is_refused_comes_back_with_everything_that_was_typed()
    {
        await _operator.GoAsync("/calls/new");
        await _operator.SubmitAsync("#call", ("text", "no hay agua"), ("end", "told"), ("stay", "days"), ("consent_share", "with_name"), ("difficulty_walking", "a_lot"), ("diversity", "migrant"));
        _operator.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);
        _operator.Page.QuerySelectorAll("[role=alert] li a").Select(a => a.GetAttribute("href")).ShouldBe(["#call-own_answer"]);
        _operator.Page.QuerySelector("#call-text")!.TextContent.ShouldBe("no hay agua");
        foreach (var selected in new[] { "#call-stay [value=days]", "#call-consent_share [value=with_name]", "#call-difficulty_walking [value=a_lot]" })
            _operator.Page.QuerySelector(selected + "[selected]").ShouldNotBeNull(selected);
        _operator.Page.QuerySelector("[name=end][value=told][checked]").ShouldNotBeNull();
        _operator.Page.QuerySelector("[name=diversity][value=migrant][checked]").ShouldNotBeNull();
        (await database.ScalarAsync<long>("select count(*) from inbox where account_id = 'calls'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_session_that_has_ended_takes_nothing_of_what_was_typed()
    {
        await _operator.GoAsync("/calls/new");
        var token = _operator.Page.QuerySelector("#call [name=__RequestVerificationToken]")!.GetAttribute("value")!;
        await database.ExecuteAsync("delete from session where officer_id = $1", _id);
        await _operator.SubmitAsync("#call", ("text", "no hay agua <b>desde ayer</b>"));
        _operator.Status.ShouldBe(HttpStatusCode.Unauthorized);
        _operator.Page.QuerySelector("#typed")!.TextContent.Trim().ShouldBe("no hay agua <b>desde ayer</b>");
        _operator.Page.QuerySelector("a[href^='/sign-in']").ShouldNotBeNull();

        // With scripts the page stays as it is: no redirect, and the same form is good after signing in anew.
        var (status, headers) = await _operator.PostAsync("/calls/new/save", [("X-Stay", "1"), ("HX-Request", "true")], ("__RequestVerificationToken", token), ("text", "x"));
        (status, headers.Contains("HX-Redirect")).ShouldBe((HttpStatusCode.Unauthorized, false));
        await _operator.GoAsync("/sign-in");
        await _operator.SubmitAsync("form[action='/sign-in']", ("name", $"operator-{_run}"), ("password", Site.Password));
        (await _operator.PostAsync("/calls/new/save", [("X-Stay", "1"), ("HX-Request", "true")], ("__RequestVerificationToken", token), ("text", "[request|water|normal|0|es] agua"), ("language", "es"), ("speaker", "unknown"), ("speaks_for", "self"), ("about", "unknown"), ("stay", "not_asked"), ("end", "to_team")))
            .Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_confidential_form_asks_for_no_story_and_says_so_when_no_focal_point_can_be_called()
    {
        await _operator.GoAsync("/calls/confidential");
        _operator.Page.QuerySelectorAll("#confidential textarea, #confidential select, #confidential input:not([type=hidden])").Select(f => f.GetAttribute("name")).ShouldBe(["language", "service_point", "way", "consent_contact_back", "consent_share"]);
        _operator.Page.QuerySelector("#no-focal-phone").ShouldNotBeNull();
        _operator.Page.QuerySelector("#listen")!.TextContent.ShouldContain("Do not ask what happened");
        await database.ExecuteAsync("update circle set confidential_phone = '+502 5550 1111' where code = 'psea'");
        await _operator.GoAsync("/calls/confidential");
        _operator.Page.QuerySelector(".phone")!.TextContent.ShouldBe("+502 5550 1111");
        _operator.Page.QuerySelector("#no-focal-phone").ShouldBeNull();

        await _operator.SubmitAsync("#confidential", ("way", "only by message, after six"), ("language", "es"));
        Code().Length.ShouldBe(13);
        await _pipeline.TriageAllAsync();
        (await database.ScalarAsync<string>("select circle_id || ' ' || sensitivity from item where receipt_code = $1", ReceiptCode.Parse(Code())!)).ShouldBe("5 2");
        await _operator.GoAsync("/calls");
        _operator.Text.ShouldNotContain("after six");
    }

    [Fact]
    public async Task A_call_that_was_put_through_is_offered_recorded_and_called_back_and_no_page_shows_a_number()
    {
        await _pipeline.Inbox.StoreAsync("helpline",
        [
            new CallReported { ExternalId = $"CA{_run} Began", Call = $"CA{_run}", Stage = CallStage.Began, From = new ContactAddress("tel", From) },
            new CallReported { ExternalId = $"CA{_run} taken", Call = $"CA{_run}", Stage = CallStage.Answered, TakenBy = _id },
        ], default, CancellationToken.None);
        await _pipeline.TriageAllAsync();

        await _operator.GoAsync("/calls");
        var record = _operator.Page.QuerySelector("#calls a[href^='/calls/new?call=']")!.GetAttribute("href")!;
        Shown();
        await _operator.GoAsync(record);
        _operator.Page.QuerySelector("#call-call option[selected]")!.GetAttribute("value").ShouldBe(record.Split('=')[1]);
        Shown();
        await _operator.SubmitAsync("#call", ("text", "[request|water|normal|0|es] no hay"), ("language", "es"), ("end", "interrupted"));
        Shown();
        await _pipeline.TriageAllAsync();
        await _operator.SubmitAsync("form[action='/calls/back']");
        _operator.Path.ShouldBe("/calls?rings=1");
        _line.Rung.ShouldBe([$"helpline {From} {Own}"]);
        Shown();

        await database.ExecuteAsync("update item set circle_id = 1 where recorded_by = $1", _id);
        await _operator.SubmitAsync("form[action='/calls/back']");
        _operator.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);
        _operator.Page.QuerySelector("[role=alert]")!.TextContent.ShouldContain("You cannot call back now");
        _line.Rung.Count.ShouldBe(1);
        await database.ExecuteAsync("update item set circle_id = 0 where recorded_by = $1", _id);

        void Shown() => Regex.IsMatch(_operator.Page.DocumentElement.OuterHtml, "5551234|55500019").ShouldBeFalse();
    }

    [Fact]
    public async Task Who_handles_an_item_sees_who_spoke_and_calls_through_the_line_and_no_list_shows_it()
    {
        await _operator.GoAsync("/calls/new");
        await _operator.SubmitAsync("#call", ("text", "[request|water|normal|0|es] no hay agua en el norte"), ("language", "es"), ("age_band", "60_over"), ("difficulty_hearing", "cannot"), ("consent_share", "without_name"), ("speaker", "returnee"));
        var code = ReceiptCode.Parse(Code())!;
        await _pipeline.TriageAllAsync();
        var item = await database.ScalarAsync<Guid>("select id from item where receipt_code = $1", code);
        await _site.HireAsync($"worker-{_run}", [Roles.Officer]);
        using var officer = await _site.SignInAsync($"worker-{_run}");
        await officer.GoAsync($"/items/{item}");
        officer.Page.QuerySelector("#speaker")!.TextContent.ShouldSatisfyAllConditions(t => t.ShouldContain("60 and over"), t => t.ShouldContain("Cannot do it at all"));
        officer.Page.QuerySelector("aside")!.TextContent.ShouldContain("Returnee");
        officer.Page.QuerySelector("#consent-share .said")!.TextContent.ShouldContain("Without my name");
        officer.Page.QuerySelector("#ring").ShouldBeNull("nobody can be called");
        await officer.GoAsync("/items?view=all");
        officer.Text.ShouldContain("no hay agua en el norte");
        officer.Text.ShouldNotContain("60 and over");
    }

    [Fact]
    public async Task An_answer_that_an_officer_approves_is_at_hand_with_his_name_under_it()
    {
        await _site.HireAsync($"answerer-{_run}", [Roles.Officer]);
        using var officer = await _site.SignInAsync($"answerer-{_run}");
        await officer.GoAsync("/answers");
        await officer.SubmitAsync("#answer-new", ("topic", "opening_hours"), ("lang", "es"), ("text", ""), ("valid_until", "2020-01-01"));
        officer.Page.QuerySelectorAll("#answer-new [role=alert] li a").Select(a => a.GetAttribute("href")).ShouldBe(["#answer-new-text", "#answer-new-valid_until"]);
        await officer.SubmitAsync("#answer-new", ("text", "Abrimos de 8 a 16."), ("valid_until", TimeProvider.System.GetUtcNow().AddDays(3).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)));
        officer.Answered.ShouldBe(HttpStatusCode.SeeOther);
        officer.Text.ShouldContain($"Approved by answerer-{_run}");

        await _operator.GoAsync("/answers");
        _operator.Text.ShouldContain("Abrimos de 8 a 16.");
        _operator.Page.QuerySelector("form[action='/answers/save']").ShouldBeNull();
        await _operator.GoAsync("/calls/new");
        await database.ExecuteAsync("update approved_answer set approved_at = approved_at + interval '1 second'");
        await _operator.SubmitAsync("#call", ("text", "[question|opening_hours|normal|0|es] a que hora"), ("language", "es"), ("end", "told"), ("answer", Choice()));
        _operator.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity, "it was approved anew after the page was shown");
        _operator.Page.QuerySelector("[role=alert]")!.TextContent.ShouldContain("Somebody changed this");
        _operator.Page.QuerySelector("#call-text")!.TextContent.ShouldContain("a que hora");
        _operator.Page.QuerySelector("#call-answers [checked]").ShouldBeNull("he has to read it and choose again");
        await _operator.SubmitAsync("#call", ("text", "[question|opening_hours|normal|0|es] a que hora"), ("language", "es"), ("end", "told"), ("answer", Choice()));
        await _pipeline.TriageAllAsync();
        (await database.ScalarAsync<string>("select i.status || ' ' || m.text from item i join message m on m.id::text = i.resolution where i.receipt_code = $1", ReceiptCode.Parse(Code())!)).ShouldBe("closed Abrimos de 8 a 16.");

        string Choice() => _operator.Page.QuerySelector("#call-answers [data-words] input")!.GetAttribute("value")!;
    }

    [Fact]
    public async Task Where_a_call_is_ordered_it_says_which_telephone_rings_and_since_when()
    {
        await _pipeline.SayAsync("+50255512399", "[request|water|normal|0|es] no hay agua en el sur");
        var item = await database.ScalarAsync<Guid>("select item_id from message where text like '%agua en el sur'");
        await database.ExecuteAsync("update item set account_id = 'helpline' where id = $1", item);
        var id = await _site.HireAsync($"caller-{_run}", [Roles.Officer]);
        using var officer = await _site.SignInAsync($"caller-{_run}");
        await officer.GoAsync($"/items/{item}");
        officer.Page.QuerySelector("#ring")!.TextContent.ShouldNotContain("ends in");
        await database.ExecuteAsync("insert into helpline_operator (officer_id, number, languages, number_at) values ($1, $2, '{es}', '2026-02-03 12:00Z')", id, TestDatabase.Keys.Seal(Own, "helpline operator"));
        await officer.GoAsync($"/items/{item}");
        officer.Page.QuerySelector("#ring")!.TextContent.ShouldSatisfyAllConditions(t => t.ShouldContain("ends in 19."), t => t.ShouldContain("changed on 3 Feb 2026."));
        officer.Page.DocumentElement.OuterHtml.ShouldNotContain("55500019");
    }

    [Fact]
    public async Task An_operator_enters_his_telephone_himself_with_his_password_on_the_page_of_his_account_and_sees_but_its_end()
    {
        await _operator.GoAsync("/account");
        _operator.Text.ShouldContain("An administrator entered it.");
        _operator.Text.ShouldContain("ends in 19.");
        _operator.Text.ShouldNotContain("changed on", Case.Sensitive, "nobody wrote down when");
        await _operator.SubmitAsync("#number", ("number", "0722"));
        _operator.Page.QuerySelectorAll("#number [role=alert] li a").Select(a => a.GetAttribute("href")).ShouldBe(["#number-number", "#number-password"]);
        await _operator.SubmitAsync("#number", ("number", "+502 555 00018"), ("password", "what I think it is"));
        _operator.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);
        _operator.Page.QuerySelector("#number [role=alert]")!.TextContent.ShouldContain("This is not your present password.");
        _operator.Page.QuerySelector("#number-password")!.ShouldSatisfyAllConditions(f => f.GetAttribute("type").ShouldBe("password"), f => f.GetAttribute("aria-describedby").ShouldBe("number-password-wrong"));
        _operator.Page.DocumentElement.OuterHtml.ShouldNotContain("what I think it is");
        (await database.ScalarAsync<bool>("select number_by is null and number_at is null from helpline_operator where officer_id = $1", _id)).ShouldBeTrue();
        await _operator.SubmitAsync("#number", ("number", "+502 555 00018"), ("password", Site.Password));
        _operator.Answered.ShouldBe(HttpStatusCode.SeeOther);
        _operator.Text.ShouldContain("You entered it yourself.");
        Regex.IsMatch(_operator.Text, @"ends in 18\.\s+It was changed on \d{1,2} \w+ 20\d\d\.").ShouldBeTrue();
        Regex.IsMatch(_operator.Page.DocumentElement.OuterHtml, "55500018|555 00018").ShouldBeFalse();
        (await database.ScalarAsync<int>("select number_by from helpline_operator where officer_id = $1", _id)).ShouldBe(_id);
        (await database.ScalarAsync<string>("select string_agg(a.detail::text || d.result::text, ' ') from audit a, done d where a.act = 'SaveOwnNumber' and a.officer_id = $1 and d.request = a.act and d.officer_id = $1", _id)).ShouldBe("{}true");
        await _site.HireAsync($"manager-{_run}", [Roles.Manager]);
        using var manager = await _site.SignInAsync($"manager-{_run}");
        await manager.GoAsync("/account");
        manager.Page.QuerySelector("#number").ShouldBeNull("he calls nobody");
    }

    private string Code() => _operator.Page.QuerySelector(".receipt .code bdi")!.TextContent;
}

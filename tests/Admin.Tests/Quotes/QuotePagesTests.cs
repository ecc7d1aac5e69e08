using System.Net;
using Cea.Feedback.Officers;
using Cea.Testing;

namespace Cea.Admin.Tests.Quotes;

/// <summary>A quote from the item's page to the approvers' list, as a browser without scripts does it.</summary>
public sealed class QuotePagesTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly Site _site = new(database);
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..];
    private Visitor _officer = null!, _supervisor = null!;
    private Guid _item;

    public async Task InitializeAsync()
    {
        await _site.StartAsync();
        await using var pipeline = new Pipeline(database);
        await pipeline.SetUpAsync();
        _item = (await pipeline.SayAsync($"+5025{Random.Shared.Next(1000000, 9999999)}", "[suggestion|opening_hours|normal|0|es] me llamo yuleisy, abran mas temprano los lunes")).MessageId;
        await _site.HireAsync($"Ondine{_run}", [Roles.Officer]);
        await _site.HireAsync($"Sibylle{_run}", [Roles.Supervisor]);
        _officer = await _site.SignInAsync($"Ondine{_run}");
        _supervisor = await _site.SignInAsync($"Sibylle{_run}");
    }

    public async Task DisposeAsync()
    {
        _officer.Dispose();
        _supervisor.Dispose();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task The_form_is_there_only_with_the_persons_yes_and_begins_with_what_the_service_masked()
    {
        await _officer.GoAsync($"/items/{_item}");
        _officer.Page.QuerySelector("#quote-form").ShouldBeNull();
        _officer.Page.QuerySelector("#quote-missing")!.TextContent.ShouldContain("not agreed to be quoted");

        await _officer.SubmitAsync("#consent-quote", ("answer", "yes"));
        var form = _officer.Page.QuerySelector("#quote-form")!;
        form.QuerySelector("textarea")!.TextContent.ShouldContain("me llamo [name], abran mas temprano los [date]");
        _officer.Page.QuerySelector($"label[for='{form.QuerySelector("textarea")!.Id}']").ShouldNotBeNull();

        await _officer.SubmitAsync("#quote-form", ("text", "llamen al 55512345"));
        _officer.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);
        _officer.Text.ShouldContain("three digits");
        await _officer.GoAsync($"/items/{_item}");
        await _officer.SubmitAsync("#quote-form", ("text", "abran mas temprano"));
        _officer.Answered.ShouldBe(HttpStatusCode.Redirect);
        _officer.Text.ShouldContain($"Waits for approval: proposed by Ondine{_run}");

        await _officer.SubmitAsync("#consent-quote", ("answer", "no"));
        _officer.Page.QuerySelector("#quote-form").ShouldBeNull();
        _officer.Page.QuerySelector("blockquote.quote").ShouldBeNull();
    }

    [Fact]
    public async Task Another_approves_refuses_or_takes_back_on_the_list_that_his_own_pages_lead_to()
    {
        await ProposeAsync("abran mas temprano");
        await _officer.GoAsync("/quotes");
        _officer.Status.ShouldBe(HttpStatusCode.Forbidden);
        await _officer.GoAsync("/items");
        _officer.Page.QuerySelector("header nav a[href='/quotes']").ShouldBeNull();

        await _supervisor.GoAsync("/items");
        _supervisor.Page.QuerySelector("header nav a[href='/quotes']").ShouldNotBeNull();
        await _supervisor.GoAsync("/quotes");
        var id = await database.ScalarAsync<Guid>("select id from quote where item_id = $1", _item);
        await _supervisor.SubmitAsync($"#quote-{id:N}");
        _supervisor.Answered.ShouldBe(HttpStatusCode.SeeOther);
        _supervisor.Path.ShouldBe("/quotes?done=1");
        (await database.ScalarAsync<bool>("select approved_at is not null from quote where id = $1", id)).ShouldBeTrue();

        await _supervisor.SubmitAsync($"#quote-{id:N}"); // among the approved: take back
        (await database.ScalarAsync<long>("select count(*) from quote where id = $1", id)).ShouldBe(0);
        _supervisor.Page.QuerySelector($"#quote-{id:N}").ShouldBeNull();
    }

    [Fact]
    public async Task A_text_that_changed_meanwhile_is_not_approved_and_one_own_has_no_buttons()
    {
        await ProposeAsync("abran mas temprano en Tapachula");
        await _supervisor.GoAsync("/quotes");
        var id = await database.ScalarAsync<Guid>("select id from quote where item_id = $1", _item);
        _supervisor.Page.QuerySelector("mark")!.TextContent.ShouldBe("Tapachula");
        await ProposeAsync("otra cosa");
        await _supervisor.SubmitAsync($"#quote-{id:N}");
        _supervisor.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);
        _supervisor.Page.QuerySelector("[role=alert]").ShouldNotBeNull();
        _supervisor.Text.ShouldContain("otra cosa");

        await _supervisor.GoAsync($"/items/{_item}");
        await _supervisor.SubmitAsync("#quote-form", ("text", "mia"));
        await _supervisor.GoAsync("/quotes");
        _supervisor.Text.ShouldContain("You wrote this");
        _supervisor.Page.QuerySelectorAll("main form").Length.ShouldBe(0);
    }

    private async Task ProposeAsync(string text)
    {
        await _officer.GoAsync($"/items/{_item}");
        if (_officer.Page.QuerySelector("#quote-form") is null)
            await _officer.SubmitAsync("#consent-quote", ("answer", "yes"));
        await _officer.SubmitAsync("#quote-form", ("text", text));
    }
}

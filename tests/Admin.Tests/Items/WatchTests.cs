using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Testing;

namespace Cea.Admin.Tests.Items;

/// <summary>Pages of what is restricted say when too few people watch it (S1, S18).</summary>
public sealed class WatchTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Screeners = "Fewer than two screeners", OnCall = "critical clocks do not run";
    private readonly Site _site = new(database);
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..];
    private Visitor _ana = null!;
    private int _id;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from rota; delete from circle_member; delete from circle");
        await Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        await _site.StartAsync(new PaperChannel());
        _id = await _site.HireAsync($"ana-{_run}", [Roles.Circle], "check_first", "psea");
        _ana = await _site.SignInAsync($"ana-{_run}");
    }

    public async Task DisposeAsync()
    {
        _ana.Dispose();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task The_check_first_queue_says_that_there_are_too_few_screeners_until_there_are_two_on_call()
    {
        await _ana.GoAsync("/items?view=check_first");
        _ana.Page.QuerySelectorAll(".watch").Select(w => w.TextContent).ShouldHaveSingleItem().ShouldSatisfyAllConditions(w => w.ShouldContain(Screeners), w => w.ShouldContain(OnCall));
        var ben = await _site.HireAsync($"ben-{_run}", [Roles.Circle], "check_first");
        await _ana.GoAsync("/items?view=check_first");
        _ana.Page.QuerySelector(".watch")!.TextContent.ShouldSatisfyAllConditions(w => w.ShouldNotContain(Screeners), w => w.ShouldContain(OnCall));
        await database.ExecuteAsync("insert into rota (circle_id, officer_id, starts_at, ends_at) select 1, o, now() - interval '1 hour', now() + interval '1 hour' from unnest($1::int[]) o", new[] { _id, ben });
        await _ana.GoAsync("/items?view=check_first");
        _ana.Page.QuerySelector(".watch").ShouldBeNull();
    }

    [Fact]
    public async Task A_circles_member_reads_it_in_the_list_and_on_an_item_and_nobody_else_does()
    {
        await using var pipeline = new Pipeline(database);
        await pipeline.SetUpAsync();
        var item = (await pipeline.SayAsync("+50289500001", "[complaint|sea_staff_abuse|critical|2|en] one of you wants a favour")).MessageId;
        await _ana.GoAsync("/items");
        _ana.Page.QuerySelectorAll(".watch").Select(w => w.TextContent).ShouldHaveSingleItem().ShouldContain(OnCall);
        await _ana.GoAsync($"/items/{item}");
        _ana.Page.QuerySelector("#no-rota")!.TextContent.ShouldContain(OnCall);

        await _site.HireAsync($"officer-{_run}", [Roles.Officer]);
        using var officer = await _site.SignInAsync($"officer-{_run}");
        await officer.GoAsync("/items");
        officer.Page.QuerySelector(".watch").ShouldBeNull();
    }

    [Fact]
    public async Task How_to_contact_is_recorded_on_the_item_and_shows_there()
    {
        await database.ExecuteAsync("insert into channel_account (id, kind) values ('slips', 'paper') on conflict do nothing");
        await _site.KnowLinesAsync();
        await using var pipeline = new Pipeline(database, channels: [new PaperChannel()]);
        await pipeline.SetUpAsync();
        var item = (await pipeline.SayAsync("+50289600001", "[complaint|sea_staff_abuse|high|2|en] one of you wants a favour", "slips")).MessageId;
        await _ana.GoAsync($"/items/{item}");
        _ana.Page.QuerySelectorAll("#reply-text").Length.ShouldBe(0);
        await _ana.SubmitAsync("form[action$='/safe-contact']", ("from", "18:00"), ("to", "20:30"), ("opening", "from the library"));
        _ana.Page.QuerySelectorAll(".safe-contacts li").ShouldHaveSingleItem().TextContent.ShouldSatisfyAllConditions(t => t.ShouldContain("18:00-20:30"), t => t.ShouldContain("from the library"));
        _ana.Page.QuerySelectorAll("#reply-text").Length.ShouldBe(1);
        await _ana.SubmitAsync("form[action$='/safe-contact']", ("channel", "call"), ("from", "00:00"), ("to", "00:00"));
        _ana.Page.QuerySelectorAll(".safe-contacts li").Length.ShouldBe(2);
    }
}

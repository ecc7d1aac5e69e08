using System.Net;
using Cea.Feedback.Officers;
using Cea.Testing;

namespace Cea.Admin.Tests.Officers;

public sealed class SignInTriesTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const int MostOfName = 5, MostOfAddress = 30;
    private readonly Site _site = new(database), _other = new(database);
    private readonly string _name = $"o-{Guid.CreateVersion7():N}";

    public async Task InitializeAsync()
    {
        await _site.StartAsync(new PaperChannel());
        await _other.StartAsync(new PaperChannel());
        await _site.HireAsync(_name, [Roles.Officer]);
    }

    public async Task DisposeAsync()
    {
        await _site.DisposeAsync();
        await _other.DisposeAsync();
        await database.ExecuteAsync("delete from sign_in_try");
    }

    [Fact]
    public async Task Guesses_made_at_the_same_moment_at_several_Hosts_count_each()
    {
        var visitors = await VisitorsAsync(MostOfName);
        await Task.WhenAll(visitors.Select(v => EnterAsync(v, _name, "a wrong guess at it")));
        (await TryAsync(_name, Site.Password)).Path.ShouldBe("/sign-in?wrong=1&back=%2F");
        await LaterAsync();
        (await TryAsync(_name, Site.Password)).Path.ShouldBe("/items");
    }

    [Fact]
    public async Task However_many_guess_at_once_no_more_are_judged_than_the_limit_allows()
    {
        for (var i = 0; i < MostOfName - 1; i++)
            await TryAsync(_name, "a wrong guess at it");
        var visitors = await VisitorsAsync(8);
        await Task.WhenAll(visitors.Select((v, i) => EnterAsync(v, _name, $"a wrong guess at it {i}")));
        (await database.ScalarAsync<int>("select max(count) from sign_in_try where kind = 'name'")).ShouldBe(MostOfName);
        (await TryAsync(_name, Site.Password)).Path.ShouldBe("/sign-in?wrong=1&back=%2F");
    }

    [Fact]
    public async Task A_name_that_exists_one_that_does_not_and_a_locked_one_get_the_same_answer_after_the_same_work()
    {
        var answers = new List<(HttpStatusCode, string?, string, string, int)>();
        foreach (var name in new[] { _name, $"x-{Guid.CreateVersion7():N}" })
        {
            for (var i = 0; i < MostOfName + 2; i++)
            {
                var before = _site.Compared.Count;
                var visitor = await TryAsync(name, i == MostOfName ? Site.Password : "a wrong guess at it");
                answers.Add((visitor.Answered, visitor.Led, visitor.Path, visitor.Text, _site.Compared.Count - before));
            }
        }
        var answer = answers.Distinct().ShouldHaveSingleItem();
        answer.Item4.ShouldContain("15");
        answer.Item5.ShouldBe(1); // passwords compared: what takes the time
    }

    [Fact]
    public async Task An_address_that_guesses_many_names_waits_at_every_Host_and_is_told_for_how_long()
    {
        const string from = "127.0.0.7";
        await TryAsync(_name, Site.Password, from);
        for (var i = 0; i < MostOfAddress; i++)
            (await TryAsync($"x{i}-{_name}", "a wrong guess at it", from, i % 2 == 0 ? _site : _other)).Answered.ShouldBe(HttpStatusCode.Redirect, $"try {i}");

        var refused = await TryAsync(_name, Site.Password, from, _other);
        refused.Answered.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.RetryAfter!.Value.TotalMinutes.ShouldBeInRange(13, 15);
        refused.Page.QuerySelector("[role=alert]")!.TextContent.ShouldContain("15");
        (await TryAsync(_name, Site.Password, "127.0.0.8", _other)).Path.ShouldBe("/items");
        (await database.ScalarAsync<bool>("select bool_or(t.x like '%127.0%' or t.x like '%' || $1 || '%') from (select s::text as x from sign_in_try s) t", _name)).ShouldBeFalse();

        await LaterAsync();
        (await TryAsync(_name, Site.Password, from)).Path.ShouldBe("/items");
    }

    [Fact]
    public async Task Who_signs_in_rightly_uses_up_nothing_of_his_address()
    {
        for (var i = 0; i < 3; i++)
            (await TryAsync(_name, Site.Password, "127.0.0.9")).Path.ShouldBe("/items");
        (await database.ScalarAsync<long>("select coalesce(sum(count), 0) from sign_in_try where kind = 'address'")).ShouldBe(0);
    }

    private Task LaterAsync() => database.ExecuteAsync("update sign_in_try set since = since - interval '16 minutes'");

    private async Task<Visitor[]> VisitorsAsync(int count) => await Task.WhenAll(Enumerable.Range(0, count).Select(i => VisitorAsync(i % 2 == 0 ? _site : _other)));

    private static async Task<Visitor> VisitorAsync(Site site, string? from = null)
    {
        var visitor = site.Visit(from);
        await visitor.GoAsync("/sign-in");
        return visitor;
    }

    private static Task EnterAsync(Visitor visitor, string name, string password) => visitor.SubmitAsync("form[action='/sign-in']", ("name", name), ("password", password));

    private async Task<Visitor> TryAsync(string name, string password, string? from = null, Site? site = null)
    {
        using var visitor = await VisitorAsync(site ?? _site, from);
        await EnterAsync(visitor, name, password);
        return visitor;
    }
}

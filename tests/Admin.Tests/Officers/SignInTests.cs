using System.Net;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Testing;

namespace Cea.Admin.Tests.Officers;

public sealed class SignInTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly Site _site = new(database);
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..];

    public Task InitializeAsync() => _site.StartAsync(new PaperChannel());

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task A_password_that_somebody_else_has_set_opens_nothing_but_its_change()
    {
        var id = await _site.HireAsync($"new-{_run}", [.. Roles.All]);
        await database.ExecuteAsync("update officer set must_change_password = true where id = $1", id);
        using var visitor = await _site.SignInAsync($"new-{_run}");
        foreach (var path in new[] { "/items", "/settings/users", "/trends.csv", "/live" })
        {
            await visitor.GoAsync(path);
            visitor.Path.ShouldBe("/password", path);
        }
        await visitor.SubmitAsync("form[action='/password']", ("old", "long enough for anybody"), ("new", "only I know this one"));
        visitor.Path.ShouldBe("/items");
        visitor.Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("/\t/elsewhere.example")]
    [InlineData("//elsewhere.example")]
    [InlineData("/\\elsewhere.example")]
    [InlineData("https://elsewhere.example")]
    public async Task Signing_in_leads_nowhere_else(string back)
    {
        await _site.HireAsync($"o-{_run}-{back.Length}", [Roles.Officer]);
        using var visitor = _site.Visit();
        await visitor.GoAsync("/sign-in?back=" + Uri.EscapeDataString(back));
        await visitor.SubmitAsync("form[action='/sign-in']", ("name", $"o-{_run}-{back.Length}"), ("password", "long enough for anybody"));
        visitor.Path.ShouldBe("/items");
        visitor.Led.ShouldBe("/");
    }

    [Fact]
    public async Task A_page_hears_only_of_what_its_officer_may_see()
    {
        await _site.HireAsync($"open-{_run}", [Roles.Officer]);
        using var visitor = await _site.SignInAsync($"open-{_run}");
        await using var stream = await visitor.OpenAsync("/live");
        using var lines = new StreamReader(stream);
        (await lines.ReadLineAsync()).ShouldBe("retry: 3000");
        await lines.ReadLineAsync();
        var next = lines.ReadLineAsync();
        _site.WakeUp.Ring(WakeUp.Items, 999);
        await Task.WhenAny(next, Task.Delay(1500));
        next.IsCompleted.ShouldBeFalse();
        _site.WakeUp.Ring(WakeUp.Items, 1);
        (await next.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBe("event: items");

        await _site.HireAsync($"admin-{_run}", [Roles.Administrator]);
        using var admin = await _site.SignInAsync($"admin-{_run}");
        await admin.ReadAsync("/live");
        admin.Status.ShouldBe(HttpStatusCode.Unauthorized);
    }
}

using System.Net;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Testing;

namespace Cea.Admin.Tests.Officers;

public sealed class SessionTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly Site _site = new(database), _other = new(database);
    private readonly string _name = $"o-{Guid.CreateVersion7():N}";
    private int _id;

    public async Task InitializeAsync()
    {
        await _site.StartAsync(new PaperChannel());
        await _other.StartAsync(new PaperChannel());
        _id = await _site.HireAsync(_name, [Roles.Officer]);
    }

    public async Task DisposeAsync()
    {
        await _site.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task Signing_out_ends_the_session_at_every_Host_and_no_other_one()
    {
        using var officer = await _site.SignInAsync(_name);
        using var elsewhere = await _site.SignInAsync(_name);
        using var thief = officer.Stolen(_other.Address);
        (await PathAsync(thief, "/items")).ShouldBe("/items");

        await officer.SubmitAsync("form[action='/sign-out']");
        officer.Path.ShouldBe("/sign-in");
        (await PathAsync(thief, "/items")).ShouldStartWith("/sign-in");
        (await PathAsync(elsewhere, "/items")).ShouldBe("/items");
    }

    [Fact]
    public async Task A_page_that_listens_hears_nothing_more_once_its_session_has_ended()
    {
        using var officer = await _site.SignInAsync(_name);
        await using var stream = await officer.OpenAsync("/live");
        using var lines = new StreamReader(stream);
        await lines.ReadLineAsync();
        await lines.ReadLineAsync();
        await officer.SubmitAsync("form[action='/sign-out']");
        _site.WakeUp.Ring(WakeUp.Items, 1);
        (await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10))).ShouldBeNull();
    }

    [Theory]
    [InlineData("password")]
    [InlineData("reset")]
    [InlineData("off")]
    [InlineData("phone")]
    public async Task What_changes_who_may_sign_in_ends_all_sessions(string what)
    {
        await _site.HireAsync($"admin-{_name}", [Roles.Administrator]);
        using var admin = await _site.SignInAsync($"admin-{_name}");
        await admin.GoAsync("/settings/users");
        using var officer = await _site.SignInAsync(_name);
        using var elsewhere = await _other.SignInAsync(_name);
        switch (what)
        {
            case "password":
                using (var here = await _site.SignInAsync(_name))
                {
                    await here.GoAsync("/password");
                    await here.SubmitAsync("form[action='/password']", ("old", Site.Password), ("new", "another that is long enough"));
                    (await PathAsync(here, "/items")).ShouldBe("/items"); // who changed it goes on
                }
                break;
            case "reset":
                await admin.SubmitAsync($"#user-{_id}-password");
                break;
            case "phone":
                await database.ExecuteAsync("update officer set totp_confirmed_at = now() where id = $1", _id);
                await admin.GoAsync("/settings/users");
                await admin.SubmitAsync($"#user-{_id}-totp");
                break;
            default:
                await admin.SubmitAsync($"#user-{_id}", ("active", ""));
                break;
        }
        foreach (var ended in new[] { officer, elsewhere })
            (await PathAsync(ended, "/items")).ShouldStartWith("/sign-in");
    }

    [Fact]
    public async Task A_role_that_is_taken_away_is_gone_at_the_next_click()
    {
        using var officer = await _other.SignInAsync(_name);
        await database.ExecuteAsync("update officer set roles = '{volunteer}' where id = $1", _id);
        await officer.GoAsync("/items");
        officer.Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("seen_at", 59, "/items")]
    [InlineData("seen_at", 61, "/sign-in?back=%2Fitems")]
    [InlineData("started_at", 599, "/items")]
    [InlineData("started_at", 601, "/sign-in?back=%2Fitems")]
    public async Task A_session_ends_an_hour_after_the_last_click_and_ten_hours_after_the_first(string what, int minutesAgo, string path)
    {
        using var officer = await _site.SignInAsync(_name);
        await database.ExecuteAsync($"update session set {what} = now() - make_interval(mins => $2) where officer_id = $1", _id, minutesAgo);
        (await PathAsync(officer, "/items")).ShouldBe(path);
    }

    [Fact]
    public async Task A_click_keeps_it_and_what_a_page_fetches_by_itself_does_not()
    {
        using var officer = await _site.SignInAsync(_name);
        await database.ExecuteAsync("update session set seen_at = now() - interval '50 minutes' where officer_id = $1", _id);
        await officer.ReadAsync("/items", ("X-Live", "1"));
        (await IdleAsync()).ShouldBe(50);
        await officer.GoAsync("/items");
        (await IdleAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("recovery")]
    [InlineData("confirm")]
    public async Task A_stolen_cookie_guesses_few_codes_and_is_worth_nothing_then(string form)
    {
        using var officer = await _site.SignInAsync(_name);
        await officer.GoAsync("/account");
        await officer.SubmitAsync("#begin");
        var secret = officer.Page.QuerySelector(".address")!.TextContent.Replace(" ", "", StringComparison.Ordinal);
        var step = 0;
        if (form != "confirm")
        {
            await officer.SubmitAsync("#confirm", ("code", SecondStepTests.Code(secret, step++)));
            await officer.GoAsync("/account");
        }
        await GuessAsync(officer, "/account", $"#{form}", ("code", "111111x"), ("code", SecondStepTests.Code(secret, step)));
        (await database.ScalarAsync<bool>("select (totp_confirmed_at is null) = $2 from officer where id = $1", _id, form == "confirm")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_stolen_cookie_guesses_few_passwords_too()
    {
        using var officer = await _site.SignInAsync(_name);
        await GuessAsync(officer, "/password", "form[action='/password']", ("old", "a wrong guess at it"), ("old", Site.Password), ("new", "another that is long enough"));
        (await _site.SignInAsync(_name)).Path.ShouldBe("/items"); // its owner is not locked out by it
    }

    [Fact]
    public async Task At_an_unlocked_screen_few_passwords_are_guessed_to_enter_another_telephone()
    {
        using var officer = await _site.SignInAsync(_name);
        await officer.GoAsync("/account");
        for (var i = 0; i < 6; i++)
            await officer.SubmitAsync("#number", ("number", "no number"), ("password", "a wrong guess at it"));
        officer.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity, "nothing was judged");
        officer.Page.QuerySelectorAll("#number [role=alert] li a").Select(a => a.GetAttribute("href")).ShouldBe(["#number-number"]);
        await GuessAsync(officer, "/account", "#number", ("password", "a wrong guess at it"), ("password", Site.Password), ("number", "+50255500018"));
        (await database.ScalarAsync<long>("select count(*) from helpline_operator where officer_id = $1", _id)).ShouldBe(0);
        (await _site.SignInAsync(_name)).Path.ShouldBe("/items"); // its owner is not locked out by it
    }

    // Five at once, at two Hosts; then the right one.
    private async Task GuessAsync(Visitor officer, string page, string form, (string, string) wrong, (string, string) right, params (string, string)[] more)
    {
        var thieves = Enumerable.Range(0, 6).Select(i => officer.Stolen((i % 2 == 0 ? _site : _other).Address)).ToList();
        foreach (var thief in thieves)
            (await PathAsync(thief, page)).ShouldBe(page);
        await Task.WhenAll(thieves.Take(5).Select(t => t.SubmitAsync(form, [wrong, .. more])));
        await thieves[5].SubmitAsync(form, [right, .. more]);
        thieves[5].Path.ShouldStartWith("/sign-in");
        (await PathAsync(officer, "/items")).ShouldStartWith("/sign-in");
        thieves.ForEach(t => t.Dispose());
    }

    private Task<int> IdleAsync() => database.ScalarAsync<int>("select (extract(epoch from now() - seen_at) / 60)::int from session where officer_id = $1", _id);

    private static async Task<string> PathAsync(Visitor visitor, string page)
    {
        await visitor.GoAsync(page);
        return visitor.Path;
    }
}

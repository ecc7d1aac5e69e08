using System.Globalization;
using System.Net;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Testing;

namespace Cea.Admin.Tests.Officers;

public sealed class ResetPasswordTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Own = "only I know this one";
    private static readonly short Psea = Circle.Of("psea").Id;
    private readonly Site _site = new(database);
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..];
    private int _ana;

    public async Task InitializeAsync()
    {
        await _site.StartAsync(new PaperChannel());
        await database.ExecuteAsync("delete from circle_notice; delete from circle_member; delete from circle");
        await Cea.Feedback.Storage.Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        _ana = await _site.HireAsync($"ana-{_run}", [Roles.Circle], "psea");
        await _site.HireAsync($"ben-{_run}", [Roles.Circle], "psea");
        await _site.HireAsync($"admin-{_run}", [Roles.Administrator]);
    }

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task Who_resets_a_members_password_gets_neither_her_circle_nor_her_key()
    {
        var eva = await _site.HireAsync($"eva-{_run}", [Roles.Circle]);
        using var ben = await _site.SignInAsync($"ben-{_run}");
        await ben.GoAsync("/settings/circles");
        await ben.SubmitAsync($"#propose-{Psea}", ("officer", eva.ToString(CultureInfo.InvariantCulture)));
        using var admin = await _site.SignInAsync($"admin-{_run}");
        await admin.GoAsync("/settings/users");
        await admin.SubmitAsync($"#user-{_ana}-password");
        var printed = admin.Page.QuerySelector(".made bdi")!.TextContent;
        var kept = await PrivateAsync(printed);

        await ben.GoAsync("/settings/circles");
        ben.Text.ShouldContain("in person");
        ben.Page.QuerySelector(".notices")!.TextContent.ShouldContain($"ana-{_run}");
        await ben.SubmitAsync($"#confirm-{Psea}-{_ana}");
        ben.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity); // the password is not her own yet
        using var asAna = await _site.SignInAsync($"ana-{_run}", printed);
        await asAna.SubmitAsync("form[action='/password']", ("old", printed), ("new", printed));
        asAna.Path.ShouldBe("/password?problem=same", "the same is not her own");
        await asAna.SubmitAsync("form[action='/password']", ("old", printed), ("new", Own));
        asAna.Path.ShouldBe("/items");
        await asAna.GoAsync("/settings/circles");
        asAna.Page.QuerySelector("[id^=confirm-], [id^=propose-], .notices").ShouldBeNull(); // she confirms nobody, and hears of nobody

        await ben.GoAsync("/settings/circles");
        await ben.SubmitAsync($"#confirm-{Psea}-{_ana}");
        ben.Answered.ShouldBe(HttpStatusCode.SeeOther);
        (await UnwrapAsync(kept)).ShouldBeNull(); // who printed the password and kept the table opens nothing
        var first = await PrivateAsync(Own);
        (await UnwrapAsync(first)).ShouldNotBeNull();
        await asAna.GoAsync("/settings/circles");
        asAna.Path.ShouldBe("/password"); // had the administrator chosen this one, he would have her key
        await asAna.SubmitAsync("form[action='/password']", ("old", Own), ("new", $"{Own} and mine"));
        (await UnwrapAsync(first)).ShouldBeNull();
        (await UnwrapAsync(await PrivateAsync($"{Own} and mine"))).ShouldNotBeNull();
        await asAna.GoAsync("/settings/circles");
        await asAna.SubmitAsync($"#confirm-{Psea}-{eva}");
        asAna.Answered.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task A_first_password_gives_way_to_ones_own_with_a_new_pair_that_still_opens_the_circle()
    {
        await database.ExecuteAsync("update officer set must_change_password = true where id = $1", _ana);
        var printed = await PrivateAsync(Site.Password);
        using var ana = await _site.SignInAsync($"ana-{_run}");
        await ana.SubmitAsync("form[action='/password']", ("old", Site.Password), ("new", Own));
        ana.Path.ShouldBe("/items");
        (await UnwrapAsync(printed)).ShouldBeNull();
        (await UnwrapAsync(await PrivateAsync(Own))).ShouldNotBeNull();
        var pair = await PrivateAsync(Own);

        await ana.GoAsync("/password");
        await ana.SubmitAsync("form[action='/password']", ("old", Own), ("new", $"{Own} and more"));
        (await PrivateAsync($"{Own} and more")).ShouldBe(pair);
    }

    private async Task<byte[]?> UnwrapAsync(byte[] key)
    {
        var wrapped = await database.ScalarAsync<byte[]>("select wrapped_key from circle_member where circle_id = $1 and officer_id = $2", Psea, _ana);
        return CircleKeys.Unwrap(wrapped, key);
    }

    private async Task<byte[]> PrivateAsync(string password)
    {
        var locked = await database.ScalarAsync<byte[]>("select private_key from officer where id = $1", _ana);
        var iterations = await database.ScalarAsync<int>("select private_key_iterations from officer where id = $1", _ana);
        return CircleKeys.UnlockWithPassword(locked, password, iterations)!;
    }
}

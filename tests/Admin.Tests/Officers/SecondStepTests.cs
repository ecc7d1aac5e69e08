using System.Net;
using Cea.Feedback.Officers;
using Cea.Testing;
using OtpNet;

namespace Cea.Admin.Tests.Officers;

public sealed class SecondStepTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly Site _site = new(database);
    private readonly string _name = $"o-{Guid.CreateVersion7():N}";
    private int _id;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from deployment where name = 'totp_required'");
        await database.ExecuteAsync("delete from sign_in_try");
        await _site.StartAsync(new PaperChannel());
        _id = await _site.HireAsync(_name, [Roles.Officer]);
    }

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task A_phone_is_set_up_by_a_picture_and_a_code_and_from_then_on_the_password_alone_opens_nothing()
    {
        using var officer = await _site.SignInAsync(_name);
        await officer.GoAsync("/account");
        await officer.SubmitAsync("#begin");
        var picture = officer.Page.QuerySelector("img.qr")!.GetAttribute("src")!;
        Convert.FromBase64String(picture["data:image/png;base64,".Length..])[..4].ShouldBe([0x89, 0x50, 0x4e, 0x47]);
        var secret = SecretOn(officer);

        await officer.SubmitAsync("#confirm", ("code", "000000x"));
        officer.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);
        using (var early = await _site.SignInAsync(_name))
            early.Path.ShouldBe("/items"); // shown is not yet in force
        await officer.GoAsync("/account");
        await officer.SubmitAsync("#confirm", ("code", Code(secret)));
        var codes = CodesOn(officer);
        codes.Count.ShouldBe(SecondStep.RecoveryCodes);
        await officer.GoAsync("/account");
        CodesOn(officer).ShouldBeEmpty(); // once
        officer.Page.QuerySelector("img.qr").ShouldBeNull();

        using var again = await _site.SignInAsync(_name);
        again.Path.ShouldStartWith("/sign-in/code");
        (await StatusAsync(again, "/items")).ShouldStartWith("/sign-in"); // half of it opens nothing
        await again.GoAsync("/sign-in/code?back=%2Faccount");
        await again.SubmitAsync("form[action='/sign-in/code']", ("code", Code(secret, later: true)));
        again.Path.ShouldBe("/account");
    }

    [Fact]
    public async Task A_code_and_a_recovery_code_count_once()
    {
        var (secret, codes) = await SetUpAsync();
        var code = Code(secret, later: true);
        (await EnterAsync(code)).ShouldBe("/items");
        (await EnterAsync(code)).ShouldStartWith("/sign-in/code?wrong=1");
        (await EnterAsync(codes[0].ToUpperInvariant().Replace("-", " ", StringComparison.Ordinal))).ShouldBe("/items");
        (await EnterAsync(codes[0])).ShouldStartWith("/sign-in/code?wrong=1");
        (await database.ScalarAsync<long>("select count(*) from audit where act = 'RecoveryCodeUsed' and officer_id = $1", _id)).ShouldBe(1);
    }

    [Fact]
    public async Task Neither_secret_nor_recovery_codes_stand_anywhere()
    {
        var (secret, codes) = await SetUpAsync();
        var everything = "select o::text as t from officer o union all select r::text from recovery_code r union all select d::text from done d union all select a::text from audit a";
        (await database.ScalarAsync<long>($"select count(*) from ({everything}) x where t like '%' || $1 || '%' or t like '%' || $2 || '%'", secret, codes[0])).ShouldBe(0);
        (await database.ScalarAsync<bool>("select position($2 in totp) = 0 from officer where id = $1", _id, Base32Encoding.ToBytes(secret))).ShouldBeTrue();
    }

    [Fact]
    public async Task Wrong_codes_lock_like_wrong_passwords_and_a_right_password_in_between_forgives_nothing()
    {
        var (secret, _) = await SetUpAsync();
        for (var i = 0; i < 4; i++)
            (await EnterAsync("111111x")).ShouldStartWith("/sign-in/code?wrong=1");
        (await EnterAsync("111111x")).ShouldStartWith("/sign-in");
        (await EnterAsync(Code(secret, later: true))).ShouldStartWith("/sign-in?wrong=1");
    }

    [Fact]
    public async Task Codes_guessed_at_the_same_moment_count_each_and_the_right_one_looks_wrong_then()
    {
        var (secret, codes) = await SetUpAsync();
        var guessers = new List<Visitor>();
        for (var i = 0; i < 6; i++)
            guessers.Add(await _site.SignInAsync(_name));
        await Task.WhenAll(guessers.Take(5).Select(g => g.SubmitAsync("form[action='/sign-in/code']", ("code", "111111x"))));
        await guessers[5].SubmitAsync("form[action='/sign-in/code']", ("code", codes[2]));
        guessers[5].Path.ShouldBe(guessers[0].Path);
        guessers[5].Text.ShouldBe(guessers[0].Text);
        (await database.ScalarAsync<long>("select count(*) from recovery_code where officer_id = $1 and used_at is not null", _id)).ShouldBe(0); // not used up
        await database.ExecuteAsync("delete from sign_in_try");
        await guessers[5].SubmitAsync("form[action='/sign-in/code']", ("code", Code(secret, later: true)));
        guessers[5].Path.ShouldBe("/items");
        guessers.ForEach(g => g.Dispose());
    }

    [Fact]
    public async Task It_is_switched_off_only_by_a_code_that_was_not_used_before()
    {
        var (secret, codes) = await SetUpAsync();
        using var officer = await _site.SignInAsync(_name);
        var code = Code(secret, later: true);
        await officer.SubmitAsync("form[action='/sign-in/code']", ("code", code));
        await officer.GoAsync("/account");
        foreach (var wrong in new[] { "111111x", code, "" })
        {
            await officer.SubmitAsync("#stop", ("code", wrong));
            officer.Answered.ShouldBe(HttpStatusCode.UnprocessableEntity);
        }
        await officer.SubmitAsync("#stop", ("code", codes[1]));
        officer.Path.ShouldBe("/account?done=1");
        using var again = await _site.SignInAsync(_name);
        again.Path.ShouldBe("/items");
    }

    [Fact]
    public async Task An_administrator_takes_a_lost_phone_away_with_audit_and_not_his_own()
    {
        await SetUpAsync();
        using var there = await _site.SignInAsync(_name);
        var boss = await _site.HireAsync($"admin-{_name}", [Roles.Administrator]);
        using var admin = await _site.SignInAsync($"admin-{_name}");
        await admin.GoAsync("/settings/users");
        admin.Page.QuerySelector($"#user-{boss}-totp").ShouldBeNull();
        await admin.SubmitAsync($"#user-{_id}-totp");
        admin.Answered.ShouldBe(HttpStatusCode.SeeOther);

        (await database.ScalarAsync<string>("select officer_id || ' ' || (detail->>'officer') from audit where act = 'ResetTotp' and detail->>'officer' = $1", _id.ToString(System.Globalization.CultureInfo.InvariantCulture))).ShouldBe($"{boss} {_id}");
        (await database.ScalarAsync<long>("select count(*) from recovery_code where officer_id = $1", _id)).ShouldBe(0);
        await there.SubmitAsync("form[action='/sign-in/code']", ("code", "222222"));
        there.Path.ShouldStartWith("/sign-in?back="); // what was half way is void
        using var again = await _site.SignInAsync(_name);
        again.Path.ShouldBe("/items");
    }

    [Fact]
    public async Task Where_it_is_required_nothing_else_opens_until_it_is_set_up()
    {
        await _site.HireAsync($"admin-{_name}", [Roles.Administrator]);
        using (var admin = await _site.SignInAsync($"admin-{_name}"))
        {
            await admin.GoAsync("/settings/users");
            await admin.SubmitAsync("#totp-require", ("totp_required", "1"));
            admin.Answered.ShouldBe(HttpStatusCode.SeeOther);
            admin.Path.ShouldBe("/account"); // he has none either
        }
        using var officer = await _site.SignInAsync(_name);
        officer.Path.ShouldBe("/account");
        foreach (var page in new[] { "/items", "/trends", "/settings", "/api/v1/feedback" })
            (await StatusAsync(officer, page)).ShouldBe("/account", page);
        await officer.GoAsync("/account");
        await officer.SubmitAsync("#begin");
        await officer.SubmitAsync("#confirm", ("code", Code(SecretOn(officer))));
        (await StatusAsync(officer, "/items")).ShouldBe("/items");
    }

    private async Task<(string Secret, IReadOnlyList<string> Codes)> SetUpAsync()
    {
        using var officer = await _site.SignInAsync(_name);
        await officer.GoAsync("/account");
        await officer.SubmitAsync("#begin");
        var secret = SecretOn(officer);
        await officer.SubmitAsync("#confirm", ("code", Code(secret)));
        return (secret, CodesOn(officer));
    }

    private async Task<string> EnterAsync(string code)
    {
        using var officer = await _site.SignInAsync(_name);
        if (officer.Path.StartsWith("/sign-in/code", StringComparison.Ordinal))
            await officer.SubmitAsync("form[action='/sign-in/code']", ("code", code));
        return officer.Path;
    }

    private static async Task<string> StatusAsync(Visitor visitor, string page)
    {
        await visitor.GoAsync(page);
        return visitor.Path;
    }

    // A later one is of the next step: the present one was used to set up.
    private static string Code(string secret, bool later = false) => Code(secret, later ? 1 : 0);

    internal static string Code(string secret, int steps) => new Totp(Base32Encoding.ToBytes(secret)).ComputeTotp(TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(30 * steps));

    private static string SecretOn(Visitor visitor) => visitor.Page.QuerySelector(".address")!.TextContent.Replace(" ", "", StringComparison.Ordinal);

    private static List<string> CodesOn(Visitor visitor) => [.. visitor.Page.QuerySelectorAll(".recovery bdi").Select(e => e.TextContent)];
}

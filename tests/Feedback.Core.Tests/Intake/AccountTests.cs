using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Intake;

public sealed class AccountTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly PaperChannel Provided = new("provided", settings: [new("From", true, false, "The number"), new("Token", true, true, "Of the account"), new("Second", false, true, "Of the calls"), new("ApiBaseUrl", false, false, "Where the provider is", "https://api.provider.test")]);
    private static readonly PaperChannel Paced = new("paced", settings: [AccountSetting.OfRate(10)]);
    private readonly Office _office = new(database, settings: new Dictionary<string, string?> { ["Channels:given:Kind"] = "paper", ["Channels:given:Box"] = "1", ["Channels:given:Combination"] = "environment-secret", ["Cea:PublicUrl"] = "https://cea.test" }, channels: [new PaperChannel(), Provided]);
    private readonly string _id = $"slips-{Guid.CreateVersion7():N}";
    private Officer _admin = null!;

    public async Task InitializeAsync() => _admin = await _office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]);

    public async Task DisposeAsync() => await _office.DisposeAsync();

    [Fact]
    public async Task A_line_is_added_closed_and_opens_only_when_somebody_has_confirmed_who_could_read_it()
    {
        await SaveAsync("12-34-56");
        (await database.ScalarAsync<bool>("select enabled from channel_account where id = $1", _id)).ShouldBeFalse();
        (await _office.WrongFieldsAsync(_admin, Switch(true))).ShouldBe("risk_note risk_note_first");
        (await _office.WrongFieldsAsync(_admin, new WriteRiskNote(_id, " ", false, Guid.CreateVersion7()))).ShouldBe("risk_note needed, risk_confirmed confirm_first");
        (await _office.WrongFieldsAsync(_admin, new WriteRiskNote(_id, "Slips are read by the site team only", false, Guid.CreateVersion7()))).ShouldBe("risk_confirmed confirm_first");
        (await _office.WrongFieldsAsync(_admin, Switch(true))).ShouldBe("risk_note risk_note_first");

        await NoteAsync();
        await _office.AskAsync(_admin, Switch(true));
        await RefreshAsync();
        var line = _office.Get<IntakeBoard>().Snapshot.Accounts[_id];
        line.Broken.ShouldBeNull();
        line["Combination"].ShouldBe("12-34-56");
        var shown = await ShownAsync(_id);
        (shown.RiskNote!.Text, shown.RiskNote.By, shown.RiskNote.At is null).ShouldBe(("Slips are read by the site team only", _admin.Name, false));
        (shown.State.Mark, shown.State.Reasons[0].Code).ShouldBe((LineMark.Works, "fine_unchecked"));
    }

    [Fact]
    public async Task Until_it_was_open_once_a_line_takes_what_reaches_it_and_afterwards_off_is_off()
    {
        await SaveAsync("1");
        await RefreshAsync();
        (Known.Unopened, Known.Broken!.Code).ShouldBe((true, "unopened"));
        (await ShownAsync(_id)).State.Reasons[0].Code.ShouldBe("unopened");

        await NoteAsync();
        await _office.AskAsync(_admin, Switch(true));
        await _office.AskAsync(_admin, Switch(false));
        await RefreshAsync();
        (Known.Unopened, Known.Broken!.Code).ShouldBe((false, "off"));
        (await ShownAsync(_id)).State.Mark.ShouldBe(LineMark.Off);

        await database.ExecuteAsync("update channel_account set opened_at = null, settings = $2 where id = $1", _id, TestDatabase.Keys.Seal("{}", "account"));
        await RefreshAsync();
        (Known.Unopened, Known.Broken!.Code).ShouldBe((false, "setting_missing")); // without them nobody could tell a forged call
    }

    [Theory]
    [InlineData("0"), InlineData("101"), InlineData("1.5"), InlineData("-5"), InlineData("fast"), InlineData("1000000000000")]
    public async Task A_rate_that_is_no_number_up_to_a_hundred_is_refused_and_from_the_environment_breaks_its_line_only(string rate)
    {
        await using var office = new Office(database, settings: new Dictionary<string, string?> { ["Channels:paced:Kind"] = "paced", ["Channels:paced:Rate"] = rate, ["Channels:fine:Kind"] = "paced", ["Channels:fine:Rate"] = "100", ["Channels:usual:Kind"] = "paced" }, channels: Paced);
        var admin = await office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]);
        (await office.WrongFieldsAsync(admin, new SaveAccount(_id, "paced", true, new Dictionary<string, string> { ["Rate"] = rate }, null, [], Guid.CreateVersion7()))).ShouldBe("setting_Rate out_of_range");
        office.Get<AccountDirectory>().LoadConfigured();
        var lines = office.Get<IntakeBoard>().Snapshot.Accounts;
        (lines["paced"].Broken?.Code, lines["fine"].Broken, lines["fine"].Rate, lines["usual"].Rate).ShouldBe(("rate_wrong", null, 100, null));
    }

    [Fact]
    public async Task A_line_whose_provider_takes_more_says_so_and_shows_it()
    {
        await using var office = new Office(database, channels: Paced);
        var admin = await office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]);
        await office.AskAsync(admin, new SaveAccount(_id, "paced", true, new Dictionary<string, string> { ["Rate"] = "60" }, null, [], Guid.CreateVersion7()));
        await office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        office.Get<IntakeBoard>().Snapshot.Accounts[_id].Rate.ShouldBe(60);
        (await office.AskAsync(admin, new AccountList())).Accounts.Single(a => a.Id == _id).Rate.ShouldBe(60);
    }

    [Fact]
    public async Task What_is_told_to_thousands_does_not_make_its_line_look_slow()
    {
        await SaveAsync("1");
        await NoteAsync();
        await _office.AskAsync(_admin, Switch(true));
        await database.ExecuteAsync("insert into outbox (id, audience_id, account_id, lane, purpose, body, state, due_at, created_at) select gen_random_uuid(), 1, $1, l, 'notice', '', 'due', now() - interval '2 hours', now() from unnest(array[2, 3, 3]) l", _id);
        var shown = await ShownAsync(_id);
        (shown.Facts.Waiting, shown.Facts.WaitingSince, shown.State.Mark).ShouldBe((3, null, LineMark.Works));
    }

    [Fact]
    public async Task A_line_is_switched_off_while_messages_wait_only_by_who_is_sure()
    {
        await SaveAsync("1");
        await NoteAsync();
        await _office.AskAsync(_admin, Switch(true));
        await database.ExecuteAsync("insert into outbox (id, audience_id, account_id, lane, purpose, body, state, due_at, created_at) select gen_random_uuid(), a, $1, 0, 'reply', '', 'due', now() - interval '20 minutes', now() from unnest(array[1, 1, 2]) a", _id);
        (await _office.WrongFieldsAsync(_admin, Switch(false))).ShouldBe("sure messages_wait");
        var shown = await ShownAsync(_id);
        (shown.Facts.Waiting, shown.State.Mark, shown.State.Reasons[0].Code).ShouldBe((2, LineMark.Attention, "slow")); // what waits in a circle is not counted

        await _office.AskAsync(_admin, Switch(false) with { Sure = true });
        (await database.ScalarAsync<bool>("select not enabled from channel_account where id = $1", _id)).ShouldBeTrue();
        (await database.ScalarAsync<long>("select count(*) from outbox where account_id = $1 and state = 'due'", _id)).ShouldBe(3);
    }

    [Fact]
    public async Task What_a_line_does_shows_at_a_glance()
    {
        await SaveAsync("1");
        await NoteAsync();
        await _office.AskAsync(_admin, Switch(true));
        await database.ExecuteAsync("""
            insert into outbox (id, audience_id, account_id, lane, purpose, body, state, error_code, due_at, created_at, sent_at, delivered_at)
            select gen_random_uuid(), 1, $1, 0, 'reply', '', s, e, now(), now(), case when s in ('sent', 'delivered') then now() - m * interval '1 minute' end, case when s = 'delivered' then now() - interval '1 minute' end
            from (values ('sent', null, 0), ('delivered', null, 2), ('sent', null, 300), ('failed', 'unreachable', 0), ('failed', 'unreachable', 0), ('in_doubt', 'in_doubt', 0)) v (s, e, m)
            """, _id);
        var shown = await ShownAsync(_id);
        (shown.Facts.SentMinute, shown.Facts.SentHour, shown.Facts.SentWeek, shown.Facts.InDoubt, shown.Facts.SentAt is null, shown.Facts.DeliveredAt is null).ShouldBe((1, 2, 3, 1, false, false));
        shown.Failures.ShouldBe([new("failed", "unreachable", 2), new("in_doubt", "in_doubt", 1)]);
        shown.State.Reasons.Select(r => r.Code).ShouldBe(["in_doubt"]);
    }

    [Fact]
    public async Task A_secret_is_sealed_and_never_shown_again()
    {
        await SaveAsync("12-34-56");
        (await database.ScalarAsync<bool>("select position(convert_to('12-34-56', 'UTF8') in settings) = 0 from channel_account where id = $1", _id)).ShouldBeTrue();
        var shown = (await _office.AskAsync(_admin, new AccountList())).Accounts.Single(a => a.Id == _id);
        shown.Settings.Select(s => (s.Setting.Name, s.Value, s.Filled)).ShouldBe([("Box", "7", true), ("Combination", null, true)]);
        shown.Webhooks.ShouldBe([new("receive", $"https://cea.test/c/paper/{_id}/receive#slowly")]);
    }

    [Fact]
    public async Task Secrets_go_to_no_other_host_than_they_were_typed_for()
    {
        await _office.AskAsync(_admin, SaveProvided(true, "token", "second"));
        foreach (var elsewhere in new[] { "https://elsewhere.test", "http://127.0.0.1:5055" })
        {
            (await _office.RefusalAsync(_admin, SaveProvided(false, provider: elsewhere))).ShouldBe("secrets_again");
            (await _office.RefusalAsync(_admin, SaveProvided(false, "token", provider: elsewhere))).ShouldBe("secrets_again"); // each of them
        }
        (await KeptAsync()).ShouldBe(("token", "second", null));

        await _office.AskAsync(_admin, SaveProvided(false, provider: "https://api.provider.test/")); // where they went before, said in words
        await _office.AskAsync(_admin, SaveProvided(false, "token2", "second2", "https://elsewhere.test"));
        (await KeptAsync()).ShouldBe(("token2", "second2", "https://elsewhere.test"));
        await _office.AskAsync(_admin, SaveProvided(false, provider: "https://elsewhere.test"));
        (await KeptAsync()).ShouldBe(("token2", "second2", "https://elsewhere.test"));
        (await _office.RefusalAsync(_admin, SaveProvided(false))).ShouldBe("secrets_again"); // back to the usual one
        await _office.AskAsync(_admin, SaveProvided(false, "token3", "second3"));
        (await KeptAsync()).ShouldBe(("token3", "second3", null));
    }

    [Theory]
    [InlineData("http://provider.test"), InlineData("http://10.0.0.1:5055"), InlineData("http://127.0.0.1.provider.test"), InlineData("api.provider.test"), InlineData("/api"), InlineData("ftp://127.0.0.1"), InlineData("https://me@provider.test"), InlineData("https://provider.test?x="), InlineData("https://")]
    public async Task A_provider_is_reached_by_https_alone(string address) =>
        (await _office.WrongFieldsAsync(_admin, SaveProvided(true, "token", provider: address))).ShouldBe("setting_ApiBaseUrl not_https");

    [Theory]
    [InlineData("https://provider.test/base/"), InlineData("http://127.0.0.1:5055"), InlineData("http://localhost:5055/"), InlineData("http://[::1]:5055")]
    public async Task And_by_http_on_this_machine(string address)
    {
        await _office.AskAsync(_admin, SaveProvided(true, "token", provider: address));
        (await KeptAsync()).ShouldBe(("token", null, address));
    }

    [Fact]
    public async Task A_line_of_the_environment_is_open_and_read_only_and_wants_its_risk_note()
    {
        await RefreshAsync();
        (await _office.RefusalAsync(_admin, new SwitchAccount("given", false, true, Guid.CreateVersion7()))).ShouldBe("account_fixed");
        (await _office.RefusalAsync(_admin, new SaveAccount("given", "paper", false, new Dictionary<string, string> { ["Box"] = "9" }, null, [], Guid.CreateVersion7()))).ShouldBe("account_fixed");
        var shown = await ShownAsync("given");
        (shown.Fixed, shown.RiskNote, shown.State.Mark, shown.State.Reasons[0].Code).ShouldBe((true, null, LineMark.Attention, "no_note"));
        await _office.AskAsync(_admin, new WriteRiskNote("given", "seen", true, Guid.CreateVersion7()));
        shown = await ShownAsync("given");
        (shown.RiskNote!.Text, shown.Settings[0].Value, shown.Settings[1].Value, shown.State.Mark).ShouldBe(("seen", "1", null, LineMark.Works));
        await database.ExecuteAsync("update channel_account set risk_note = null where id = 'given'");
    }

    [Fact]
    public async Task Missing_settings_and_a_wrong_name_are_named()
    {
        (await _office.WrongFieldsAsync(_admin, Save("", isNew: true) with { Id = "No Blanks" })).ShouldBe("id slug_wrong");
        (await _office.WrongFieldsAsync(_admin, Save("", isNew: true) with { Languages = ["xx"] })).ShouldBe("setting_Combination needed, languages unknown");
    }

    [Fact]
    public async Task Settings_that_were_sealed_with_a_key_that_is_not_here_are_entered_again_on_the_page()
    {
        await SaveAsync("1");
        await database.ExecuteAsync("update channel_account set settings = $2 where id = $1", _id, KeyRing.Create().Seal("{}", "account"));
        await RefreshAsync();
        var shown = await ShownAsync(_id);
        (shown.State.Reasons[0].Code, shown.Settings[1].Filled).ShouldBe(("sealed_elsewhere", false));
        (await _office.WrongFieldsAsync(_admin, Save("", isNew: false))).ShouldBe("setting_Combination needed");
        await SaveAsync("2", isNew: false);
        await RefreshAsync();
        (await ShownAsync(_id)).State.Reasons[0].Code.ShouldBe("unopened");
    }

    [Fact]
    public async Task A_stopped_line_is_tried_again_and_a_pause_ends()
    {
        await SaveAsync("1");
        await database.ExecuteAsync("update channel_account set broken = '20003' where id = $1", _id);
        await RefreshAsync();
        (Known.SendingStopped, (await ShownAsync(_id)).RefusedWith).ShouldBe(("the provider refused our credentials or number (20003)", "20003"));
        await _office.AskAsync(_admin, new PauseAccount(_id, 60, Guid.CreateVersion7()));
        (await database.ScalarAsync<bool>("select paused_until > now() + interval '50 minutes' from channel_account where id = $1", _id)).ShouldBeTrue();
        await _office.AskAsync(_admin, new TryAccountAgain(_id, Guid.CreateVersion7()));
        (await database.ScalarAsync<bool>("select broken is null and paused_until is null from channel_account where id = $1", _id)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_dead_letter_is_listed_without_content_and_tried_again_once_unless_nobody_could_read_it()
    {
        var (dead, unreadable) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await database.ExecuteAsync("insert into inbox (id, account_id, kind, received_at, sealed, attempt, error, dead) values ($1, 'line', 'message', now(), '', 8, 'FormatException', true), ($2, 'line', 'unreadable', now(), '', 0, 'unreadable', true)", dead, unreadable);
        (await _office.AskAsync(_admin, new DeadLetters())).Single(d => d.Id == dead).ShouldBe(new DeadLetterRow(dead, "line", "message", default, 8, "FormatException") with { ReceivedAt = (await _office.AskAsync(_admin, new DeadLetters())).Single(d => d.Id == dead).ReceivedAt });

        await _office.AskAsync(_admin, new RetryDeadLetter(dead, Guid.CreateVersion7()));
        (await database.ScalarAsync<bool>("select not dead and attempt = 0 and due_at <= now() from inbox where id = $1", dead)).ShouldBeTrue();
        (await _office.RefusalAsync(_admin, new RetryDeadLetter(dead, Guid.CreateVersion7()))).ShouldBe("dead_letter_not_found");
        (await _office.RefusalAsync(_admin, new RetryDeadLetter(unreadable, Guid.CreateVersion7()))).ShouldBe("dead_letter_not_found");
    }

    [Fact]
    public async Task Every_officer_is_told_how_many_nobody_has_read_and_all_are_tried_again_at_once()
    {
        var officer = await _office.HireAsync($"officer-{_id}", [Roles.Officer]);
        await database.ExecuteAsync("delete from inbox; insert into inbox (id, account_id, kind, received_at, sealed, attempt, error, dead) select gen_random_uuid(), 'line', k, now(), '', 8, 'FormatException', true from unnest(array['message', 'message', 'edit', 'unreadable']) k");
        (await _office.AskAsync(officer, new DeadLetterCount())).ShouldBe(3);
        (await _office.RefusalAsync(officer, new RetryDeadLetter(null, Guid.CreateVersion7()))).ShouldBe("not_allowed");
        await _office.AskAsync(_admin, new RetryDeadLetter(null, Guid.CreateVersion7()));
        (await database.ScalarAsync<string>("select string_agg(kind, ' ') from inbox where dead")).ShouldBe("unreadable");
        (await _office.AskAsync(officer, new DeadLetterCount())).ShouldBe(0);
        await database.ExecuteAsync("delete from inbox");
    }

    private SaveAccount SaveProvided(bool isNew, string token = "", string second = "", string provider = "") =>
        new(_id, "provided", isNew, new Dictionary<string, string> { ["From"] = "+50212345678", ["Token"] = token, ["Second"] = second, ["ApiBaseUrl"] = provider }, null, [], Guid.CreateVersion7());

    private async Task<(string? Token, string? Second, string? Provider)> KeptAsync()
    {
        await RefreshAsync();
        return (Known["Token"], Known["Second"], Known["ApiBaseUrl"]);
    }

    private ChannelAccount Known => _office.Get<IntakeBoard>().Snapshot.Accounts[_id];

    private Task RefreshAsync() => _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);

    private async Task<AccountShown> ShownAsync(string id) => (await _office.AskAsync(_admin, new AccountList())).Accounts.Single(a => a.Id == id);

    private Task<string> NoteAsync() => _office.AskAsync(_admin, new WriteRiskNote(_id, "Slips are read by the site team only", true, Guid.CreateVersion7()));

    private SwitchAccount Switch(bool on) => new(_id, on, false, Guid.CreateVersion7());

    private Task<string> SaveAsync(string secret, bool isNew = true) => _office.AskAsync(_admin, Save(secret, isNew));

    private SaveAccount Save(string secret, bool isNew) => new(_id, "paper", isNew, new Dictionary<string, string> { ["Box"] = "7", ["Combination"] = secret }, null, [], Guid.CreateVersion7());
}

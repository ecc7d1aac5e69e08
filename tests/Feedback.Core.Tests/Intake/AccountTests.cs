using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Intake;

public sealed class AccountTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly Office _office = new(database, settings: new Dictionary<string, string?> { ["Channels:given:Kind"] = "paper", ["Channels:given:Box"] = "1", ["Channels:given:Combination"] = "environment-secret", ["Cea:PublicUrl"] = "https://cea.test" }, channels: [new PaperChannel()]);
    private readonly string _id = $"slips-{Guid.CreateVersion7():N}";
    private Officer _admin = null!;

    public async Task InitializeAsync() => _admin = await _office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]);

    public async Task DisposeAsync() => await _office.DisposeAsync();

    [Fact]
    public async Task A_line_is_added_switched_off_and_goes_on_only_with_a_risk_note()
    {
        await SaveAsync(null, "12-34-56");
        (await database.ScalarAsync<bool>("select enabled from channel_account where id = $1", _id)).ShouldBeFalse();
        (await _office.WrongFieldsAsync(_admin, new SwitchAccount(_id, true, Guid.CreateVersion7()))).ShouldBe("risk_note risk_note_first");

        await SaveAsync("Slips are read by the site team only", "", isNew: false);
        await _office.AskAsync(_admin, new SwitchAccount(_id, true, Guid.CreateVersion7()));
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        var line = _office.Get<IntakeBoard>().Snapshot.Accounts[_id];
        line.Broken.ShouldBeNull();
        line["Combination"].ShouldBe("12-34-56");
    }

    [Fact]
    public async Task A_secret_is_sealed_and_never_shown_again()
    {
        await SaveAsync("fine", "12-34-56");
        (await database.ScalarAsync<bool>("select position(convert_to('12-34-56', 'UTF8') in settings) = 0 from channel_account where id = $1", _id)).ShouldBeTrue();
        var shown = (await _office.AskAsync(_admin, new AccountList())).Accounts.Single(a => a.Id == _id);
        shown.Settings.Select(s => (s.Setting.Name, s.Value, s.Filled)).ShouldBe([("Box", "7", true), ("Combination", null, true)]);
        shown.WebhookUrl.ShouldBe($"https://cea.test/c/paper/{_id}/receive#slowly");
    }

    [Fact]
    public async Task A_line_of_the_environment_is_read_only_but_for_its_risk_note()
    {
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        (await _office.RefusalAsync(_admin, new SwitchAccount("given", false, Guid.CreateVersion7()))).ShouldBe("account_fixed");
        await _office.AskAsync(_admin, new SaveAccount("given", "paper", false, new Dictionary<string, string> { ["Box"] = "9" }, null, [], "seen", Guid.CreateVersion7()));
        var shown = (await _office.AskAsync(_admin, new AccountList())).Accounts.Single(a => a.Id == "given");
        (shown.Fixed, shown.RiskNote, shown.Settings[0].Value, shown.Settings[1].Value).ShouldBe((true, "seen", "1", null));
    }

    [Fact]
    public async Task Missing_settings_and_a_wrong_name_are_named()
    {
        (await _office.WrongFieldsAsync(_admin, Save("x", "", isNew: true) with { Id = "No Blanks" })).ShouldBe("id slug_wrong");
        (await _office.WrongFieldsAsync(_admin, Save("x", "", isNew: true) with { Languages = ["xx"] })).ShouldBe("setting_Combination needed, languages unknown");
    }

    [Fact]
    public async Task A_stopped_line_is_tried_again_and_a_pause_ends()
    {
        await SaveAsync("fine", "1");
        await database.ExecuteAsync("update channel_account set broken = 'the provider refused' where id = $1", _id);
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

    private Task<string> SaveAsync(string? risk, string secret, bool isNew = true) => _office.AskAsync(_admin, Save(risk, secret, isNew));

    private SaveAccount Save(string? risk, string secret, bool isNew) =>
        new(_id, "paper", isNew, new Dictionary<string, string> { ["Box"] = "7", ["Combination"] = secret }, null, [], risk, Guid.CreateVersion7());
}

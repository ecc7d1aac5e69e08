using Cea.Feedback.Officers;
using Cea.Feedback.Routing;
using Cea.Feedback.Safeguarding;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Safeguarding;

public sealed class CircleTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly short Psea = Circle.Of("psea").Id;
    private readonly Office _office = new(database);
    private Officer _admin = null!, _ana = null!, _ben = null!, _new = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from rota; delete from circle_member; delete from circle_notice; delete from circle");
        await Cea.Feedback.Storage.Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        var run = Guid.CreateVersion7().ToString("N")[20..];
        _admin = await _office.HireAsync($"admin-{run}", [Roles.Administrator]);
        _ana = await _office.HireAsync($"ana-{run}", [Roles.Circle], ["psea"]);
        _ben = await _office.HireAsync($"ben-{run}", [Roles.Circle], ["psea"]);
        _new = await _office.HireAsync($"new-{run}", [Roles.Circle]);
    }

    public async Task DisposeAsync() => await _office.DisposeAsync();

    [Fact]
    public async Task Two_members_clear_a_third_who_then_opens_what_is_sealed_and_it_is_announced()
    {
        var sealedText = CircleKeys.Seal("only for the circle", await database.ScalarAsync<byte[]>("select public_key from circle where id = $1", Psea));
        await ProposeAsync(_ana);
        (await Access()).ShouldBe(0);
        await _office.AskAsync(_ben, new ConfirmMember(Psea, _new.Id, Guid.CreateVersion7()));

        var wrapped = await database.ScalarAsync<byte[]>("select wrapped_key from circle_member where circle_id = $1 and officer_id = $2", Psea, _new.Id);
        CircleKeys.OpenText(sealedText, [CircleKeys.Unwrap(wrapped, _new.PrivateKey)!]).ShouldBe("only for the circle");
        var shown = (await _office.AskAsync(_ana, new CircleList())).Circles.Single(c => c.Id == Psea);
        shown.Notices.Select(n => n.What).ShouldBe(["confirmed", "proposed"]);
        shown.Members.Single(m => m.OfficerId == _new.Id).Confirmed.ShouldBeTrue();
    }

    [Fact]
    public async Task Nobody_clears_himself_and_nobody_confirms_what_he_proposed()
    {
        await ProposeAsync(_ana);
        (await _office.RefusalAsync(_ana, new ConfirmMember(Psea, _new.Id, Guid.CreateVersion7()))).ShouldBe("second_person_needed");
        (await _office.RefusalAsync(_new, new ConfirmMember(Psea, _new.Id, Guid.CreateVersion7()))).ShouldBe("not_of_the_circle");
        (await _office.RefusalAsync(_new, new ProposeMember(Psea, _new.Id, null, false, Guid.CreateVersion7()))).ShouldBe("not_of_the_circle");
        (await _office.RefusalAsync(_ana, new ProposeMember(Psea, _ana.Id, null, false, Guid.CreateVersion7()))).ShouldBe("not_for_yourself");
        (await _office.RefusalAsync(_admin, new ProposeMember(Psea, _new.Id, null, false, Guid.CreateVersion7()))).ShouldBe("not_allowed");
        (await _office.RefusalAsync(_ben with { PrivateKey = [] }, new ConfirmMember(Psea, _new.Id, Guid.CreateVersion7()))).ShouldBe("key_locked");
        (await Access()).ShouldBe(0);
    }

    [Fact]
    public async Task Administrators_see_who_is_a_member_and_nothing_that_was_announced()
    {
        await ProposeAsync(_ana);
        var shown = (await _office.AskAsync(_admin, new CircleList())).Circles.Single(c => c.Id == Psea);
        shown.Members.Count.ShouldBe(3);
        shown.Mine.ShouldBeFalse();
        shown.Notices.ShouldBeEmpty();
        var officer = await _office.HireAsync($"o-{Guid.CreateVersion7():N}", [Roles.Officer]);
        (await _office.RefusalAsync(officer, new CircleList())).ShouldBe("not_allowed");
    }

    [Fact]
    public async Task Two_who_hold_the_key_always_stay()
    {
        (await _office.RefusalAsync(_ana, new RemoveMember(Psea, _ben.Id, Guid.CreateVersion7()))).ShouldBe("circle_too_small");
        await ProposeAsync(_ana);
        await _office.AskAsync(_ben, new ConfirmMember(Psea, _new.Id, Guid.CreateVersion7()));
        await _office.AskAsync(_new, new RemoveMember(Psea, _ben.Id, Guid.CreateVersion7()));
        (await database.ScalarAsync<long>("select count(*) from circle_member where circle_id = $1", Psea)).ShouldBe(2);
    }

    [Fact]
    public async Task A_new_password_closes_the_circle_until_another_member_grants_the_key_again()
    {
        const string password = "what the administrator printed";
        await _office.AskAsync(_admin, new ResetPassword(_ana.Id, password, false, Guid.CreateVersion7()));
        (await database.ScalarAsync<bool>("select confirmed_at is null and wrapped_key is null from circle_member where circle_id = $1 and officer_id = $2", Psea, _ana.Id)).ShouldBeTrue();
        var ana = await _office.SignInAsync(_ana.Id, password);
        (await _office.RefusalAsync(ana, new ProposeMember(Psea, _new.Id, null, false, Guid.CreateVersion7()))).ShouldBe("not_of_the_circle");
        (await _office.RefusalAsync(_admin, new ResetPassword(_ben.Id, password, false, Guid.CreateVersion7()))).ShouldBe("last_key_holder");

        // Until she has a password of her own, whoever printed this one could open what is wrapped to her.
        (await _office.RefusalAsync(_ben, new ConfirmMember(Psea, _ana.Id, Guid.CreateVersion7()))).ShouldBe("own_password_first");
        await database.ExecuteAsync("update officer set must_change_password = false where id = $1", _ana.Id);
        await _office.AskAsync(_ben, new ConfirmMember(Psea, _ana.Id, Guid.CreateVersion7()));
        var wrapped = await database.ScalarAsync<byte[]>("select wrapped_key from circle_member where circle_id = $1 and officer_id = $2", Psea, _ana.Id);
        CircleKeys.Unwrap(wrapped, ana.PrivateKey).ShouldNotBeNull();
    }

    [Fact]
    public async Task Who_gave_the_new_password_does_not_grant_the_key_again_even_as_a_member()
    {
        await database.ExecuteAsync("update officer set roles = '{circle,administrator}' where id = $1", _ben.Id);
        var both = await _office.SignInAsync(_ben.Id, "long enough for anybody");
        await _office.AskAsync(both, new ResetPassword(_ana.Id, "what the member printed", false, Guid.CreateVersion7()));
        await database.ExecuteAsync("update officer set must_change_password = false where id = $1", _ana.Id);
        (await _office.RefusalAsync(both, new ConfirmMember(Psea, _ana.Id, Guid.CreateVersion7()))).ShouldBe("reset_by_you");
        await _office.AskAsync(_admin, new ResetPassword(_ana.Id, "what somebody else printed", false, Guid.CreateVersion7()));
        await database.ExecuteAsync("update officer set must_change_password = false where id = $1", _ana.Id);
        await _office.AskAsync(both, new ConfirmMember(Psea, _ana.Id, Guid.CreateVersion7()));
    }

    [Fact]
    public async Task A_clearance_confirmed_while_somebody_sets_a_new_password_waits_and_sees_it()
    {
        await ProposeAsync(_ana);
        await using var reset = new Npgsql.NpgsqlConnection(database.ConnectionString);
        await reset.OpenAsync();
        await using var transaction = await reset.BeginTransactionAsync();
        await using (var command = new Npgsql.NpgsqlCommand("update officer set must_change_password = true where id = $1", reset) { Parameters = { new() { Value = _new.Id } } })
            await command.ExecuteNonQueryAsync();
        var confirm = _office.RefusalAsync(_ben, new ConfirmMember(Psea, _new.Id, Guid.CreateVersion7()));
        await Task.Delay(500);
        confirm.IsCompleted.ShouldBeFalse();
        await transaction.CommitAsync();
        (await confirm).ShouldBe("own_password_first");
    }

    [Fact]
    public async Task Who_is_only_proposed_is_announced_too_and_needs_a_password_of_his_own()
    {
        await ProposeAsync(_ana);
        await _office.AskAsync(_admin, new ResetPassword(_new.Id, "what the administrator printed", false, Guid.CreateVersion7()));
        (await _office.AskAsync(_ben, new CircleList())).Circles.Single(c => c.Id == Psea).Notices.Select(n => n.What).ShouldBe(["password_reset", "proposed"]);
        (await _office.RefusalAsync(_ben, new ConfirmMember(Psea, _new.Id, Guid.CreateVersion7()))).ShouldBe("own_password_first");
        (await Access()).ShouldBe(0);
    }

    [Fact]
    public async Task What_an_officer_sees_because_he_recorded_it_ends_with_a_password_that_another_has_set()
    {
        await database.ExecuteAsync("""
            insert into item (id, receipt_code, channel, lang, audience_id, circle_id, sensitivity, suggested_type, suggested_topics, suggested_urgency, suggested_sensitivity, suggestion, team_id, spoken_at, recorded_at, last_message_at, recorded_by, recorder_sees_until)
            select gen_random_uuid(), $2, 'field', 'en', 1, 0, 0, 'complaint', '{}', 'normal', 0, '{}', min(id), now(), now(), now(), $1, now() + interval '4 hours' from team
            """, _ana.Id, $"r{_ana.Id}");
        const string seen = "select count(*) from item where recorded_by = $1 and recorder_sees_until > now()";
        (await database.ScalarAsync<long>(seen, _ana.Id)).ShouldBe(1);
        await _office.AskAsync(_admin, new ResetPassword(_ana.Id, "what the administrator printed", false, Guid.CreateVersion7()));
        (await database.ScalarAsync<long>(seen, _ana.Id)).ShouldBe(0);
    }

    [Fact]
    public async Task With_the_last_holder_gone_by_consent_the_circle_begins_anew()
    {
        var before = await database.ScalarAsync<byte[]>("select public_key from circle where id = $1", Psea);
        await _office.AskAsync(_admin, new ResetPassword(_ana.Id, "a first new password", false, Guid.CreateVersion7()));
        await _office.AskAsync(_admin, new ResetPassword(_ben.Id, "a second new password", true, Guid.CreateVersion7()));
        (await database.ScalarAsync<bool>("select public_key <> $2 and bootstrap_key is not null from circle where id = $1", Psea, before)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_circles_turns_are_planned_by_members_for_members_and_too_few_on_call_is_said()
    {
        var turn = new SaveRotaTurn(null, Psea, null, _ana.Id, "2020-01-01T00:00", "2020-01-02T00:00", Guid.CreateVersion7());
        (await _office.RefusalAsync(_admin, turn)).ShouldBe("not_allowed");
        (await _office.WrongFieldsAsync(_ben, turn with { OfficerId = _new.Id, Ends = "2019-01-01T00:00", ClientId = Guid.CreateVersion7() })).ShouldBe("officer not_of_the_group, ends ends_before_it_begins");
        (await Group()).OnCallNow.ShouldBe(0);

        var today = TimeProvider.System.GetUtcNow().UtcDateTime.Date;
        string At(int days) => today.AddDays(days).ToString("yyyy-MM-ddTHH:mm", System.Globalization.CultureInfo.InvariantCulture);
        await _office.AskAsync(_ben, turn with { Starts = At(-1), Ends = At(20), ClientId = Guid.CreateVersion7() });
        await _office.AskAsync(_ben, turn with { OfficerId = _ben.Id, Starts = At(-1), Ends = At(5), ClientId = Guid.CreateVersion7() });
        (await _office.WrongFieldsAsync(_ben, turn with { OfficerId = _ben.Id, Starts = At(4), Ends = At(6), ClientId = Guid.CreateVersion7() })).ShouldBe("starts overlaps");
        var group = await Group();
        group.OnCallNow.ShouldBe(2);
        group.ThinFrom.ShouldBe(new DateTimeOffset(today.AddDays(5), TimeSpan.Zero));
        group.MayChange.ShouldBeTrue();

        async Task<RotaGroup> Group() => (await _office.AskAsync(_ben, new RotaList())).Groups.Single(g => g.CircleId == Psea);
    }

    private Task<int> ProposeAsync(Officer by) => _office.AskAsync(by, new ProposeMember(Psea, _new.Id, null, true, Guid.CreateVersion7()));

    private Task<long> Access() => database.ScalarAsync<long>("select count(*) from officer_access x, unnest(x.audiences) a join audience u on u.id = a where x.officer_id = $1 and $2 = any (u.circles)", _new.Id, Psea);
}

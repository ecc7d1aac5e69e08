using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Routing;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Routing;

public sealed class OperatorTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly Office _office = new(database);
    private Officer _admin = null!, _amina = null!;

    public async Task InitializeAsync()
    {
        var run = Guid.CreateVersion7().ToString("N")[20..];
        _admin = await _office.HireAsync($"admin-{run}", [Roles.Administrator]);
        _amina = await _office.HireAsync($"amina-{run}", [Roles.Operator]);
        await database.ExecuteAsync("delete from helpline_operator; delete from rota; insert into team (id, name) values (7, 'Helpline') on conflict do nothing");
    }

    public async Task DisposeAsync() => await _office.DisposeAsync();

    [Fact]
    public async Task Callers_are_put_through_only_to_operators_whose_turn_it_is()
    {
        await SaveAsync("+254 722 000-001", ["sw", "en"], "female");
        (await OnDutyAsync()).ShouldBeEmpty();
        await database.ExecuteAsync("insert into rota (team_id, officer_id, starts_at, ends_at) values (7, $1, now() + interval '1 hour', now() + interval '2 hours')", _amina.Id);
        (await OnDutyAsync()).ShouldBeEmpty();
        await database.ExecuteAsync("insert into rota (team_id, officer_id, starts_at, ends_at) values (7, $1, now() - interval '1 hour', now() + interval '10 minutes')", _amina.Id);

        var one = (await OnDutyAsync()).ShouldHaveSingleItem();
        (one.Number, string.Join(' ', one.Languages), one.Gender).ShouldBe(("+254722000001", "sw en", "female"));
        one.ToString().ShouldNotContain("722");
        (await _office.AskAsync(_admin, new OperatorList())).Operators.Single().OnDuty.ShouldBeTrue();

        await database.ExecuteAsync("update officer set active = false where id = $1", _amina.Id);
        (await OnDutyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_number_is_kept_sealed_and_stays_when_none_is_typed()
    {
        await SaveAsync("+254722000001", ["sw"], "");
        await SaveAsync("", ["es"], "male");
        await database.ExecuteAsync("insert into rota (team_id, officer_id, starts_at, ends_at) values (7, $1, now() - interval '1 hour', now() + interval '1 hour')", _amina.Id);
        (await OnDutyAsync()).Single().Number.ShouldBe("+254722000001");
        (await database.ScalarAsync<string>("select h::text from helpline_operator h")).ShouldNotContain(Convert.ToHexStringLower("722000001"u8));
        (await database.ScalarAsync<string>("select string_agg(detail::text, '') from audit where act = 'SaveOperator'")).ShouldNotContain("722000001");

        await _office.AskAsync(_admin, new RemoveOperator(_amina.Id, Guid.CreateVersion7()));
        (await OnDutyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_wrong_field_is_named_and_who_may_not_is_refused()
    {
        (await _office.WrongFieldsAsync(_admin, new SaveOperator(-1, new TypedAddress(""), ["xx"], "other", Guid.CreateVersion7()))).ShouldBe("officer unknown, number needed, languages unknown, gender unknown");
        (await _office.WrongFieldsAsync(_admin, new SaveOperator(_amina.Id, new TypedAddress("0722"), [], "", Guid.CreateVersion7()))).ShouldBe("number not_a_number, languages needed");
        (await _office.RefusalAsync(_amina, new OperatorList())).ShouldBe("not_allowed");
    }

    private Task<bool> SaveAsync(string number, string[] languages, string gender) => _office.AskAsync(_admin, new SaveOperator(_amina.Id, new TypedAddress(number), languages, gender, Guid.CreateVersion7()));

    private async Task<IReadOnlyList<OperatorOnDuty>> OnDutyAsync()
    {
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        return _office.Get<IntakeBoard>().Snapshot.Operators;
    }
}

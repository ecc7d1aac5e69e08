using Cea.Feedback.Officers;
using Cea.Feedback.Routing;
using Cea.Feedback.Standards;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Routing;

public sealed class RuleTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly Office _office = new(database, channels: [new PaperChannel()]);
    private Officer _admin = null!;
    private int _team;

    public async Task InitializeAsync()
    {
        _admin = await _office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]);
        await database.ExecuteAsync("delete from routing_rule");
        _team = await _office.AskAsync(_admin, new SaveTeam(null, $"Team {Guid.CreateVersion7():N}", WeeklyHours.Always, [], true, Guid.CreateVersion7()));
    }

    public async Task DisposeAsync() => await _office.DisposeAsync();

    [Fact]
    public async Task New_rules_stand_before_the_default_in_order_and_move_by_one()
    {
        var standard = await DefaultAsync();
        var water = await AddAsync("water");
        var health = await AddAsync("health");
        (await OrderAsync()).ShouldBe([water, health, standard]);

        await _office.AskAsync(_admin, new MoveRule(health, true, Guid.CreateVersion7()));
        (await OrderAsync()).ShouldBe([health, water, standard]);
        await _office.AskAsync(_admin, new MoveRule(health, true, Guid.CreateVersion7()));
        await _office.AskAsync(_admin, new MoveRule(water, false, Guid.CreateVersion7()));
        (await OrderAsync()).ShouldBe([health, water, standard]);
    }

    [Fact]
    public async Task The_default_is_one_and_neither_moves_nor_goes()
    {
        var standard = await DefaultAsync();
        (await DefaultAsync()).ShouldBe(standard);
        (await _office.RefusalAsync(_admin, new DeleteRule(standard, Guid.CreateVersion7()))).ShouldBe("default_rule_stays");
        (await _office.RefusalAsync(_admin, new MoveRule(standard, true, Guid.CreateVersion7()))).ShouldBe("default_rule_stays");
        await _office.AskAsync(_admin, new SaveRule(standard, "water", null, null, null, null, null, _team, false, Guid.CreateVersion7()));
        (await database.ScalarAsync<bool>("select is_default and topic is null from routing_rule where id = $1", standard)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_rule_names_only_what_there_is_and_at_least_something()
    {
        await DefaultAsync();
        (await _office.WrongFieldsAsync(_admin, new SaveRule(null, "weather", -1, "Spanish", "soon", 99, "pigeon", -1, false, Guid.CreateVersion7())))
            .ShouldBe("team needed, topic unknown, service_point unknown, lang unknown, urgency unknown, circle unknown, channel unknown");
        (await _office.WrongFieldsAsync(_admin, new SaveRule(null, null, null, null, null, null, null, _team, false, Guid.CreateVersion7()))).ShouldBe("topic rule_names_nothing");
        await _office.AskAsync(_admin, new SaveRule(null, null, null, "es", "high", 2, "paper", _team, false, Guid.CreateVersion7()));
    }

    private Task<int> DefaultAsync() => _office.AskAsync(_admin, new SaveRule(null, null, null, null, null, null, null, _team, true, Guid.CreateVersion7()));

    private Task<int> AddAsync(string topic) => _office.AskAsync(_admin, new SaveRule(null, topic, null, null, null, null, null, _team, false, Guid.CreateVersion7()));

    private async Task<IEnumerable<int>> OrderAsync() => (await _office.AskAsync(_admin, new RuleList())).Rules.Select(r => r.Id);
}

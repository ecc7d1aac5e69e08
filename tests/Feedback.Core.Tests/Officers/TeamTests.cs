using Cea.Feedback.Officers;
using Cea.Feedback.Standards;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Officers;

public sealed class TeamTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly Dictionary<string, IReadOnlyList<DaySpan>> Mornings = new() { ["mon"] = [new("08:00", "12:00"), new("13:00", "00:00")], ["tue"] = [] };
    private readonly Office _office = new(database);
    private Officer _admin = null!;

    public async Task InitializeAsync() => _admin = await _office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]);

    public async Task DisposeAsync() => await _office.DisposeAsync();

    [Fact]
    public async Task A_team_keeps_its_week_and_its_members_and_a_repeated_click_makes_no_second_one()
    {
        var save = new SaveTeam(null, " Night desk ", new WeeklyHours("Africa/Nairobi", Mornings, ["2026-12-25"]), [_admin.Id], true, Guid.CreateVersion7());
        var id = await _office.AskAsync(_admin, save);
        (await _office.AskAsync(_admin, save)).ShouldBe(id);

        var shown = (await _office.AskAsync(_admin, new TeamList())).Teams.Single(t => t.Name == "Night desk");
        shown.Members.ShouldBe([_admin.Id]);
        shown.Hours.Days["mon"].ShouldBe([new("08:00", "12:00"), new("13:00", "24:00")]);
        shown.Hours.Holidays.ShouldBe(["2026-12-25"]);
        var calendar = WorkingCalendar.Parse(await database.ScalarAsync<string>("select calendar::text from team where id = $1", id));
        calendar.IsOpen(new DateTimeOffset(2026, 11, 30, 5, 30, 0, TimeSpan.Zero)).ShouldBeTrue(); // Monday 08:30 in Nairobi
        calendar.IsOpen(new DateTimeOffset(2026, 11, 30, 9, 30, 0, TimeSpan.Zero)).ShouldBeFalse();
        calendar.IsOpen(new DateTimeOffset(2026, 12, 1, 5, 30, 0, TimeSpan.Zero)).ShouldBeFalse();
    }

    [Fact]
    public async Task Every_wrong_field_is_named_at_once()
    {
        var days = new Dictionary<string, IReadOnlyList<DaySpan>> { ["mon"] = [new("8", "12:00")], ["wed"] = [new("12:00", "08:00")], ["fri"] = [new("08:00", "12:00"), new("11:00", "14:00")] };
        (await _office.WrongFieldsAsync(_admin, new SaveTeam(null, " ", new WeeklyHours("Nairobi", days, ["Christmas"]), [-1], true, Guid.CreateVersion7())))
            .ShouldBe("name needed, time_zone unknown_zone, mon not_a_time, wed ends_before_it_begins, fri overlaps, holidays not_a_date, members unknown");
    }

    [Fact]
    public async Task A_team_that_a_rule_names_stays_on()
    {
        var id = await _office.AskAsync(_admin, new SaveTeam(null, "Named by a rule", WeeklyHours.Always, [], true, Guid.CreateVersion7()));
        await database.ExecuteAsync("insert into routing_rule (position, topic, team_id) values (1, 'water', $1)", id);
        (await _office.RefusalAsync(_admin, new SaveTeam(id, "Named by a rule", WeeklyHours.Always, [], false, Guid.CreateVersion7()))).ShouldBe("team_in_use");
    }

    [Fact]
    public async Task Who_handles_feedback_may_not_change_teams()
    {
        var officer = await _office.HireAsync($"o-{Guid.CreateVersion7():N}", [Roles.Officer, Roles.Supervisor]);
        (await _office.RefusalAsync(officer, new SaveTeam(null, "Mine", WeeklyHours.Always, [], true, Guid.CreateVersion7()))).ShouldBe("not_allowed");
        (await _office.RefusalAsync(Officer.Nobody, new TeamList())).ShouldBe("sign_in");
    }
}

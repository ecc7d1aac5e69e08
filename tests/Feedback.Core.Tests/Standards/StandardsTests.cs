using Cea.Feedback.Officers;
using Cea.Feedback.Replies;
using Cea.Feedback.Standards;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Standards;

public sealed class StandardsTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly Office _office = new(database);
    private Officer _admin = null!;

    public async Task InitializeAsync() => _admin = await _office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]);

    public async Task DisposeAsync() => await _office.DisposeAsync();

    [Fact]
    public async Task The_whole_table_is_shown_changed_and_a_clock_of_low_taken_away_again()
    {
        var rows = await _office.AskAsync(_admin, new StandardList());
        rows.Count.ShouldBe(12);
        rows.Single(r => r is { Urgency: "critical", Step: "seen" }).ShouldBe(new StandardRow("critical", "seen", 15, true));
        await SaveAsync(Changed(rows, "low", "seen", 10080, false));
        (await database.ScalarAsync<int>("select minutes from standard where urgency = 'low'")).ShouldBe(10080);
        await SaveAsync(Changed(rows, "low", "seen", null, false));
        (await database.ScalarAsync<long>("select count(*) from standard where urgency = 'low'")).ShouldBe(0);
    }

    [Theory]
    [InlineData("normal", "seen", null, false, "normal_seen needed")]
    [InlineData("high", "answer", 10, true, "high_answer shorter_than_before")]
    [InlineData("critical", "close", 1440, false, "critical_close critical_day_and_night")]
    [InlineData("low", "close", 0, false, "low_close out_of_range")]
    public async Task A_limit_that_would_fail_people_is_refused(string urgency, string step, int? minutes, bool dayAndNight, string wrong)
    {
        var rows = Changed(await _office.AskAsync(_admin, new StandardList()), urgency, step, minutes, dayAndNight);
        (await _office.WrongFieldsAsync(_admin, new SaveStandards(rows, Guid.CreateVersion7()))).ShouldBe(wrong);
    }

    [Fact]
    public async Task What_people_are_told_fits_three_segments_in_every_language()
    {
        var save = new SaveDeployment("Cruz Roja", "911", "ifrc.org/report", 60, "America/Bogota", Guid.CreateVersion7());
        await _office.AskAsync(_admin, save);
        (await _office.AskAsync(_admin, new DeploymentSettings())).ShouldBe(new DeploymentShown("Cruz Roja", "911", "ifrc.org/report", 60, "00:00-00:00", "America/Bogota"));
        await _office.AskAsync(_admin, save with { TellingHours = "7:30-19:00", ClientId = Guid.CreateVersion7() }).ShouldThrowAsync<RuleException>();
        await _office.AskAsync(_admin, save with { TellingHours = "07:30-19:00", ClientId = Guid.CreateVersion7() });
        (await _office.AskAsync(_admin, new DeploymentSettings())).TellingHours.ShouldBe("07:30-19:00");
        (await _office.WrongFieldsAsync(_admin, new SaveDeployment("", "call us", " ", 0, "Bogota", Guid.CreateVersion7(), "all day")))
            .ShouldBe("society needed, danger not_a_number, outside needed, survey_after_minutes out_of_range, telling_hours not_a_time, time_zone unknown_zone");
        (await _office.WrongFieldsAsync(_admin, save with { Society = new string('S', 60), Outside = new string('o', 60), ClientId = Guid.CreateVersion7() })).ShouldBe("outside ack_too_long");
    }

    private static IReadOnlyList<StandardRow> Changed(IReadOnlyList<StandardRow> rows, string urgency, string step, int? minutes, bool dayAndNight) =>
        [.. rows.Select(r => r.Urgency == urgency && r.Step == step ? new StandardRow(urgency, step, minutes, dayAndNight) : r)];

    private Task<int> SaveAsync(IReadOnlyList<StandardRow> rows) => _office.AskAsync(_admin, new SaveStandards(rows, Guid.CreateVersion7()));
}

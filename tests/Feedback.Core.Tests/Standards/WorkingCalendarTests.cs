using Cea.Feedback.Standards;

namespace Cea.Feedback.Core.Tests.Standards;

public sealed class WorkingCalendarTests
{
    private const string Nairobi = """{"time_zone":"Africa/Nairobi","days":{"mon":[["08:00","12:00"],["13:00","17:00"]],"tue":[["08:00","17:00"]],"fri":[["08:00","17:00"]]},"holidays":["2026-12-01"]}""";

    [Theory]
    [InlineData("2026-11-30T05:00:00Z", 60, "2026-11-30T06:00:00Z")] // Monday 08:00 there
    [InlineData("2026-11-30T08:30:00Z", 60, "2026-11-30T10:30:00Z")] // over the midday break
    [InlineData("2026-11-30T13:30:00Z", 60, "2026-12-04T05:30:00Z")] // Tuesday is a holiday: Friday
    [InlineData("2026-11-28T00:00:00Z", 30, "2026-11-30T05:30:00Z")] // Saturday
    public void Working_minutes_go_by_only_while_the_team_works(string start, int minutes, string end) =>
        WorkingCalendar.Parse(Nairobi).Add(At(start), minutes).ShouldBe(At(end));

    [Fact]
    public void No_days_means_always() => WorkingCalendar.Always.Add(At("2026-11-28T00:00:00Z"), 90).ShouldBe(At("2026-11-28T01:30:00Z"));

    [Fact]
    public void Summer_time_is_kept()
    {
        var paris = WorkingCalendar.Parse("""{"time_zone":"Europe/Paris","days":{"sun":[["00:00","24:00"]]}}""");
        paris.Add(At("2026-03-28T22:00:00Z"), 120).ShouldBe(At("2026-03-29T01:00:00Z")); // 00:00 + 2 h, where 02:00 does not exist: 03:00 summer time
    }

    [Theory]
    [InlineData("""{"time_zone":"Mars/Olympus"}""", "time zone"), InlineData("""{"days":{"lundi":[]}}""", "day"), InlineData("""{"days":{"mon":[["17:00","08:00"]]}}""", "end before"), InlineData("[", "look like")]
    public void What_is_wrong_is_said(string json, string part) => Should.Throw<FormatException>(() => WorkingCalendar.Parse(json)).Message.ShouldContain(part);

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}

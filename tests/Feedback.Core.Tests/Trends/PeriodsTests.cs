using Cea.Feedback.Trends;

namespace Cea.Feedback.Core.Tests.Trends;

public sealed class PeriodsTests
{
    private static Period P(string from, string to) => new(D(from), D(to));

    private static DateOnly D(string day) => DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("2026-11-02", "2026-11-29", "2026-10-05", "2026-11-01")] // four whole weeks: those just before
    [InlineData("2026-11-23", "2026-11-25", "2026-11-16", "2026-11-18")] // Monday to Wednesday: the same days a week earlier
    [InlineData("2026-11-29", "2026-11-29", "2026-11-22", "2026-11-22")]
    [InlineData("2026-10-01", "2026-10-31", "2026-08-27", "2026-09-26")] // 31 days, five weeks back
    public void A_period_is_compared_with_an_equal_one_on_the_same_weekdays(string from, string to, string beforeFrom, string beforeTo)
    {
        var before = P(from, to).Before(Comparison.Previous)!.Value;
        before.ShouldBe(P(beforeFrom, beforeTo));
        before.Days.ShouldBe(P(from, to).Days);
        before.From.DayOfWeek.ShouldBe(P(from, to).From.DayOfWeek);
    }

    [Fact]
    public void A_year_before_is_52_weeks_and_never_overlaps()
    {
        P("2026-11-02", "2026-11-29").Before(Comparison.Year).ShouldBe(P("2025-11-03", "2025-11-30"));
        var longest = P("2025-11-29", "2026-11-29");
        longest.Before(Comparison.Year)!.Value.To.ShouldBeLessThan(longest.From);
    }

    [Fact]
    public void Weeks_are_ISO_weeks_also_over_the_new_year()
    {
        // 2026 has an ISO week 53: Monday 28 December to Sunday 3 January.
        P("2026-12-30", "2027-01-05").Split(Bucket.Week).ShouldBe([P("2026-12-30", "2027-01-03"), P("2027-01-04", "2027-01-05")]);
        Period.StartOf(D("2027-01-02"), Bucket.Week).ShouldBe(D("2026-12-28"));
    }

    [Fact]
    public void Months_are_calendar_months_and_the_ends_are_cut()
    {
        P("2026-01-31", "2026-03-02").Split(Bucket.Month).ShouldBe([P("2026-01-31", "2026-01-31"), P("2026-02-01", "2026-02-28"), P("2026-03-01", "2026-03-02")]);
        P("2026-02-27", "2026-03-01").Split(Bucket.Day).Count.ShouldBe(3);
    }

    [Fact]
    public void The_last_weeks_and_months_include_the_present_one()
    {
        var sunday = D("2026-11-29");
        Period.LastWeeks(8, sunday).ShouldBe(P("2026-10-05", "2026-11-29"));
        Period.LastMonths(12, sunday).ShouldBe(P("2025-12-01", "2026-11-29"));
    }
}

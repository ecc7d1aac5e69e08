using System.Globalization;

namespace Cea.Feedback.Trends;

/// <summary>How long one point of a trend is.</summary>
public enum Bucket
{
    Day,

    /// <summary>ISO 8601: Monday to Sunday.</summary>
    Week,
    Month,
}

/// <summary>What the period shown is compared with.</summary>
public enum Comparison
{
    /// <summary>The period of the same length before it, moved by whole weeks.</summary>
    Previous,

    /// <summary>The same weeks a year (52 weeks) before.</summary>
    Year,
    None,
}

/// <summary>Days from the first to the last, both included.</summary>
public readonly record struct Period(DateOnly From, DateOnly To)
{
    public int Days => To.DayNumber - From.DayNumber + 1;

    /// <summary>
    /// The equally long period that this one is compared with. It is moved back by whole weeks, so that weekends are compared with weekends: Monday to Wednesday
    /// with Monday to Wednesday of the week before. The two never overlap.
    /// </summary>
    public Period? Before(Comparison comparison)
    {
        var weeks = (Days + 6) / 7;
        return comparison switch
        {
            Comparison.Previous => MovedBack(weeks),
            Comparison.Year => MovedBack(Math.Max(weeks, 52)),
            Comparison.None => null,
        };
    }

    /// <summary>The buckets that it touches, in order; the first and the last are cut to the period.</summary>
    public IReadOnlyList<Period> Split(Bucket bucket)
    {
        var parts = new List<Period>();
        for (var day = From; day <= To;)
        {
            var next = NextAfter(day, bucket);
            parts.Add(new Period(day, next <= To ? next.AddDays(-1) : To));
            day = next;
        }
        return parts;
    }

    /// <summary>The last weeks up to a day, the week of that day included.</summary>
    public static Period LastWeeks(int weeks, DateOnly today) => new(StartOf(today, Bucket.Week).AddDays(-7 * (weeks - 1)), today);

    /// <summary>The last months up to a day, the month of that day included.</summary>
    public static Period LastMonths(int months, DateOnly today) => new(StartOf(today, Bucket.Month).AddMonths(1 - months), today);

    public static DateOnly StartOf(DateOnly day, Bucket bucket) => bucket switch
    {
        Bucket.Day => day,
        Bucket.Week => ISOWeek.ToDateOnly(ISOWeek.GetYear(day), ISOWeek.GetWeekOfYear(day), DayOfWeek.Monday),
        Bucket.Month => new DateOnly(day.Year, day.Month, 1),
    };

    private static DateOnly NextAfter(DateOnly day, Bucket bucket) => bucket switch
    {
        Bucket.Day => day.AddDays(1),
        Bucket.Week => StartOf(day, Bucket.Week).AddDays(7),
        Bucket.Month => StartOf(day, Bucket.Month).AddMonths(1),
    };

    private Period MovedBack(int weeks) => new(From.AddDays(-7 * weeks), To.AddDays(-7 * weeks));
}

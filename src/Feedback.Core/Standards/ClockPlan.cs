namespace Cea.Feedback.Standards;

/// <summary>One clock to start.</summary>
public readonly record struct PlannedClock(string Step, DateTimeOffset DueAt);

/// <summary>Which clocks an item runs, from when the person spoke.</summary>
public static class ClockPlan
{
    public static readonly TimeSpan CheckSoon = TimeSpan.FromHours(1), Check = TimeSpan.FromHours(4), ReferWithin = TimeSpan.FromHours(48), IncompleteSeen = TimeSpan.FromHours(24);

    /// <summary>An item nobody has screened yet has one clock: until a cleared person looks. It runs from when it reached us.</summary>
    public static PlannedClock Unchecked(DateTimeOffset received, bool alarming) => new("check", received + (alarming ? CheckSoon : Check));

    /// <param name="sensitivity">2 has its own track: referred, and the referral confirmed, within 48 h each. Requests about one's data: answered in 30 days.</param>
    public static IEnumerable<PlannedClock> Of(string urgency, int sensitivity, IReadOnlyCollection<string> topics, DateTimeOffset spoken, IReadOnlyDictionary<(string Urgency, string Step), Standard> standards, WorkingCalendar calendar)
    {
        if (sensitivity == 2)
        {
            if (topics.Count > 0 && topics.First() == "data_privacy")
            {
                yield return new("seen", spoken.AddHours(24));
                yield return new("answer", spoken.AddDays(30));
                yield break;
            }
            if (standards.TryGetValue((urgency, "seen"), out var look))
                yield return new("seen", spoken.AddMinutes(look.Minutes));
            yield return new("refer", spoken + ReferWithin);
            yield return new("refer_ack", spoken + ReferWithin + ReferWithin);
            yield break;
        }
        foreach (var step in (string[])["seen", "answer", "close"])
        {
            if (standards.TryGetValue((urgency, step), out var standard))
                yield return new(step, standard.DayAndNight ? spoken.AddMinutes(standard.Minutes) : calendar.Add(spoken, standard.Minutes));
        }
    }

    /// <summary>What the machine takes for incomplete may be a cry for help: an officer looks at each within a day, whatever its urgency, the standards and the team's hours (S19).</summary>
    public static IEnumerable<PlannedClock> Looked(IEnumerable<PlannedClock> planned, string type, DateTimeOffset spoken)
    {
        if (type != "incomplete")
            return planned;
        var clocks = planned.ToList();
        var seen = clocks.Where(c => c.Step == "seen").Select(c => c.DueAt).Append(spoken + IncompleteSeen).Min();
        return [.. clocks.Where(c => c.Step != "seen"), new PlannedClock("seen", seen)];
    }
}

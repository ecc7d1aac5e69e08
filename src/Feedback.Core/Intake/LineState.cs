namespace Cea.Feedback.Intake;

/// <summary>How a line is, in one word.</summary>
public enum LineMark
{
    Works,
    Attention,
    Broken,
    Paused,
    Off,
}

/// <summary>Why a line is as it is; pages show the text for <c>line.{Code}</c>, or <c>lines.{Code}</c> where several are counted.</summary>
public sealed record LineReason(string Code, params IReadOnlyList<string> Values);

/// <summary>What is counted of a line; of open items only, so that no circle's shows to others.</summary>
public sealed record LineFacts(DateTimeOffset? SentAt, DateTimeOffset? DeliveredAt, long SentMinute, long SentHour, long SentWeek, long Waiting, DateTimeOffset? WaitingSince, long InDoubt)
{
    public static readonly LineFacts None = new(null, null, 0, 0, 0, 0, null, 0);
}

/// <summary>Everything that a line's state is read from.</summary>
public sealed record LineSigns(LineProblem? Broken, bool Refused, bool HasNote, DateTimeOffset? PausedUntil, DateTimeOffset? LastReceivedAt, bool CanBeChecked, DateTimeOffset? CheckedAt, IReadOnlyList<LineProblem>? Found, LineFacts Facts, long Failed);

/// <summary>A line at a glance: one mark and the reasons for it, the worst first.</summary>
public sealed record LineState(LineMark Mark, IReadOnlyList<LineReason> Reasons)
{
    /// <summary>So long something may wait to go out before somebody should look.</summary>
    public static readonly TimeSpan SlowAfter = TimeSpan.FromMinutes(10);

    // A few failures are what numbers that do not exist bring; so many of so few are the line's own.
    private const long FewFailures = 5;
    private const double LargeShare = 0.2;

    public static LineState Of(LineSigns line, DateTimeOffset now)
    {
        var broken = new List<LineReason>();
        var attention = new List<LineReason>();
        var (closed, wrong) = line.Broken is { Code: "off" or "unopened" } ? (line.Broken, null) : ((LineProblem?)null, line.Broken);
        if (wrong is not null)
            broken.Add(new(wrong.Code, wrong.Values));
        if (line.Refused)
            broken.Add(new("refused"));
        foreach (var problem in closed is null ? line.Found ?? [] : [])
            (problem.Stops ? broken : attention).Add(new(problem.Code, problem.Values));
        if (closed is not null)
            return Closed(line, closed, broken);

        if (line.CanBeChecked && line.Found is null)
            attention.Add(new(line.CheckedAt is null ? "unchecked" : "no_answer"));
        if (!line.HasNote)
            attention.Add(new("no_note"));
        if (line.Facts.InDoubt > 0)
            attention.Add(new("in_doubt"));
        if (line.Failed >= FewFailures && line.Failed >= LargeShare * (line.Failed + line.Facts.SentWeek))
            attention.Add(new("failing"));
        var paused = line.PausedUntil > now;
        if (!paused && line.Facts.WaitingSince < now - SlowAfter)
            attention.Add(new("slow"));
        var mark = broken.Count > 0 ? LineMark.Broken : paused ? LineMark.Paused : attention.Count > 0 ? LineMark.Attention : LineMark.Works;
        List<LineReason> reasons = [.. broken, .. paused ? [new LineReason("paused")] : Array.Empty<LineReason>(), .. attention];
        return new LineState(mark, reasons.Count > 0 ? reasons : [new(line.CanBeChecked ? "fine" : "fine_unchecked")]);
    }

    // Switched off is meant so; a line that was never opened wants something, the more so when people write to it already.
    private static LineState Closed(LineSigns line, LineProblem closed, List<LineReason> broken)
    {
        var reasons = new List<LineReason> { new(closed.Code == "off" ? "off" : line.HasNote ? "ready" : "unopened") };
        if (line.Facts.Waiting > 0)
            reasons.Add(new("waits_closed"));
        if (closed.Code == "off")
            return new LineState(LineMark.Off, [.. reasons, .. broken]);
        if (line.LastReceivedAt is null)
            return new LineState(LineMark.Off, [.. reasons, .. broken]);
        return new LineState(LineMark.Attention, [new("heard_closed"), .. reasons, .. broken]);
    }
}

using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Storage;

/// <summary>One named value of the deployment: what people are told, and how pages show times.</summary>
public sealed class DeploymentValue
{
    public string Name { get; set; } = "";
    public string Value { get; set; } = "";
}

/// <summary>The names in use.</summary>
public static class DeploymentValues
{
    public const string Society = "society", Danger = "danger", Outside = "outside", SurveyAfterMinutes = "survey_after_minutes", TimeZone = "time_zone", TotpRequired = "totp_required",
        LearningWeekly = "learning_weekly", LearningLeast = "learning_least", Keywords = "keywords", TellingHours = "telling_hours";

    internal static async Task<TimeZoneInfo> ZoneAsync(FeedbackDb db, CancellationToken ct) =>
        await db.Deployment.Where(d => d.Name == TimeZone).Select(d => d.Value).FirstOrDefaultAsync(ct) is { } name && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : TimeZoneInfo.Utc;

    /// <summary>Today, as the deployment's clock on the wall has it.</summary>
    internal static async Task<DateOnly> TodayAsync(FeedbackDb db, TimeProvider clock, CancellationToken ct) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(clock.GetUtcNow(), await ZoneAsync(db, ct)).DateTime);
}

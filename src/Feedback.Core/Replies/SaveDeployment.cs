using System.Globalization;
using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.Texts;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Replies;

/// <summary>
/// Says what people are told at first contact: the society, the number to call in danger, one outside route for complaints about us. Refused when the first
/// acknowledgement would be longer than three segments in some language (S7). Hours for surveys and tellings that are not given stay as they were.
/// </summary>
public sealed record SaveDeployment(string Society, string Danger, string Outside, int SurveyAfterMinutes, string TimeZone, Guid ClientId, string? TellingHours = null) : IWrite<int>
{
    public const int UsualSurvey = 1440, MostSegments = 3;
    private const int LongestSurvey = 14 * 24 * 60;

    public Right Needs => Right.ManageSettings;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<SaveDeployment, int>
    {
        public async Task<int> Handle(SaveDeployment request, CancellationToken ct)
        {
            var check = new FieldCheck();
            var society = check.Text(request.Society, "society", 60);
            var danger = check.Text(request.Danger, "danger", 20);
            check.Need(danger.All(c => char.IsAsciiDigit(c) || c is '+' or ' ' or '-' or '*' or '#'), "danger", "not_a_number");
            var outside = check.Text(request.Outside, "outside", 60);
            check.Need(request.SurveyAfterMinutes is > 0 and <= LongestSurvey, "survey_after_minutes", "out_of_range");
            var hours = SafeHours.Parse(request.TellingHours ?? Replies.TellingHours.Usual);
            check.Need(hours is not null, "telling_hours", "not_a_time");
            check.Need(TimeZoneInfo.TryFindSystemTimeZoneById(request.TimeZone, out _), "time_zone", "unknown_zone");
            check.Refuse();
            var told = new Dictionary<string, string> { ["code"] = ReceiptCode.Read(ReceiptCode.New()), ["society"] = society, ["danger"] = danger, ["outside"] = outside };
            var tooLong = TextBook.Default.Menu.Where(l => SmsSegments.Count(TextBook.Default.Say(l, "ack_first", told).Text).Segments > MostSegments).ToList();
            check.Need(tooLong.Count == 0, "outside", "ack_too_long", string.Join(' ', tooLong));
            check.Refuse();

            await SetAsync(DeploymentValues.Society, society, ct);
            await SetAsync(DeploymentValues.Danger, danger, ct);
            await SetAsync(DeploymentValues.Outside, outside, ct);
            await SetAsync(DeploymentValues.SurveyAfterMinutes, request.SurveyAfterMinutes.ToString(CultureInfo.InvariantCulture), ct);
            if (request.TellingHours is not null)
                await SetAsync(DeploymentValues.TellingHours, hours!.Value.ToString(), ct);
            await SetAsync(DeploymentValues.TimeZone, request.TimeZone, ct);
            return request.SurveyAfterMinutes;
        }

        private Task<int> SetAsync(string name, string value, CancellationToken ct) =>
            db.Database.ExecuteSqlAsync($"insert into deployment (name, value) values ({name}, {value}) on conflict (name) do update set value = excluded.value", ct);
    }
}

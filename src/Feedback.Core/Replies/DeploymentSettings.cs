using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Replies;

/// <summary>What every acknowledgement tells, when people are asked whether it helped, at which hours surveys and tellings go out, and in which time zone pages show times.</summary>
public sealed record DeploymentShown(string Society, string Danger, string Outside, int SurveyAfterMinutes, string TellingHours, string TimeZone);

public sealed record DeploymentSettings : IRead<DeploymentShown>
{
    public Right Needs => Right.ManageSettings;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<DeploymentSettings, DeploymentShown>
    {
        public async Task<DeploymentShown> Handle(DeploymentSettings request, CancellationToken ct)
        {
            var values = await db.Deployment.AsNoTracking().ToDictionaryAsync(d => d.Name, d => d.Value, ct);
            return new DeploymentShown(values.GetValueOrDefault(DeploymentValues.Society, ""), values.GetValueOrDefault(DeploymentValues.Danger, ""), values.GetValueOrDefault(DeploymentValues.Outside, ""),
                int.TryParse(values.GetValueOrDefault(DeploymentValues.SurveyAfterMinutes), out var minutes) ? minutes : SaveDeployment.UsualSurvey,
                values.GetValueOrDefault(DeploymentValues.TellingHours, Replies.TellingHours.Usual), values.GetValueOrDefault(DeploymentValues.TimeZone, ""));
        }
    }
}

using Cea.Admin.Settings;
using Cea.Feedback.Learning;
using Microsoft.AspNetCore.Routing;

namespace Cea.Admin.Learning;

/// <summary>What the page of learning posts.</summary>
internal static class LearningEndpoints
{
    private const string Page = "/settings/learning", Circles = "/settings/circles";

    public static void MapLearning(this IEndpointRouteBuilder routes)
    {
        Posts.Map(routes, Page, "promote", (form, key) => new PromoteModel(FormFields.Number(form, "id") ?? -1, key));
        Posts.Map(routes, Page, "roll-back", (_, key) => new RollBackModel(key));
        Posts.Map(routes, Page, "train", (_, key) => new TrainNow(key));
        Posts.Map(routes, Page, "recode", (_, key) => new RecodeOldItems(key));
        Posts.Map(routes, Page, "save", (form, key) => new SaveLearning(FormFields.Ticked(form, "learning_weekly"), FormFields.Number(form, "learning_least") ?? 0, key));
        Posts.Map(routes, Circles, "allow-learning", (form, key) => new AllowTraining(FormFields.Circle(form) ?? -1, key));
        Posts.Map(routes, Circles, "stop-learning", (form, key) => new StopTraining(FormFields.Circle(form) ?? -1, key));
    }
}

using System.Globalization;
using Cea.Admin.Settings;
using Cea.Feedback.Replies;
using Microsoft.AspNetCore.Routing;

namespace Cea.Admin.Replies;

/// <summary>What the forms of the approved answers post.</summary>
internal static class AnswerEndpoints
{
    public static void MapAnswers(this IEndpointRouteBuilder routes)
    {
        Posts.Map(routes, "/answers", "save", (form, key) => new SaveAnswer(FormFields.Number(form, "id"), form["topic"].ToString(), form["lang"].ToString(), FormFields.Some(form, "service_point"), form["text"].ToString().ReplaceLineEndings("\n"),
            DateOnly.TryParseExact(form["valid_until"], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null, key));
        Posts.Map(routes, "/answers", "remove", (form, key) => new RemoveAnswer(FormFields.Number(form, "id") ?? -1, key));
    }
}

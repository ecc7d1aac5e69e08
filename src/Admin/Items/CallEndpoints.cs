using System.Globalization;
using System.Net;
using Cea.Admin.Officers;
using Cea.Admin.Settings;
using Cea.Admin.Shell;
using Cea.Feedback;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using MediatR;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Admin.Items;

/// <summary>What the operator's forms post. The answer to a record is a page with its code, which stands in no address; a session that has ended takes nothing of what was typed away.</summary>
internal static class CallEndpoints
{
    /// <summary>Before a question of <see cref="SpeakerFacts.Questions"/>, and a kind of <see cref="Consents"/>.</summary>
    public const string Question = "difficulty_", Consent = "consent_";

    public static void MapCalls(this IEndpointRouteBuilder routes)
    {
        Record(routes, "/calls/new", Note);
        Record(routes, "/calls/confidential", form => new CallNote(new PersonalText(form["way"].ToString()), form["language"].ToString(), FormFields.Some(form, "service_point")) { Confidential = true, Call = Call(form), Consents = Said(form) });
        Posts.MapPage(routes, "/calls", "back", async (context, form, mediator, _) =>
        {
            await RingAsync(context.RequestServices.GetRequiredService<LineCalls>(), await mediator.Send(new CallCallerBack(Call(form) ?? Guid.Empty, Forms.ClientId(form)), context.RequestAborted));
            return Posts.SeeOther(context, "/calls?rings=1");
        });
    }

    /// <summary>Once the order is written down and committed; a click that was sent twice rings once.</summary>
    public static async Task RingAsync(LineCalls lines, CallOrdered ordered)
    {
        if (ordered.Order is { } order && await lines.PlaceAsync(order, CancellationToken.None) is not null)
            throw new RuleException("call_not_placed");
    }

    private static void Record(IEndpointRouteBuilder routes, string page, Func<IFormCollection, CallNote> note) => Posts.MapPage(routes, page, "save", async (context, form, mediator, state) =>
    {
        if (context.RequestServices.GetRequiredService<CurrentOfficer>().Officer.Id == 0 && !context.Request.Headers.ContainsKey(OfficerMiddleware.Stays))
            return Ended(context, form["text"].ToString() + form["way"]);
        state.Recorded = await mediator.Send(new RecordCall(note(form), Forms.ClientId(form)), context.RequestAborted);
        return Posts.Page(context, page);
    });

    private static CallNote Note(IFormCollection form) => new(new PersonalText(form["text"].ToString()), form["language"].ToString(), FormFields.Some(form, "service_point"))
    {
        Speaker = form["speaker"].ToString(), SpeaksFor = form["speaks_for"].ToString(), About = form["about"].ToString(), Stay = form["stay"].ToString(), Minor = form["minor"].ToString(), End = form["end"].ToString(),
        AnswerId = Answer(form).Id, AnswerApprovedAt = Answer(form).ApprovedAt, OwnAnswer = new PersonalText(form["own_answer"].ToString()), Call = Call(form), Consents = Said(form),
        Facts = new SpeakerFacts
        {
            Sex = FormFields.Some(form, "sex"), AgeBand = FormFields.Some(form, "age_band"), Diversity = FormFields.Texts(form, "diversity"), GroupSize = FormFields.Choice(form, "group_size"),
            Difficulty = Answered(form, Question),
        },
    };

    /// <summary>The value of a choice: the answer as it stood on the page.</summary>
    public static string Choice(AnswerRow answer) => string.Create(CultureInfo.InvariantCulture, $"{answer.Id} {answer.ApprovedAt.UtcTicks}");

    private static (int? Id, DateTimeOffset? ApprovedAt) Answer(IFormCollection form) => FormFields.Some(form, "answer")?.Split(' ') switch
    {
        null => (null, null),
        [var id, var at] when int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTimeOffset.MaxValue.UtcTicks =>
            (n, new DateTimeOffset(ticks, TimeSpan.Zero)),
        _ => (-1, null), // which no answer has
    };

    private static Guid? Call(IFormCollection form) => FormFields.Some(form, "call") is null ? null : Guid.TryParse(form["call"], CultureInfo.InvariantCulture, out var id) ? id : Guid.Empty;

    private static Dictionary<string, string> Said(IFormCollection form) => Answered(form, Consent);

    private static Dictionary<string, string> Answered(IFormCollection form, string prefix) =>
        form.Where(f => f.Key.StartsWith(prefix, StringComparison.Ordinal) && f.Value.ToString().Length > 0).ToDictionary(f => f.Key[prefix.Length..], f => f.Value.ToString());

    // Without scripts the browser has left the form: what was typed is given back, to be taken along.
    private static IResult Ended(HttpContext context, string typed)
    {
        var words = context.RequestServices.GetRequiredService<Words>();
        string Said(string key) => WebUtility.HtmlEncode(words[key]);
        return Results.Content($"""
            <!doctype html><html lang="{words.Language}" dir="{(words.RightToLeft ? "rtl" : "ltr")}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Cea</title><link rel="stylesheet" href="/_content/admin/site.css"></head>
            <body class="plain"><main><h1>{Said("error.sign_in")}</h1><p role="alert">{Said("calls.ended_plain")}</p><p><label for="typed">{Said("field.text")}</label><textarea id="typed" rows="8" dir="auto" readonly>
            {WebUtility.HtmlEncode(typed)}</textarea></p><p><a href="/sign-in?back=/calls/new" target="_blank">{Said("error.sign_in")}</a></p></main></body></html>
            """, "text/html; charset=utf-8", statusCode: StatusCodes.Status401Unauthorized);
    }
}

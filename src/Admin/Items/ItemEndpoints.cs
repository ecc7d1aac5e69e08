using System.Globalization;
using System.Net;
using Cea.Admin.Shell;
using Cea.Feedback;
using Cea.Feedback.Coding;
using Cea.Feedback.Items;
using Cea.Feedback.Media;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Safeguarding;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Cea.Admin.Items;

/// <summary>One address for each thing that is done to an item: posted, then 303 back to its page, or to the list when it has left the officer's sight.</summary>
internal static class ItemEndpoints
{
    public static void MapItems(this IEndpointRouteBuilder routes)
    {
        var item = routes.MapGroup("/items/{id:guid}");
        Post(item, "reply", (id, form, key, _) => new ReplyToItem(id, new PersonalText(form["text"].ToString()), form["closes"] == "1", key) { Heard = Number(form["heard"]) });
        Post(item, "template", (id, form, key, _) => new ReplyWithTemplate(id, Number(form["template"]) ?? 0, [.. form["value"].Select(v => new PersonalText(v ?? ""))], form["closes"] == "1", key) { Heard = Number(form["heard"]) });
        Post(item, "note", (id, form, key, _) => new AddNote(id, new PersonalText(form["text"].ToString()), key));
        Post(item, "transcript", (id, form, key, _) => new TypeTranscript(id, Guid.TryParse(form["message"], out var message) ? message : Guid.Empty, new PersonalText(form["text"].ToString()), key), mayVanish: true);
        Post(item, "called", (id, form, key, _) => new RecordCallBack(id, form["result"].ToString(), new PersonalText(form["text"].ToString()), key) { Heard = Number(form["heard"]) });
        Post(item, "codes", (id, form, key, _) => new CorrectCodes(id, form["type"].ToString(), Topics(form), form["urgency"].ToString(), form["third"], key) { Heard = Number(form["heard"]), UrgencyShown = Some(form["urgency_shown"]) });
        Post(item, "sensitivity", (id, form, key, _) => new DecideSensitivity(id, short.TryParse(form["class"], CultureInfo.InvariantCulture, out var c) ? c : (short)-1, form["type"].ToString(), Topics(form), form["urgency"].ToString(),
            [.. form["share"].Select(s => short.TryParse(s, CultureInfo.InvariantCulture, out var n) ? n : (short)0).Where(n => n > 1)], form["reason"], key)
        { Heard = Number(form["heard"]), Shown = Number(form["class_shown"]) is { } was && Some(form["urgency_shown"]) is { } shown ? (shown, (short)was) : null }, mayVanish: true);
        Post(item, "assign", (id, form, key, officer) => new AssignItem(id, Number(form["team"]) ?? 0, form["me"] == "1" ? officer.Id : Number(form["officer"]), key) { Heard = Number(form["heard"]) });
        Post(item, "refer", (id, form, key, _) => new ReferItem(id, form["to"].ToString(), form["confirmed"] == "1", DateOnly.TryParseExact(form["review"], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null, key) { Heard = Number(form["heard"]) });
        Post(item, "resolve", (id, form, key, _) => new ResolveItem(id, new PersonalText(form["text"].ToString()), key) { Heard = Number(form["heard"]) });
        Post(item, "close", (id, form, key, _) => new CloseItem(id, Some(form["method"]), Some(form["impossible"]), key) { Heard = Number(form["heard"]) });
        Post(item, "reopen", (id, _, key, _) => new ReopenItem(id, key));
        Post(item, "consent", (id, form, key, _) => new RecordConsent(id, form["kind"].ToString(), form["answer"].ToString(), key));
        Post(item, "quote", (id, form, key, _) => new ProposeQuote(id, new PersonalText(form["text"].ToString()), key));
        Post(item, "conflict", (id, form, key, _) => new DecideConflict(id, form["decision"].ToString(), key), mayVanish: true);
        Post(item, "safe-contact", (id, form, key, _) => new RecordSafeContact(id, form["channel"].ToString(), $"{form["from"]}-{form["to"]}", form["opening"].ToString(), key));
        item.MapPost("/settle", async (Guid id, HttpContext context, IMediator mediator) =>
        {
            var form = await Forms.ReadAsync(context);
            await mediator.Send(new SettleSending(id, Guid.TryParse(form["outbox"], out var outbox) ? outbox : Guid.Empty, form["again"] == "1", Forms.ClientId(form)), context.RequestAborted);
            return Results.Redirect($"/items/{id}?done=1");
        });
        item.MapPost("/reveal", RevealAsync);
        item.MapPost("/ring", async (Guid id, HttpContext context, IMediator mediator, LineCalls lines) =>
        {
            var form = await Forms.ReadAsync(context);
            await CallEndpoints.RingAsync(lines, await mediator.Send(new CallThroughLine(id, Forms.ClientId(form)) { TrustedAdult = form["trusted_adult"] == "1" }, context.RequestAborted));
            return Results.Redirect($"/items/{id}?done=1");
        });
        Post(item, "media", (id, form, key, _) => new RetryMedia(id, Guid.TryParse(form["media"], out var media) ? media : Guid.Empty, key));
        item.MapGet("/media/{file:guid}", async (Guid id, Guid file, HttpContext context, IMediator mediator) =>
        {
            var opened = await mediator.Send(new OpenMedia(id, file), context.RequestAborted);
            var content = await opened.ReadAsync(context.RequestAborted);
            // Whatever a file is, it never runs or shows as a part of this site: it is saved.
            context.Response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
            return Results.File(content, opened.ContentType, opened.FileName);
        });
    }

    private static void Post<T>(RouteGroupBuilder group, string name, Func<Guid, IFormCollection, Guid, Officer, IRequest<T>> use, bool mayVanish = false) =>
        group.MapPost("/" + name, async (Guid id, HttpContext context, IMediator mediator, CurrentOfficer current) =>
        {
            var form = await Forms.ReadAsync(context);
            await mediator.Send(use(id, form, Forms.ClientId(form), current.Officer), context.RequestAborted);
            if (mayVanish)
            {
                try
                {
                    await mediator.Send(new ItemDetail(id), context.RequestAborted);
                }
                catch (RuleException gone) when (gone.Code == "item_not_found")
                {
                    return Results.Redirect("/items?view=check_first");
                }
            }
            return Results.Redirect($"/items/{id}?done=1");
        });

    // Shown once, on a page that nothing keeps: not in the address, not in the history.
    private static async Task<IResult> RevealAsync(Guid id, HttpContext context, IMediator mediator, Words words)
    {
        var form = await Forms.ReadAsync(context);
        var shown = await mediator.Send(new RevealAddress(id, form["reason"].ToString(), Forms.ClientId(form)), context.RequestAborted);
        var address = WebUtility.HtmlEncode(shown.Value ?? words["work.reveal_once"]);
        return Results.Content($"<!doctype html><html lang=\"{words.Language}\" dir=\"{(words.RightToLeft ? "rtl" : "ltr")}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Cea</title><link rel=\"stylesheet\" href=\"/_content/admin/site.css\"></head><body class=\"plain\"><main><h1>{WebUtility.HtmlEncode(words["work.reveal"])}</h1><p class=\"address\"><bdi dir=\"ltr\">{address}</bdi></p><p>{WebUtility.HtmlEncode(words["work.reveal_note"])}</p><p><a href=\"/items/{id}\">{WebUtility.HtmlEncode(words["error.back"])}</a></p></main></body></html>", "text/html; charset=utf-8");
    }

    private static string[] Topics(IFormCollection form) => [form["topic1"].ToString(), form["topic2"].ToString(), form["topic3"].ToString()];

    private static int? Number(string? text) => int.TryParse(text, CultureInfo.InvariantCulture, out var n) ? n : null;

    private static string? Some(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

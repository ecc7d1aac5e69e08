using System.Net;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Texts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Cea.Channels.Status;

/// <summary>
/// <c>/s</c>: what became of one's feedback, by receipt code. The code is typed and posted, or comes behind <c>#</c>, which a browser sends to nobody; it stands in no address. No cookie, nothing
/// kept by the browser, nothing of what was said; every answer to a code takes the same time.
/// </summary>
public static class StatusEndpoint
{
    private const int LargestForm = 64 * 1024, LongestText = 4000;
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(400);

    public static void MapStatus(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/s", (HttpContext context, IntakeBoard board) => PageAsync(context, Page(context, board, null)));
        routes.MapPost("/s", LookAsync).DisableAntiforgery();
        routes.MapPost("/s/add", AddAsync).DisableAntiforgery();
        routes.MapGet("/s/page.css", (HttpContext context) => WriteAsync(context, "text/css", StatusPage.Style));
        routes.MapGet("/s/page.js", (HttpContext context) => WriteAsync(context, "text/javascript", StatusPage.Script));
    }

    private static async Task LookAsync(HttpContext context, ReceiptDesk desk, IntakeBoard board, TimeProvider clock)
    {
        if (await FormAsync(context) is not { } form)
            return;
        var page = Page(context, board, form);
        var since = clock.GetTimestamp();
        var (outcome, status) = await desk.LookAsync(form["code"], context.Connection.RemoteIpAddress, context.RequestAborted);
        await AnswerAsync(context, clock, since, outcome, page with { State = status, Code = ReceiptCode.Parse(form["code"]) });
    }

    private static async Task AddAsync(HttpContext context, ReceiptDesk desk, IntakeBoard board, TimeProvider clock)
    {
        if (await FormAsync(context) is not { } form)
            return;
        var page = Page(context, board, form);
        var (since, text, once) = (clock.GetTimestamp(), form["text"].ToString().Trim(), Guid.TryParse(form["once"], out var id) ? id : Guid.CreateVersion7());
        if (text.Length > LongestText)
            text = text[..LongestText];
        var outcome = text.Length == 0 ? ReceiptOutcome.Found : await desk.AddAsync(form["code"], new PersonalText(text), once.ToString(), page.Language, context.Connection.RemoteIpAddress, context.RequestAborted);
        await AnswerAsync(context, clock, since, outcome, page);
    }

    // Known, unknown and too often: none may be told from another by the time it takes.
    private static async Task AnswerAsync(HttpContext context, TimeProvider clock, long since, ReceiptOutcome outcome, StatusPage page)
    {
        var (status, said) = outcome switch
        {
            ReceiptOutcome.Found => (StatusCodes.Status200OK, null),
            ReceiptOutcome.Added => (StatusCodes.Status200OK, "page_added"),
            ReceiptOutcome.Unknown => (StatusCodes.Status200OK, "page_unknown"),
            ReceiptOutcome.TooMany => (StatusCodes.Status429TooManyRequests, "page_wait"),
            ReceiptOutcome.Away => (StatusCodes.Status503ServiceUnavailable, (string?)"page_away"),
        };
        if (Least - clock.GetElapsedTime(since) is var rest && rest > TimeSpan.Zero)
            await Task.Delay(rest, clock, context.RequestAborted);
        context.Response.StatusCode = status;
        await PageAsync(context, page with { Said = said });
    }

    private static StatusPage Page(HttpContext context, IntakeBoard board, IFormCollection? form) =>
        new(Language(context.Request, form?["lang"]), board.Snapshot.Deployment.GetValueOrDefault("danger", "112"));

    // Chosen on the page; else what the browser asks for; else English.
    private static string Language(HttpRequest request, string? posted)
    {
        var book = TextBook.Default;
        var chosen = new[] { posted, request.Query["lang"].ToString() }.FirstOrDefault(l => l is { Length: > 0 } && book.Supports(l));
        return chosen ?? request.GetTypedHeaders().AcceptLanguage.OrderByDescending(l => l.Quality ?? 1).Select(l => l.Value.ToString().Split('-')[0].ToLowerInvariant()).FirstOrDefault(book.Supports) ?? "en";
    }

    private static async Task<IFormCollection?> FormAsync(HttpContext context)
    {
        if (context.Request is not { HasFormContentType: true, ContentLength: <= LargestForm })
        {
            context.Response.StatusCode = (int)HttpStatusCode.RequestEntityTooLarge;
            return null;
        }
        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception odd) when (odd is InvalidDataException or IOException and not BadHttpRequestException)
        {
            context.Response.StatusCode = (int)HttpStatusCode.BadRequest; // too many fields, parts without a boundary
            return null;
        }
    }

    private static Task PageAsync(HttpContext context, StatusPage page) => WriteAsync(context, "text/html", page.Html());

    private static Task WriteAsync(HttpContext context, string type, string content)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = $"{type}; charset=utf-8";
        return context.Response.WriteAsync(content, context.RequestAborted);
    }
}

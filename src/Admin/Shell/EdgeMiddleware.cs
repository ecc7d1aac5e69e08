using Cea.Feedback;
using Cea.Feedback.UseCases;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Cea.Admin.Shell;

/// <summary>The outermost edge: strict headers, and every trouble turned into an answer that says what to do and nothing about anybody.</summary>
internal sealed class EdgeMiddleware(RequestDelegate next, ILogger<EdgeMiddleware> log)
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public async Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        headers.XFrameOptions = "DENY";
        if (!context.Request.Path.StartsWithSegments("/_content"))
        {
            headers.CacheControl = "no-store";
            headers.Vary = "HX-Request";
        }
        try
        {
            await next(context);
            // An address that nothing answers: a browser gets words, not its own blank page.
            if (context.Response.StatusCode == 404 && !context.Response.HasStarted && context.GetEndpoint() is null && HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal))
                await AnswerAsync(context, 404, "item_not_found");
        }
        catch (RuleException refused) when (!context.Response.HasStarted)
        {
            await RefuseAsync(context, refused.Code);
        }
        catch (Exception trouble) when (trouble is BadHttpRequestException or AntiforgeryValidationException && !context.Response.HasStarted)
        {
            await AnswerAsync(context, trouble is BadHttpRequestException b ? b.StatusCode : 400, trouble is BadHttpRequestException ? "bad_request" : "form_expired");
        }
        catch (Exception trouble) when (IsNoText(trouble) && !context.Response.HasStarted)
        {
            await AnswerAsync(context, 400, "bad_request");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // nobody waits for the answer any more
        }
        catch (Exception trouble) when (IsDatabase(trouble) && !context.Response.HasStarted)
        {
            Log.DatabaseTrouble(log, Route(context), Fault.Of(trouble));
            await AnswerAsync(context, 503, "database_away");
        }
        catch (Exception trouble) when (!context.Response.HasStarted)
        {
            Log.RequestFailed(log, Route(context), Fault.Of(trouble));
            await AnswerAsync(context, 500, "trouble");
        }
    }

    // A bare Exception is how Npgsql says that a connection was out of step with its server, as after a call that was given up at the wrong moment; it throws the connection away, and the next call has another.
    private static bool IsDatabase(Exception trouble) => trouble is NpgsqlException or TimeoutException || trouble.InnerException is NpgsqlException || (trouble.GetType() == typeof(Exception) && trouble.Source == nameof(Npgsql));

    // A character 0 that somebody sent, in an address or a field: the database takes it in no text, and is not away.
    private static bool IsNoText(Exception trouble) => (trouble as PostgresException ?? trouble.InnerException as PostgresException)?.SqlState == PostgresErrorCodes.CharacterNotInRepertoire;

    private static string Route(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "unknown";

    private static Task RefuseAsync(HttpContext context, string code) => code switch
    {
        "sign_in" when !context.Request.Path.StartsWithSegments("/api") => SignInEndpointsRedirect(context),
        "sign_in" => AnswerAsync(context, 401, code),
        "not_allowed" => AnswerAsync(context, 403, code),
        _ when code.EndsWith("_not_found", StringComparison.Ordinal) => AnswerAsync(context, 404, code),
        "changed_meanwhile" or "said_meanwhile" or "client_id_used" => AnswerAsync(context, 409, code),
        _ => AnswerAsync(context, 422, code),
    };

    private static Task SignInEndpointsRedirect(HttpContext context) => Officers.SignInEndpoints.SendToSignIn(context);

    // An API client gets problem details; htmx a line for the page's notice; a browser a small page.
    private static async Task AnswerAsync(HttpContext context, int status, string code)
    {
        context.Response.Clear();
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        var words = (Words?)context.RequestServices.GetService(typeof(Words));
        var text = words?[$"error.{code}"] is { } w && w != $"error.{code}" ? w : words?["error.trouble"] ?? code;
        if (context.Request.Path.StartsWithSegments("/api"))
        {
            await context.Response.WriteAsJsonAsync(new { type = $"urn:cea:{code}", title = text, status, code }, options: null, contentType: "application/problem+json");
            return;
        }
        context.Response.ContentType = "text/html; charset=utf-8";
        var escaped = System.Net.WebUtility.HtmlEncode(text);
        if (context.Request.Headers.ContainsKey("HX-Request"))
        {
            context.Response.Headers["HX-Retarget"] = "#notice";
            context.Response.Headers["HX-Reswap"] = "innerHTML";
            context.Response.Headers["HX-Push-Url"] = "false"; // the page stays what it was, and so does its address
            await context.Response.WriteAsync($"<p class=\"notice notice-bad\" role=\"alert\">{escaped}</p>");
            return;
        }
        var back = System.Net.WebUtility.HtmlEncode(words?["error.back"] ?? "Back");
        // What was typed is not lost with the refusal, and the way back leads to the item.
        var typed = status is 409 or 422 && context.Request.HasFormContentType ? (await context.Request.ReadFormAsync(context.RequestAborted))["text"].ToString() : "";
        var kept = typed.Length == 0 ? "" : $"<p><label for=\"typed\">{System.Net.WebUtility.HtmlEncode(words?["error.typed"] ?? "")}</label></p><textarea id=\"typed\" rows=\"6\" dir=\"auto\" readonly>{System.Net.WebUtility.HtmlEncode(typed)}</textarea>";
        var home = context.Request.Path.Value?.Split('/') is ["", "items", var item, _] && Guid.TryParse(item, out var id) ? $"/items/{id}" : "/";
        await context.Response.WriteAsync($"<!doctype html><html lang=\"{words?.Language ?? "en"}\" dir=\"{(words?.RightToLeft == true ? "rtl" : "ltr")}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Cea</title><link rel=\"stylesheet\" href=\"/_content/admin/site.css\"></head><body class=\"plain\"><main><h1>Cea</h1><p role=\"alert\">{escaped}</p>{kept}<p><a href=\"{home}\">{back}</a></p></main></body></html>");
    }
}

using System.Security.Claims;
using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Microsoft.AspNetCore.Http;

namespace Cea.Admin.Officers;

/// <summary>
/// Sets who is asking: from the cookie's session (with the key that his password opened) or from an API key. Session and roles are read anew each time, by one indexed query:
/// who has signed out, was switched off or has another role is so at once.
/// </summary>
internal sealed class OfficerMiddleware(RequestDelegate next)
{
    public const string SessionClaim = "session", StampClaim = "stamp", KeyClaim = "key";

    /// <summary>The header of what a page fetches by itself: it keeps no session alive, and does not lead away from what is being typed.</summary>
    public const string ByItself = "X-Live";

    /// <summary>The header of a form that says itself what to do when the session has ended, so that what was typed stays on its page.</summary>
    public const string Stays = "X-Stay";

    // Where he goes who must first change his password or set up his second step.
    private static readonly string[] Open = ["/password", "/account", "/sign-in", "/sign-out", "/_content"];

    public static Guid? SessionOf(HttpContext context) => Guid.TryParse(context.User.FindFirstValue(SessionClaim), out var id) ? id : null;

    public async Task InvokeAsync(HttpContext context, CurrentOfficer current, Databases databases, Sessions sessions, CodebookInUse codebook)
    {
        if (SessionOf(context) is { } session)
        {
            if (await sessions.FindAsync(session, context.RequestAborted) is { } shown)
            {
                if (shown.Stale && !context.Request.Path.StartsWithSegments("/live") && !context.Request.Headers.ContainsKey(ByItself))
                    await sessions.TouchAsync(session, context.RequestAborted);
                // Until he has a password and a second step of his own he has no rights, so no address that is forgotten here opens anything.
                var first = shown.MustChangePassword ? "/password" : shown.MustSetUpTotp ? "/account" : null;
                current.Officer = new Officer(shown.OfficerId, shown.Name, Roles.RightsOf(first is null ? shown.Roles : []))
                {
                    Language = shown.Language, PrivateKey = context.User.FindFirstValue(KeyClaim) is { } key ? Convert.FromBase64String(key) : [],
                };
                if (first is not null && HttpMethods.IsGet(context.Request.Method) && !Open.Any(p => context.Request.Path.StartsWithSegments(p)))
                {
                    context.Response.Redirect(first);
                    return;
                }
            }
            await codebook.ReadAsync(databases, context.RequestAborted); // his page shows the labels in use, whichever Host took the file
        }
        await next(context);
    }
}

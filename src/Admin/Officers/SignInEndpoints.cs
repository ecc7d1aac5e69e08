using System.Security.Claims;
using Cea.Admin.Settings;
using Cea.Admin.Shell;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cea.Admin.Officers;

/// <summary>
/// Sign-in with counted tries, sign-out, a new password. The password also opens the officer's private key, which travels only inside his encrypted cookie.
/// Whether a name exists, a password is right or a name is locked cannot be told apart: the same answer, after the same work.
/// </summary>
internal static class SignInEndpoints
{
    /// <summary>The password was right, the code of the second step is still to come: a short-lived encrypted cookie that opens nothing.</summary>
    public const string HalfScheme = "half";

    // What is compared with when there is no such name.
    private static readonly string NobodysHash = OfficerAccounts.Hash(new OfficerUser(), OfficerAccounts.NewSecret());

    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", (CurrentOfficer current) => Results.Redirect(Home(current.Officer)));
        routes.MapPost("/sign-in", SignInAsync);
        routes.MapPost("/sign-in/code", CodeAsync);
        routes.MapPost("/sign-out", (Delegate)SignOutAsync);
        routes.MapPost("/password", ChangeAsync);
        routes.MapPost("/language", LanguageAsync);
    }

    // Where somebody begins is where he may be; nobody is led to a page that refuses him.
    private static string Home(Officer officer) =>
        officer.Id == 0 ? "/sign-in" : officer.May(Right.ReadItems) ? "/items" : officer.May(Right.RecordFeedback) ? "/calls" : officer.May(Right.ReadTrends) ? "/trends"
        : new[] { Right.ManageSettings, Right.ManageUsers, Right.ManageAccounts, Right.ManageCircles, Right.ReadAudit }.Any(officer.May) ? "/settings" : "/start";

    public static Task ToSignIn(RedirectContext<CookieAuthenticationOptions> context) => SendToSignIn(context.HttpContext);

    /// <summary>A page goes to the sign-in and comes back; a part of one says so by header, so that what was typed stays.</summary>
    public static Task SendToSignIn(HttpContext context)
    {
        var back = HttpMethods.IsGet(context.Request.Method) ? context.Request.Path + context.Request.QueryString : "/";
        var address = $"/sign-in?back={Uri.EscapeDataString(back)}";
        if (context.Request.Headers.ContainsKey(OfficerMiddleware.ByItself) || context.Request.Headers.ContainsKey(OfficerMiddleware.Stays))
        {
            context.Response.StatusCode = 401;
        }
        else if (context.Request.Headers.ContainsKey("HX-Request"))
        {
            context.Response.StatusCode = 401;
            context.Response.Headers["HX-Redirect"] = address;
        }
        else
        {
            context.Response.Redirect(address);
        }
        return Task.CompletedTask;
    }

    private static async Task<IResult> SignInAsync(HttpContext context, UserManager<OfficerUser> users, SignInTries tries, FormState state, ILogger<OfficerUser> log)
    {
        var form = await Forms.ReadAsync(context);
        var back = Local(form["back"]);
        var (ct, from, password) = (context.RequestAborted, context.Connection.RemoteIpAddress, form["password"].ToString());
        if (await tries.CountAddressAsync(from, ct) is { } wait)
            return Later(context, wait, state, log);
        var typed = form["name"].ToString().Replace('\0', '\ufffd').Replace('\ufffe', '\ufffd'); // neither the database nor Unicode's rules take these
        var name = users.NormalizeName(typed) ?? "";
        var free = await tries.CountNameAsync(name, ct);
        var user = await users.FindByNameAsync(typed) is { Active: true, PasswordHash: not null } found ? found : null;
        var right = user is not null ? await users.CheckPasswordAsync(user, password) : Nobodys(users, password);
        if (!free || user is null || !right)
        {
            Log.SignInRefused(log, !free ? "locked" : user is null ? "name" : "password");
            return Results.Redirect($"/sign-in?wrong=1&back={Uri.EscapeDataString(back)}");
        }
        await tries.GiveBackAsync(name, from, ct);
        var key = user.UnlockKey(password);
        if (user.TotpConfirmedAt is not null)
        {
            // failed tries are forgotten only when both steps were right: else who has the password could try codes for ever
            await context.SignInAsync(HalfScheme, Principal(user, key, HalfScheme, new(OfficerMiddleware.StampClaim, user.SecurityStamp ?? "")));
            return Results.Redirect($"/sign-in/code?back={Uri.EscapeDataString(back)}");
        }
        await tries.ForgetAsync(name, ct);
        await IssueAsync(context, user, key);
        return Results.Redirect(user.MustChangePassword ? "/password" : back);
    }

    private static async Task<IResult> CodeAsync(HttpContext context, UserManager<OfficerUser> users, SecondStep second, SignInTries tries, FormState state, ILogger<OfficerUser> log)
    {
        var form = await Forms.ReadAsync(context);
        var back = Local(form["back"]);
        var (ct, from) = (context.RequestAborted, context.Connection.RemoteIpAddress);
        var half = (await context.AuthenticateAsync(HalfScheme)).Principal;
        if (half?.FindFirstValue(ClaimTypes.NameIdentifier) is not { } id || await users.FindByIdAsync(id) is not { Active: true } user || user.SecurityStamp != half.FindFirstValue(OfficerMiddleware.StampClaim))
            return Results.Redirect($"/sign-in?back={Uri.EscapeDataString(back)}");
        if (await tries.CountAddressAsync(from, ct) is { } wait)
            return Later(context, wait, state, log);
        var name = user.NormalizedUserName ?? "";
        var free = await tries.CountNameAsync(name, ct);
        if (!free || !await second.TakeAsync(user, form["code"].ToString(), ct))
        {
            Log.SignInRefused(log, free ? "code" : "locked");
            return Results.Redirect($"/sign-in/code?wrong=1&back={Uri.EscapeDataString(back)}");
        }
        await tries.GiveBackAsync(name, from, ct);
        await tries.ForgetAsync(name, ct);
        await context.SignOutAsync(HalfScheme);
        await IssueAsync(context, user, half.FindFirstValue(OfficerMiddleware.KeyClaim) is { } key ? Convert.FromBase64String(key) : null);
        return Results.Redirect(user.MustChangePassword ? "/password" : back);
    }

    // As slow as a wrong password; never right.
    private static bool Nobodys(UserManager<OfficerUser> users, string password)
    {
        users.PasswordHasher.VerifyHashedPassword(new OfficerUser(), NobodysHash, password);
        return false;
    }

    private static IResult Later(HttpContext context, TimeSpan wait, FormState state, ILogger log)
    {
        Log.SignInRefused(log, "address");
        state.WaitMinutes = (int)Math.Ceiling(wait.TotalMinutes);
        context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Posts.Page(context, "/sign-in", StatusCodes.Status429TooManyRequests);
    }

    private static async Task<IResult> SignOutAsync(HttpContext context, Sessions sessions)
    {
        await Forms.ReadAsync(context);
        if (OfficerMiddleware.SessionOf(context) is { } session)
            await sessions.EndAsync(session, context.RequestAborted);
        await context.SignOutAsync();
        return Results.Redirect("/sign-in");
    }

    private static async Task<IResult> ChangeAsync(HttpContext context, UserManager<OfficerUser> users, CurrentOfficer current, OwnPassword own, Sessions sessions)
    {
        var form = await Forms.ReadAsync(context);
        var user = await users.FindByIdAsync(current.Officer.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (user is null || OfficerMiddleware.SessionOf(context) is not { } session)
            return Results.Redirect("/sign-in");
        var (old, fresh) = (form["old"].ToString(), form["new"].ToString());
        if (fresh.Length < OfficerAccounts.ShortestPassword)
            return Results.Redirect("/password?problem=short");
        if (fresh == old)
            return Results.Redirect("/password?problem=same"); // it would be nobody's own
        if (!await sessions.CountTryAsync(session, context.RequestAborted))
            return Results.Redirect("/sign-in");
        var key = await own.TakeKeyAlongAsync(user, old, fresh, context.RequestAborted);
        var changed = await users.ChangePasswordAsync(user, old, fresh); // writes all of it, or nothing
        if (!changed.Errors.Any(e => e.Code == nameof(IdentityErrorDescriber.PasswordMismatch)))
            await sessions.GiveBackAsync(session, context.RequestAborted);
        if (!changed.Succeeded)
            return Results.Redirect("/password?problem=wrong");
        await IssueAsync(context, user, key);
        return Results.Redirect("/");
    }

    private static async Task<IResult> LanguageAsync(HttpContext context, UserManager<OfficerUser> users, CurrentOfficer current)
    {
        var form = await Forms.ReadAsync(context);
        if (await users.FindByIdAsync(current.Officer.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)) is { } user && Words.Languages.Contains(form["language"].ToString()))
        {
            user.Language = form["language"].ToString();
            await users.UpdateAsync(user);
        }
        return Results.Redirect(Local(form["back"]));
    }

    private static async Task IssueAsync(HttpContext context, OfficerUser user, byte[]? key)
    {
        var session = await context.RequestServices.GetRequiredService<Sessions>().BeginAsync(user.Id, user.SecurityStamp ?? "", context.RequestAborted);
        await context.SignInAsync(Principal(user, key, CookieAuthenticationDefaults.AuthenticationScheme, new(OfficerMiddleware.SessionClaim, session.ToString())));
    }

    private static ClaimsPrincipal Principal(OfficerUser user, byte[]? key, string scheme, Claim proof)
    {
        var claims = new List<Claim> { new(ClaimTypes.NameIdentifier, user.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)), proof };
        if (key is not null)
            claims.Add(new(OfficerMiddleware.KeyClaim, Convert.ToBase64String(key)));
        return new ClaimsPrincipal(new ClaimsIdentity(claims, scheme));
    }

    // Only a path of ours: no way to lead a freshly signed-in officer elsewhere. Browsers leave tabs out of an address and take \ for /.
    private static string Local(string? back) => back is { Length: > 0 } && back[0] == '/' && !back.StartsWith("//", StringComparison.Ordinal) && !back.Any(c => c == '\\' || char.IsControl(c)) ? back : "/";
}

using System.Security.Claims;
using Cea.Admin.Shell;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Cea.Admin.Officers;

/// <summary>Sign-in with lockout, sign-out, a new password. The password also opens the officer's private key, which travels only inside his encrypted cookie.</summary>
internal static class SignInEndpoints
{
    /// <summary>The password was right, the code of the second step is still to come: a short-lived encrypted cookie that opens nothing.</summary>
    public const string HalfScheme = "half";

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
        officer.Id == 0 ? "/sign-in" : officer.May(Right.ReadItems) ? "/items" : officer.May(Right.ReadTrends) ? "/trends"
        : new[] { Right.ManageSettings, Right.ManageUsers, Right.ManageAccounts, Right.ManageCircles, Right.ReadAudit }.Any(officer.May) ? "/settings" : "/start";

    public static Task ToSignIn(RedirectContext<CookieAuthenticationOptions> context) => SendToSignIn(context.HttpContext);

    /// <summary>A page goes to the sign-in and comes back; a part of one says so by header, so that what was typed stays.</summary>
    public static Task SendToSignIn(HttpContext context)
    {
        var back = HttpMethods.IsGet(context.Request.Method) ? context.Request.Path + context.Request.QueryString : "/";
        var address = $"/sign-in?back={Uri.EscapeDataString(back)}";
        if (context.Request.Headers.ContainsKey("HX-Request"))
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

    private static async Task<IResult> SignInAsync(HttpContext context, UserManager<OfficerUser> users, ILogger<OfficerUser> log)
    {
        var form = await Forms.ReadAsync(context);
        var back = Local(form["back"]);
        var user = await users.FindByNameAsync(form["name"].ToString());
        if (user is null || !user.Active || user.PasswordHash is null)
        {
            // as slow as a wrong password, so that names cannot be guessed by the clock
            new PasswordHasher<OfficerUser>().HashPassword(new OfficerUser(), form["password"].ToString());
            Log.SignInRefused(log, "name");
            return Results.Redirect($"/sign-in?wrong=1&back={Uri.EscapeDataString(back)}");
        }
        if (await users.IsLockedOutAsync(user))
        {
            Log.SignInRefused(log, "locked");
            return Results.Redirect($"/sign-in?locked=1&back={Uri.EscapeDataString(back)}");
        }
        if (!await users.CheckPasswordAsync(user, form["password"].ToString()))
        {
            await users.AccessFailedAsync(user);
            Log.SignInRefused(log, "password");
            return Results.Redirect($"/sign-in?wrong=1&back={Uri.EscapeDataString(back)}");
        }
        var key = user.PrivateKey is { } locked ? CircleKeys.UnlockWithPassword(locked, form["password"].ToString()) : null;
        if (user.TotpConfirmedAt is not null)
        {
            // failed tries are forgotten only when both steps were right: else who has the password could try codes for ever
            await context.SignInAsync(HalfScheme, Principal(user, key, HalfScheme));
            return Results.Redirect($"/sign-in/code?back={Uri.EscapeDataString(back)}");
        }
        await users.ResetAccessFailedCountAsync(user);
        await IssueAsync(context, user, key);
        return Results.Redirect(user.MustChangePassword ? "/password" : back);
    }

    private static async Task<IResult> CodeAsync(HttpContext context, UserManager<OfficerUser> users, SecondStep second, ILogger<OfficerUser> log)
    {
        var form = await Forms.ReadAsync(context);
        var back = Local(form["back"]);
        var half = (await context.AuthenticateAsync(HalfScheme)).Principal;
        if (half?.FindFirstValue(ClaimTypes.NameIdentifier) is not { } id || await users.FindByIdAsync(id) is not { Active: true } user || user.SecurityStamp != half.FindFirstValue(OfficerMiddleware.StampClaim))
            return Results.Redirect($"/sign-in?back={Uri.EscapeDataString(back)}");
        if (await users.IsLockedOutAsync(user))
        {
            Log.SignInRefused(log, "locked");
            return Results.Redirect($"/sign-in?locked=1&back={Uri.EscapeDataString(back)}");
        }
        if (!await second.TakeAsync(user, form["code"].ToString(), context.RequestAborted))
        {
            await users.AccessFailedAsync(user);
            Log.SignInRefused(log, "code");
            return Results.Redirect($"/sign-in/code?wrong=1&back={Uri.EscapeDataString(back)}");
        }
        await users.ResetAccessFailedCountAsync(user);
        await context.SignOutAsync(HalfScheme);
        await IssueAsync(context, user, half.FindFirstValue(OfficerMiddleware.KeyClaim) is { } key ? Convert.FromBase64String(key) : null);
        return Results.Redirect(user.MustChangePassword ? "/password" : back);
    }

    private static async Task<IResult> SignOutAsync(HttpContext context)
    {
        await Forms.ReadAsync(context);
        await context.SignOutAsync();
        return Results.Redirect("/sign-in");
    }

    private static async Task<IResult> ChangeAsync(HttpContext context, UserManager<OfficerUser> users, CurrentOfficer current)
    {
        var form = await Forms.ReadAsync(context);
        var user = await users.FindByIdAsync(current.Officer.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (user is null)
            return Results.Redirect("/sign-in");
        var (old, fresh) = (form["old"].ToString(), form["new"].ToString());
        if (fresh.Length < OfficerAccounts.ShortestPassword)
            return Results.Redirect("/password?problem=short");
        if (!(await users.ChangePasswordAsync(user, old, fresh)).Succeeded)
            return Results.Redirect("/password?problem=wrong");
        var key = user.PrivateKey is { } locked ? CircleKeys.UnlockWithPassword(locked, old) : null;
        if (key is not null)
            user.PrivateKey = CircleKeys.LockWithPassword(key, fresh);
        user.MustChangePassword = false;
        await users.UpdateAsync(user);
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

    private static Task IssueAsync(HttpContext context, OfficerUser user, byte[]? key) => context.SignInAsync(Principal(user, key, CookieAuthenticationDefaults.AuthenticationScheme));

    private static ClaimsPrincipal Principal(OfficerUser user, byte[]? key, string scheme)
    {
        var claims = new List<Claim>
        {
            new(ClaimTypes.NameIdentifier, user.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)), new(OfficerMiddleware.StampClaim, user.SecurityStamp ?? ""),
        };
        if (key is not null)
            claims.Add(new(OfficerMiddleware.KeyClaim, Convert.ToBase64String(key)));
        return new ClaimsPrincipal(new ClaimsIdentity(claims, scheme));
    }

    // Only a path of ours: no way to lead a freshly signed-in officer elsewhere. Browsers leave tabs out of an address and take \ for /.
    private static string Local(string? back) => back is { Length: > 0 } && back[0] == '/' && !back.StartsWith("//", StringComparison.Ordinal) && !back.Any(c => c == '\\' || char.IsControl(c)) ? back : "/";
}

using Cea.Admin.Settings;
using Cea.Admin.Shell;
using Cea.Feedback;
using Cea.Feedback.Officers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Admin.Officers;

/// <summary>What an officer does with his own account: his second step on, off, new recovery codes. Wrong codes count towards the same lockout as at sign-in.</summary>
internal static class AccountEndpoints
{
    private const string Page = "/account";

    public static void MapAccount(this IEndpointRouteBuilder routes)
    {
        Posts.Map(routes, Page, "begin", (_, key) => new BeginTotp(key));
        Posts.MapPage(routes, Page, "confirm", async (context, form, mediator, state) =>
        {
            // the secret stands on the very page: there is nothing to guess
            state.Recovery = (true, (await mediator.Send(new ConfirmTotp(form["code"].ToString(), Forms.ClientId(form)), context.RequestAborted)).Codes);
            return Posts.Page(context, Page);
        });
        Posts.MapPage(routes, Page, "recovery", async (context, form, mediator, state) =>
        {
            state.Recovery = (true, (await CountedAsync(context, () => mediator.Send(new RenewRecoveryCodes(form["code"].ToString(), Forms.ClientId(form)), context.RequestAborted))).Codes);
            return Posts.Page(context, Page);
        });
        Posts.MapPage(routes, Page, "stop", async (context, form, mediator, _) =>
        {
            await CountedAsync(context, () => mediator.Send(new StopTotp(form["code"].ToString(), Forms.ClientId(form)), context.RequestAborted));
            return Posts.SeeOther(context, $"{Page}?done=1");
        });
    }

    // Whoever finds a browser signed in cannot try codes until one fits.
    private static async Task<T> CountedAsync<T>(HttpContext context, Func<Task<T>> act)
    {
        var id = context.RequestServices.GetRequiredService<CurrentOfficer>().Officer.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await using var apart = context.RequestServices.GetRequiredService<IServiceScopeFactory>().CreateAsyncScope(); // counted whatever becomes of the act
        var users = apart.ServiceProvider.GetRequiredService<UserManager<OfficerUser>>();
        if (await users.FindByIdAsync(id) is not { } user)
            throw new RuleException("sign_in");
        if (await users.IsLockedOutAsync(user))
            throw new RuleException("locked_out");
        try
        {
            return await act();
        }
        catch (RuleException refused) when (refused.Code == "totp_wrong")
        {
            await users.AccessFailedAsync(user);
            throw;
        }
    }
}

using Cea.Admin.Settings;
using Cea.Admin.Shell;
using Cea.Feedback;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Admin.Officers;

/// <summary>What an officer does with his own account: his telephone, his second step on, off, new recovery codes. A few wrong codes or passwords end the session.</summary>
internal static class AccountEndpoints
{
    private const string Page = "/account";

    public static void MapAccount(this IEndpointRouteBuilder routes)
    {
        Posts.MapPage(routes, Page, "number", async (context, form, mediator, _) =>
        {
            await CountedAsync(context, () => mediator.Send(new SaveOwnNumber(new TypedAddress(form["number"].ToString()), form["password"].ToString(), Forms.ClientId(form)), context.RequestAborted));
            return Posts.SeeOther(context, $"{Page}?done=1");
        });
        Posts.Map(routes, Page, "begin", (_, key) => new BeginTotp(key));
        Posts.MapPage(routes, Page, "confirm", async (context, form, mediator, state) =>
        {
            state.Recovery = (true, (await CountedAsync(context, () => mediator.Send(new ConfirmTotp(form["code"].ToString(), Forms.ClientId(form)), context.RequestAborted))).Codes);
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

    // Whoever has somebody's cookie or screen cannot try codes or passwords until one fits: a few wrong ones end the session. Those of the session, not of the name: its owner is not locked out by it.
    private static async Task<T> CountedAsync<T>(HttpContext context, Func<Task<T>> act)
    {
        var sessions = context.RequestServices.GetRequiredService<Sessions>();
        if (OfficerMiddleware.SessionOf(context) is not { } session || !await sessions.CountTryAsync(session, context.RequestAborted))
            throw new RuleException("sign_in");
        try
        {
            var result = await act();
            await sessions.GiveBackAsync(session, context.RequestAborted);
            return result;
        }
        catch (RuleException refused) when (refused.Code is not ("totp_wrong" or SaveOwnNumber.PasswordWrong))
        {
            await sessions.GiveBackAsync(session, context.RequestAborted); // nothing was judged
            throw;
        }
    }
}

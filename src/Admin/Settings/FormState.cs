using Cea.Admin.Shell;
using Cea.Feedback;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Cea.Admin.Settings;

/// <summary>The form of this request when it was refused: what was typed and what is wrong, for the page that is shown again; or what was made and is shown once.</summary>
public sealed class FormState
{
    private IFormCollection? _typed;
    private string? _form;

    public IReadOnlyList<WrongField> Wrong { get; private set; } = [];

    /// <summary>The code of the refusal.</summary>
    public string? Refused { get; private set; }

    /// <summary>Shown once, on this page and nowhere else: a new password.</summary>
    public (string Name, string Secret)? Made { get; set; }

    /// <summary>Shown once, on this page and nowhere else: recovery codes; null inside: they were shown before.</summary>
    public (bool Made, IReadOnlyList<string>? Codes) Recovery { get; set; }

    /// <summary>What a line's provider said when it was asked; null inside: it did not answer.</summary>
    public (string Account, IReadOnlyList<Feedback.Intake.LineProblem>? Problems)? Checked { get; set; }

    /// <summary>Shown once, on this page and nowhere else: the code of what was recorded.</summary>
    public Feedback.Items.RecordedCall? Recorded { get; set; }

    /// <summary>Too many tries to sign in from an address: when it may try again.</summary>
    public int? WaitMinutes { get; set; }

    public bool Is(string form) => _typed is not null && _form == form;

    /// <summary>What was typed into this form's field, else what is kept.</summary>
    public string? Value(string form, string field, string? kept) => Is(form) ? _typed![field].ToString() : kept;

    public bool Ticked(string form, string field, string value, bool kept) => Is(form) ? _typed![field].Contains(value) : kept;

    public IEnumerable<WrongField> WrongIn(string form, string field) => Is(form) ? Wrong.Where(w => w.Field == field) : [];

    internal void Refuse(IFormCollection typed, RuleException refused) => (_typed, _form, Wrong, Refused) = (typed, typed["form"], refused.Fields, refused.Code);
}

/// <summary>Posts of the settings: done, 303 back to the page; refused, 422 and the page again with what was typed.</summary>
internal static class Posts
{
    /// <summary>One address for one use case.</summary>
    public static void Map<T>(IEndpointRouteBuilder routes, string page, string name, Func<IFormCollection, Guid, IRequest<T>> use, Func<HttpContext, Task>? after = null) =>
        MapPage(routes, page, name, async (context, form, mediator, _) =>
        {
            await mediator.Send(use(form, Forms.ClientId(form)), context.RequestAborted);
            if (after is not null)
                await after(context);
            return SeeOther(context, $"{page}?done=1");
        });

    /// <summary>A post that answers by itself when it is not refused.</summary>
    public static void MapPage(IEndpointRouteBuilder routes, string page, string name, Func<HttpContext, IFormCollection, IMediator, FormState, Task<IResult>> answer)
    {
        routes.MapGet($"{page}/{name}", () => Results.Redirect(page)); // somebody loads the address of a refused form again
        routes.MapPost($"{page}/{name}", async (HttpContext context, IMediator mediator, FormState state) =>
        {
            var form = await Forms.ReadAsync(context);
            try
            {
                return await answer(context, form, mediator, state);
            }
            catch (RuleException refused) when (refused.Code is not ("sign_in" or "not_allowed"))
            {
                state.Refuse(form, refused);
                return Page(context, page, StatusCodes.Status422UnprocessableEntity);
            }
        });
    }

    /// <summary>The whole page in answer to a post: the router finds it by its own address.</summary>
    public static IResult Page(HttpContext context, string page, int status = StatusCodes.Status200OK)
    {
        (context.Request.Path, context.Request.QueryString) = (page, QueryString.Empty);
        context.Response.Headers["HX-Push-Url"] = page;
        return new RazorComponentResult<App> { StatusCode = status };
    }

    public static IResult SeeOther(HttpContext context, string address)
    {
        context.Response.Headers.Location = address;
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }
}

using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Admin.Shell;

/// <summary>A posted form of ours: antiforgery checked before anything is read from it.</summary>
internal static class Forms
{
    public static async Task<IFormCollection> ReadAsync(HttpContext context)
    {
        await context.RequestServices.GetRequiredService<IAntiforgery>().ValidateRequestAsync(context);
        return await context.Request.ReadFormAsync(context.RequestAborted);
    }

    /// <summary>The id that makes a double click one act; made with the form, not with the click.</summary>
    public static Guid ClientId(IFormCollection form) => Guid.TryParse(form["client_id"], out var id) ? id : Guid.CreateVersion7();

    /// <summary>After a change: back to the page (303), or for htmx the same address, whose parts it swaps.</summary>
    public static IResult Back(HttpContext context, string address)
    {
        _ = context;
        return Results.Redirect(address, permanent: false, preserveMethod: false);
    }
}

using System.Security.Claims;
using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace Cea.Admin.Officers;

/// <summary>Sets who is asking: from the cookie (with the key that his password opened) or from an API key. Roles are read anew each time: who is switched off is out at once.</summary>
internal sealed class OfficerMiddleware(RequestDelegate next)
{
    public const string StampClaim = "stamp", KeyClaim = "key";

    // Where he goes who must first change his password or set up his second step.
    private static readonly string[] Open = ["/password", "/account", "/sign-in", "/sign-out", "/_content"];

    public async Task InvokeAsync(HttpContext context, CurrentOfficer current, Databases databases, CodebookInUse codebook)
    {
        if (context.User.FindFirstValue(ClaimTypes.NameIdentifier) is { } id && int.TryParse(id, System.Globalization.CultureInfo.InvariantCulture, out var officerId))
        {
            (current.Officer, var first) = await ReadAsync(databases, officerId, context.User.FindFirstValue(StampClaim) ?? "", context.User.FindFirstValue(KeyClaim), context);
            if (first is not null && HttpMethods.IsGet(context.Request.Method) && !Open.Any(p => context.Request.Path.StartsWithSegments(p)))
            {
                context.Response.Redirect(first);
                return;
            }
            await codebook.ReadAsync(databases, context.RequestAborted); // his page shows the labels in use, whichever Host took the file
        }
        await next(context);
    }

    private static async Task<(Officer Officer, string? First)> ReadAsync(Databases databases, int id, string stamp, string? key, HttpContext context)
    {
        await using var command = databases.Pages.CreateCommand("""
            select display_name, roles, language, must_change_password, totp_confirmed_at is null and exists (select 1 from deployment where name = 'totp_required' and value = '1')
            from officer where id = $1 and active and security_stamp = $2
            """);
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = id }, new() { Value = stamp } });
        await using var reader = await command.ExecuteReaderAsync(context.RequestAborted);
        if (!await reader.ReadAsync(context.RequestAborted))
            return (Officer.Nobody, null);
        // Until he has a password and a second step of his own he has no rights, so no address that is forgotten here opens anything.
        var first = reader.GetBoolean(3) ? "/password" : reader.GetBoolean(4) ? "/account" : null;
        return (new Officer(id, reader.GetString(0), Roles.RightsOf(first is null ? (string[])reader[1] : [])) { Language = reader.GetString(2), PrivateKey = key is null ? [] : Convert.FromBase64String(key) }, first);
    }
}

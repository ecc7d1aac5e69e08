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

    public async Task InvokeAsync(HttpContext context, CurrentOfficer current, Databases databases, CodebookInUse codebook)
    {
        if (context.User.FindFirstValue(ClaimTypes.NameIdentifier) is { } id && int.TryParse(id, System.Globalization.CultureInfo.InvariantCulture, out var officerId))
        {
            current.Officer = await ReadAsync(databases, officerId, context.User.FindFirstValue(StampClaim) ?? "", context.User.FindFirstValue(KeyClaim), context) ?? Officer.Nobody;
            await codebook.ReadAsync(databases, context.RequestAborted); // his page shows the labels in use, whichever Host took the file
        }
        await next(context);
    }

    private static async Task<Officer?> ReadAsync(Databases databases, int id, string stamp, string? key, HttpContext context)
    {
        await using var command = databases.Pages.CreateCommand("select display_name, roles, language, must_change_password from officer where id = $1 and active and security_stamp = $2");
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = id }, new() { Value = stamp } });
        await using var reader = await command.ExecuteReaderAsync(context.RequestAborted);
        if (!await reader.ReadAsync(context.RequestAborted))
            return null;
        if (reader.GetBoolean(3))
            context.Items[SignInEndpoints.MustChange] = true;
        return new Officer(id, reader.GetString(0), Roles.RightsOf((string[])reader[1])) { Language = reader.GetString(2), PrivateKey = key is null ? [] : Convert.FromBase64String(key) };
    }
}

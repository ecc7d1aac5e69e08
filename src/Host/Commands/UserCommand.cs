using System.CommandLine;
using Cea.Feedback;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;

namespace Cea.Host.Commands;

/// <summary>cea user add: an officer, whose first password is printed once.</summary>
internal static class UserCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME");
        var roles = new Option<string[]>("--role") { Description = string.Join(' ', Roles.All), Required = true, AllowMultipleArgumentsPerToken = true };
        var circles = new Option<string[]>("--circle") { Description = "cleared for: " + string.Join(' ', Circle.All.Skip(1).Select(c => c.Code)), AllowMultipleArgumentsPerToken = true };
        var alternate = new Option<bool>("--alternate") { Description = "stands in where the focal point may be concerned" };
        var display = new Option<string?>("--display") { Description = "the name as people know it" };
        var add = new Command("add", "add an officer") { name, roles, circles, alternate, display };
        add.SetAction(async (parsed, ct) =>
        {
            await using var deployment = await CommandLine.OpenAsync(ct);
            var password = OfficerAccounts.NewSecret();
            var user = parsed.GetValue(name)!;
            try
            {
                await new OfficerAccounts(deployment.Databases.Pages, deployment.Keys)
                    .AddAsync(user, password, parsed.GetValue(roles) ?? [], parsed.GetValue(circles) ?? [], parsed.GetValue(alternate), null, parsed.GetValue(display) ?? user, mustChange: true, ct);
            }
            catch (RuleException refused)
            {
                throw refused.Code switch
                {
                    "unknown_role" => new UsageException($"--role: one of {string.Join(' ', Roles.All)}"),
                    "unknown_circle" => new UsageException($"--circle: one of {string.Join(' ', Circle.All.Skip(1).Select(c => c.Code))}"),
                    "name_taken" => new InvalidOperationException($"there is an officer {user} already"),
                    "circle_has_members" => new InvalidOperationException("the circle has two members who hold its key: they propose and confirm the next one in the pages"),
                    _ => refused,
                };
            }
            Console.WriteLine(password);
            return CommandLine.Done;
        });
        return new Command("user", "officers") { add };
    }
}

/// <summary>cea apikey add: a key for another system, printed once.</summary>
internal static class ApiKeyCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME");
        var scope = new Option<string>("--scope") { Description = "read, submit or manage", Required = true };
        var add = new Command("add", "add an API key") { name, scope };
        add.SetAction(async (parsed, ct) =>
        {
            if (parsed.GetValue(scope) is not ("read" or "submit" or "manage"))
                throw new UsageException("--scope: read, submit or manage");
            await using var deployment = await CommandLine.OpenAsync(ct);
            Console.WriteLine(await new OfficerAccounts(deployment.Databases.Pages, deployment.Keys).AddApiKeyAsync(parsed.GetValue(name)!, parsed.GetValue(scope)!, ct));
            return CommandLine.Done;
        });
        return new Command("apikey", "keys of other systems") { add };
    }
}

using Cea.Feedback.Officers;
using Npgsql;

namespace Cea.Host;

/// <summary>At the first start there is nobody yet: an administrator is made, whose password stands in a file that only the service's user reads.</summary>
internal static class FirstOfficer
{
    public const string Name = "admin";

    public static string FileOf(Deployment deployment) => deployment.Settings.DataDirectory.TrimEnd('/') + ".first-password";

    public static async Task EnsureAsync(Deployment deployment, Action<string> say, CancellationToken ct)
    {
        // Two Hosts that start for the first time: one makes the officer, the other finds him.
        await using var alone = await deployment.Databases.Pages.OpenConnectionAsync(ct);
        await using var transaction = await alone.BeginTransactionAsync(ct);
        await using (var wait = new NpgsqlCommand("select pg_advisory_xact_lock(hashtext('first officer'), 1)", alone))
            await wait.ExecuteNonQueryAsync(ct);
        await using (var any = deployment.Databases.Pages.CreateCommand("select exists (select 1 from officer)"))
        {
            if (await any.ExecuteScalarAsync(ct) is true)
                return;
        }
        var password = OfficerAccounts.NewSecret();
        // The file first: a kill in between leaves a password that opens nothing, not an officer whose password nobody knows.
        await WriteAsync(FileOf(deployment), $"{Name} {password}\n", ct);
        await new OfficerAccounts(deployment.Databases.Pages, deployment.Keys).AddAsync(Name, password, [Roles.Administrator], [], false, null, "Administrator", mustChange: true, ct);
        say($"The first administrator is {Name}; the password is in {FileOf(deployment)}");
    }

    /// <summary>What the line after the start says.</summary>
    public static async Task<string> WhereAsync(Deployment deployment, CancellationToken ct)
    {
        await using var first = deployment.Databases.Pages.CreateCommand("select must_change_password from officer where normalized_user_name = 'ADMIN'");
        return await first.ExecuteScalarAsync(ct) is true && File.Exists(FileOf(deployment)) ? $"sign in as {Name}, first password in {FileOf(deployment)}"
            : File.Exists(FileOf(deployment)) ? $"names and first passwords in {FileOf(deployment)}" : "sign in";
    }

    public static async Task WriteAsync(string file, string text, CancellationToken ct)
    {
        await using var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), ct);
    }
}

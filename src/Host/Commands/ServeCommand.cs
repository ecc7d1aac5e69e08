using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Cea.Feedback.Officers;
using Cea.Host.Demo;
using Cea.Host.Serving;

namespace Cea.Host.Commands;

/// <summary>cea serve: the service.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var roles = new Option<string>("--roles") { Description = "intake, worker, admin; with commas. `sandbox` in Development only", DefaultValueFactory = _ => "intake,worker,admin" };
        var demo = new Option<bool>("--demo") { Description = "fill an empty database with clearly marked demo data (Development only)" };
        var command = new Command("serve", "the service; all roles unless some are named") { roles, demo };
        command.SetAction((parsed, ct) => RunAsync(parsed.GetValue(roles)!, parsed.GetValue(demo), ct));
        return command;
    }

    private static async Task<int> RunAsync(string roleNames, bool demo, CancellationToken ct)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = CommandLine.SettingArguments, ContentRootPath = AppContext.BaseDirectory });
        var roles = Parse(roleNames, builder.Environment.IsDevelopment());
        if (demo && !builder.Environment.IsDevelopment())
            throw new UsageException("--demo is for Development only; `cea demo` fills a database on purpose");
        if (builder.Configuration["Cea:PublicUrl"] is null && builder.Configuration["Urls"] is { } urls)
            builder.Configuration["Cea:PublicUrl"] = urls.Split(';')[0].Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal).Replace("[::]", "127.0.0.1", StringComparison.Ordinal).Replace("*", "127.0.0.1", StringComparison.Ordinal);
        var settings = Settings.Read(builder.Configuration);
        builder.Configuration["Cea:ErasureLog"] = settings.ErasureLog;
        if (roles is { Intake: false, Worker: false, Admin: false })
        {
            await using var alone = SandboxProcess.Start(builder.Configuration, settings.PublicUrl);
            await Task.Delay(Timeout.Infinite, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return CommandLine.Done;
        }

        RefuseTaken(builder.Configuration["Urls"] ?? "");
        await using var deployment = await Deployment.OpenAsync(settings, Say, ct);
        await deployment.WaitAsync(Say, ct);
        await deployment.EnsureSchemaAsync(Say, ct);
        await deployment.Databases.RefuseBypassAsync(ct);
        await FirstOfficer.EnsureAsync(deployment, Say, ct);
        if (demo)
            await new DemoData(deployment).EnsureAsync(Say, ct);
        await using var sandbox = roles.Sandbox ? SandboxProcess.Start(builder.Configuration, settings.PublicUrl) : null;
        await using var app = Server.Build(builder, deployment, roles);
        if (roles.Sandbox)
            app.MapGet("/sandbox", () => Results.Redirect((builder.Configuration["Cea:SandboxUrl"] ?? SandboxProcess.Url) + "/sandbox"));
        await app.StartAsync(ct);
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Cea.Host");
        Log.Serving(log, roles.ToString(), string.Join(' ', app.Urls));
        Say($"Cea is at {app.Urls.FirstOrDefault() ?? settings.PublicUrl.ToString()} - {await FirstOfficer.WhereAsync(deployment, ct)}");
        app.Lifetime.ApplicationStopping.Register(() => Log.Stopping(log));
        await app.WaitForShutdownAsync(ct);
        return CommandLine.Done;
    }

    // Kestrel would say it with a stack trace, and only after the database was opened.
    private static void RefuseTaken(string urls)
    {
        foreach (var url in urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var address = BindingAddress.Parse(url);
            if (address.IsUnixPipe || address.IsNamedPipe || address.Port == 0)
                continue;
            var at = IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) ? ip : address.Host == "localhost" ? IPAddress.Loopback : IPAddress.Any;
            try
            {
                using var listener = new TcpListener(at, address.Port);
                listener.Start();
            }
            catch (SocketException trouble)
            {
                throw new SettingException("Urls", trouble.SocketErrorCode == SocketError.AddressAlreadyInUse ? $"{url} is taken by another program on this machine: choose another port" : $"{url} cannot be listened on: {trouble.Message}");
            }
        }
    }

    private static Serving.Roles Parse(string names, bool development)
    {
        var given = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (given.Except(["intake", "worker", "admin", "sandbox"]).FirstOrDefault() is { } unknown)
            throw new UsageException($"--roles: {unknown} is none of intake, worker, admin");
        if (given.Contains("sandbox") && !development)
            throw new UsageException("--roles sandbox is for Development only");
        if (given.Length == 0)
            throw new UsageException("--roles: name at least one of intake, worker, admin");
        return new Serving.Roles(given.Contains("intake"), given.Contains("worker"), given.Contains("admin"), given.Contains("sandbox"));
    }

    private static void Say(string line) => Console.WriteLine(line);
}

using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Cea.Feedback;
using Npgsql;

namespace Cea.Host.Commands;

/// <summary>Runs a command and turns its end into an exit code: 0 done, 1 failed (one plain line says why), 2 wrong usage.</summary>
internal static class CommandLine
{
    public const int Done = 0, Failed = 1, WrongUsage = 2;

    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        // What looks like a setting (--Cea:PublicUrl=..., --urls ...) belongs to the configuration.
        var (own, settings) = Split(args);
        SettingArguments = settings;
        var parsed = root.Parse(own);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync("`cea --help` shows the commands, `cea COMMAND --help` its options.");
            return WrongUsage;
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(35) });
        }
        catch (UsageException wrong)
        {
            await Console.Error.WriteLineAsync(wrong.Message);
            return WrongUsage;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("stopped");
            return Failed;
        }
        catch (Exception trouble) when (trouble is SettingException or InvalidOperationException or IOException or InvalidDataException or FormatException or JsonException or CryptographicException or UnauthorizedAccessException or TimeoutException or RuleException)
        {
            await Console.Error.WriteLineAsync(trouble.Message);
            return Failed;
        }
        catch (NpgsqlException trouble)
        {
            await Console.Error.WriteLineAsync($"the database: {(trouble is PostgresException p ? $"{p.SqlState} {p.MessageText}" : trouble.Message)}");
            return Failed;
        }
    }

    /// <summary>The arguments that are settings.</summary>
    public static string[] SettingArguments { get; private set; } = [];

    /// <summary>Settings of a command that does not serve.</summary>
    public static IConfiguration Configuration()
    {
        var environment = Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? "Production";
        return new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, $"appsettings.{environment}.json"), optional: true)
            .AddEnvironmentVariables().AddCommandLine(SettingArguments).Build();
    }

    /// <summary>The deployment of a command that does not serve; its schema must be current.</summary>
    public static async Task<Deployment> OpenAsync(CancellationToken ct, bool schema = true)
    {
        var deployment = await Deployment.OpenAsync(Settings.Read(Configuration()), _ => { }, ct);
        if (!schema)
            return deployment;
        try
        {
            await deployment.EnsureSchemaAsync(_ => { }, ct);
            return deployment;
        }
        catch
        {
            await deployment.DisposeAsync();
            throw;
        }
    }

    private static (string[] Own, string[] Settings) Split(string[] args)
    {
        var (own, settings) = (new List<string>(), new List<string>());
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i].Split('=')[0];
            var isSetting = args[i].StartsWith("--", StringComparison.Ordinal) && (name.Contains(':', StringComparison.Ordinal) || name.ToLowerInvariant() is "--urls" or "--environment" or "--contentroot");
            if (!isSetting)
            {
                own.Add(args[i]);
                continue;
            }
            settings.Add(args[i]);
            if (!args[i].Contains('=', StringComparison.Ordinal) && i + 1 < args.Length)
                settings.Add(args[++i]);
        }
        return ([.. own], [.. settings]);
    }
}

/// <summary>Wrong usage that only the command itself can see.</summary>
internal sealed class UsageException(string message) : Exception(message);

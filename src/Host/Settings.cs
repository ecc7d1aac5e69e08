using System.Net;
using Npgsql;

namespace Cea.Host;

/// <summary>A setting is missing or wrong: one line that names it and says what to do. Ends the start with exit code 1.</summary>
public sealed class SettingException(string setting, string problem) : Exception($"{setting}: {problem}");

/// <summary>The service's own settings, checked together before anything starts.</summary>
public sealed class Settings
{
    public const string DefaultPublicUrl = "http://127.0.0.1:5080";

    private Settings()
    {
    }

    /// <summary>Null: the embedded server is used.</summary>
    public string? ConnectionString { get; private init; }
    public required string DataDirectory { get; init; }
    public required Uri PublicUrl { get; init; }

    /// <summary>The key ring's JSON, or the file that holds it.</summary>
    public required string? KeysText { get; init; }
    public required string KeysFile { get; init; }
    public required IReadOnlyList<IPNetwork> TrustedProxies { get; init; }
    public required string ErasureLog { get; init; }
    public required string[] NpmRoots { get; init; }

    /// <summary>"system" or "npm" for the embedded server; null: whichever there is.</summary>
    public required string? PostgresEdition { get; init; }

    public static Settings Read(IConfiguration configuration)
    {
        var data = configuration["Cea:DataDirectory"] is { Length: > 0 } given ? Path.GetFullPath(given) : DefaultDataDirectory();
        var publicUrl = configuration["Cea:PublicUrl"] is { Length: > 0 } url ? url : DefaultPublicUrl;
        if (!Uri.TryCreate(publicUrl, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https") || parsed.Query.Length > 0 || parsed.Fragment.Length > 0)
            throw new SettingException("Cea:PublicUrl", "must be the address that providers call, like https://feedback.example.org");
        var connection = configuration.GetConnectionString("Cea");
        if (connection is { Length: > 0 })
        {
            try
            {
                _ = new NpgsqlConnectionStringBuilder(connection).ConnectionString;
            }
            catch (ArgumentException)
            {
                throw new SettingException("ConnectionStrings:Cea", "is no PostgreSQL connection string; it looks like Host=db;Database=cea;Username=cea;Password=...");
            }
        }
        var edition = configuration["Cea:Postgres"] is { Length: > 0 } wanted ? wanted : null;
        if (edition is not (null or "system" or "npm"))
            throw new SettingException("Cea:Postgres", "is system (installed on this machine) or npm (from src/Host); leave it out to take whichever there is");
        if (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 } receiver && !(Uri.TryCreate(receiver, UriKind.Absolute, out var otlp) && otlp.Scheme is ("http" or "https")))
            throw new SettingException("OTEL_EXPORTER_OTLP_ENDPOINT", "must be the address of what receives OTLP over HTTP, like http://collector:4318");
        var keys = configuration["Cea:Keys"];
        var inline = keys?.TrimStart().StartsWith('{') == true;
        if (connection is { Length: > 0 } && string.IsNullOrWhiteSpace(keys))
            throw new SettingException("Cea:Keys", "must be set when a database is given: the same key file on every Host; `cea keys new FILE` makes one");
        var keysFile = inline || string.IsNullOrWhiteSpace(keys) ? data.TrimEnd('/') + ".keys" : Path.GetFullPath(keys);
        if (keysFile.StartsWith(data.TrimEnd('/') + "/", StringComparison.Ordinal))
            throw new SettingException("Cea:Keys", "must not lie in the data directory: whoever copies the data would have the keys too");
        return new Settings
        {
            ConnectionString = string.IsNullOrWhiteSpace(connection) ? null : connection,
            DataDirectory = data,
            PublicUrl = parsed,
            KeysText = inline ? keys : null,
            KeysFile = keysFile,
            TrustedProxies = Proxies(configuration["Cea:TrustedProxies"]),
            ErasureLog = configuration["Cea:ErasureLog"] is { Length: > 0 } log ? Path.GetFullPath(log) : data.TrimEnd('/') + ".erasures",
            PostgresEdition = edition,
            NpmRoots = [AppContext.BaseDirectory, .. Source() is { } source ? [Path.Combine(source, "src", "Host")] : Array.Empty<string>()],
        };
    }

    /// <summary>The checkout this runs from, or null when it is installed.</summary>
    public static string? Source()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Cea.sln")))
                return directory.FullName;
        }
        return null;
    }

    private static string DefaultDataDirectory() => Environment.IsPrivilegedProcess ? "/var/lib/cea"
        : Path.Combine(Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } xdg ? xdg : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share"), "cea");

    private static List<IPNetwork> Proxies(string? text)
    {
        var proxies = new List<IPNetwork>();
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPNetwork.TryParse(part, out var network))
                proxies.Add(network);
            else if (IPAddress.TryParse(part, out var address))
                proxies.Add(new IPNetwork(address, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128));
            else
                throw new SettingException("Cea:TrustedProxies", $"{part} is no address or network; write them like 10.0.0.4, 10.1.0.0/16");
        }
        return proxies;
    }
}

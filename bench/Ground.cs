using System.Diagnostics;
using System.Globalization;
using Cea.Host.EmbeddedPostgres;
using Cea.Testing;
using Npgsql;

namespace Cea.Bench;

/// <summary>What a measurement stands on: a durable PostgreSQL of its own on disk, the sandbox as provider, and as many Hosts as it starts. All of it is removed at the end.</summary>
internal sealed class Ground : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cea-bench").FullName;
    private readonly List<HostProcess> _hosts = [];
    private readonly List<Process> _others = [];

    private Ground()
    {
    }

    public PostgresServer Server { get; private set; } = null!;
    public Dictionary<string, string> Environment { get; private set; } = [];
    public string ConnectionString => Server.ConnectionString("cea");
    public int PublicPort { get; } = HostProcess.FreePort();
    public int SandboxPort { get; } = HostProcess.FreePort();
    public Uri Sandbox => new($"http://127.0.0.1:{SandboxPort}");
    public string DataDirectory => Path.Combine(_directory, "data");

    /// <summary>What the providers call us by.</summary>
    public string PublicUrl => $"http://127.0.0.1:{PublicPort}";

    public ProviderLine Sms { get; } = new("twilio-sms", "sms", "bench-token", "AC0000000000000000000000000000000b", "+15550100011");

    /// <summary>Lines beside the one for SMS, which is always there.</summary>
    public IReadOnlyList<ProviderLine> Others { get; } =
    [
        new("twilio-whatsapp", "wa", "bench-whatsapp-token", "AC0000000000000000000000000000000c", "+15550100012"), new("twilio-voice", "helpline", "bench-voice-token", "AC0000000000000000000000000000000d", "+15550100013"),
        new("telegram", "bot", "bench-secret", "100011:bench-bot-token-00000000000000000000", ""),
    ];

    public ProviderLine Open(string kind)
    {
        var line = kind == Sms.Kind ? Sms : Others.Single(l => l.Kind == kind);
        line.Configure(Environment, Sandbox.ToString().TrimEnd('/'));
        return line;
    }

    public static async Task<Ground> PrepareAsync()
    {
        var ground = new Ground();
        File.SetUnixFileMode(ground._directory, (UnixFileMode)0b111_101_101);
        ground.Server = await PostgresServer.StartAsync(Path.Combine(ground._directory, "pg"), [Path.Combine(TestDatabase.RepositoryRoot, "src", "Host")]);
        await ground.AdminAsync("create database cea");
        ground.Environment = HostProcess.Deployment(ground.ConnectionString, ground._directory);
        ground.Environment["Cea__PublicUrl"] = ground.PublicUrl;
        ground.Open(ground.Sms.Kind);
        await ground.CommandAsync("migrate");
        return ground;
    }

    public async Task CommandAsync(params string[] arguments)
    {
        var (code, output) = await HostProcess.CommandAsync(Environment, arguments);
        if (code != 0)
            throw new InvalidOperationException($"cea {string.Join(' ', arguments)}: {code}: {output}");
    }

    public async Task<HostProcess> HostAsync(int port, string roles = "intake,worker,admin")
    {
        var host = await HostProcess.ServeAsync(Environment, _directory, port, "--roles", roles);
        _hosts.Add(host);
        return host;
    }

    public async Task SandboxAsync(params string[] more)
    {
        var configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        var info = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in (string[])[Path.Combine(TestDatabase.RepositoryRoot, "src", "Sandbox", "bin", configuration, "net10.0", "cea-sandbox.dll"), "--urls", Sandbox.ToString().TrimEnd('/'),
            $"--Sandbox:CeaBaseUrl=http://127.0.0.1:{PublicPort}", "--Sandbox:StatusDelayMs=50", .. Others.Prepend(Sms).SelectMany(Account), .. more])
            info.ArgumentList.Add(argument);
        var process = Process.Start(info)!;
        _others.Add(process);
        await process.StandardOutput.ReadLineAsync();
        _ = process.StandardOutput.ReadToEndAsync();
    }

    private static IEnumerable<string> Account(ProviderLine line, int n) =>
        from setting in line.IsTelegram ? new[] { ("BotToken", line.Sid), ("WebhookSecret", line.Secret) } : [("AccountSid", line.Sid), ("AuthToken", line.Secret), ("Number", line.Number)]
        from argument in new[] { $"{setting.Item1}={setting.Item2}", $"Name={line.Account}", $"Kind={line.Kind}" }.Distinct()
        select $"--Sandbox:Accounts:{n}:{argument}";

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Timeout=60");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        return (T)Convert.ChangeType((await command.ExecuteScalarAsync())!, typeof(T), CultureInfo.InvariantCulture);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        await command.ExecuteNonQueryAsync();
    }

    public async Task UntilAsync(string what, string sql, int seconds = 300)
    {
        for (var since = Stopwatch.StartNew(); ; await Task.Delay(250))
        {
            try
            {
                if (await ScalarAsync<bool>(sql))
                    return;
            }
            catch (NpgsqlException) when (since.Elapsed.TotalSeconds < seconds)
            {
                // it is coming back
            }
            if (since.Elapsed.TotalSeconds > seconds)
                throw new TimeoutException(what);
        }
    }

    /// <summary>SIGKILL to the postmaster: its children end by themselves, and whoever watches starts it again.</summary>
    public void KillPostgres()
    {
        var pid = int.Parse(File.ReadLines(Path.Combine(Server.DataDirectory, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        using var process = Process.GetProcessById(pid);
        process.Kill();
    }

    /// <summary>Keeps everybody from starting the server again until disposed.</summary>
    public FileStream HoldDown() => new(Path.Combine(Server.Root, "start.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);

    /// <summary>Transactions a second that pgbench gets with a script, 8 clients.</summary>
    public async Task<double> PgbenchAsync(string script, int seconds, int clients = 8, params string[] more)
    {
        var file = Path.Combine(_directory, "pgbench.sql");
        await File.WriteAllTextAsync(file, script);
        var program = Path.Combine(Path.GetDirectoryName(Server.Binaries.Postgres)!, "pgbench");
        var info = new ProcessStartInfo(File.Exists(program) ? program : "pgbench") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-h", Server.SocketDirectory, "-p", "5432", "-U", "cea", "-n", "-f", file, "-c", $"{clients}", "-j", "2", "-T", $"{seconds}", .. more, "cea"])
            info.ArgumentList.Add(argument);
        info.Environment["PGOPTIONS"] = "-c jit=off"; // as Cea's own connections
        using var process = Process.Start(info)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var line = output.Split('\n').FirstOrDefault(l => l.StartsWith("tps = ", StringComparison.Ordinal)) ?? throw new InvalidOperationException(output + await error);
        if (output.Split('\n').FirstOrDefault(l => l.StartsWith("number of failed", StringComparison.Ordinal)) is { } failed && !failed.Contains(": 0 ", StringComparison.Ordinal))
            throw new InvalidOperationException(failed);
        return double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture);
    }

    /// <summary>The most memory a process has held, MB.</summary>
    public static int PeakMemory(HostProcess host) =>
        int.Parse(File.ReadLines($"/proc/{host.Id}/status").Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
        foreach (var other in _others)
        {
            other.Kill();
            other.Dispose();
        }
        NpgsqlConnection.ClearAllPools();
        await Server.DisposeAsync();
        while (File.Exists(Path.Combine(Server.DataDirectory, "postmaster.pid")))
            await Task.Delay(100);
        Directory.Delete(_directory, true);
    }

    private async Task AdminAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Server.ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Cea.Host.EmbeddedPostgres;

/// <summary>
/// A real PostgreSQL server on a Unix socket, run for this data directory by whoever needs it first. Every user holds a shared lock on the directory; a
/// supervisor waits for the exclusive one, which it gets when the last user is gone (a kill included), and then shuts the server down. A server that died is
/// started again by whichever user sees it first.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly PostgresBinaries _binaries;
    private readonly FileStream _user;
    private readonly bool _throwaway;
    private readonly CancellationTokenSource _stop = new();
    private Task? _watch;

    private PostgresServer(PostgresBinaries binaries, string root, FileStream user, bool throwaway) => (_binaries, Root, _user, _throwaway) = (binaries, root, user, throwaway);

    /// <summary>Holds data, the lock and the log.</summary>
    public string Root { get; }
    public string DataDirectory => Path.Combine(Root, "data");
    public PostgresBinaries Binaries => _binaries;
    public string LogFile => Path.Combine(Root, "postgres.log");

    /// <summary>A server that was running already was joined.</summary>
    public bool Joined { get; private init; }

    /// <summary>The socket's directory: short, since a socket's path has 107 bytes at most.</summary>
    public string SocketDirectory => SocketOf(Root);

    public string ConnectionString(string database) => $"Host={SocketDirectory};Port=5432;Username=cea;Database={database}";

    /// <summary>Starts or joins the server of this directory; makes the cluster when there is none.</summary>
    /// <param name="throwaway">For tests: no durability, removed when the last user is gone.</param>
    /// <exception cref="InvalidOperationException">It could not be started; the message says why and what to do.</exception>
    public static async Task<PostgresServer> StartAsync(string root, IEnumerable<string> npmRoots, bool throwaway = false, string? edition = null, CancellationToken ct = default)
    {
        var user = Environment.IsPrivilegedProcess ? Unprivileged() : null;
        Prepare(root, user);
        var shared = await SharedLockAsync(Path.Combine(root, "users.lock"), ct);
        try
        {
            using var starting = await ExclusiveAsync(Path.Combine(root, "start.lock"), ct);
            var data = Path.Combine(root, "data");
            var version = Path.Combine(data, "PG_VERSION");
            var binaries = PostgresBinaries.Find(File.Exists(version) ? int.Parse(await File.ReadAllTextAsync(version, ct), CultureInfo.InvariantCulture) : null, npmRoots, edition);
            if (!Directory.Exists(data))
                await InitializeAsync(binaries, data, user, throwaway, ct);
            var joined = await AliveAsync(root, ct);
            var server = new PostgresServer(binaries, root, shared, throwaway) { Joined = joined };
            if (!joined)
                await server.RunAsync(user, ct);
            server._watch = Task.Run(() => server.WatchAsync(user), CancellationToken.None);
            return server;
        }
        catch
        {
            await shared.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_watch is not null)
            await _watch;
        _stop.Dispose();
        await _user.DisposeAsync(); // the supervisor sees the lock free when we were the last
    }

    private static string SocketOf(string root) =>
        root.Length < 80 ? root : Path.Combine("/tmp", $"cea-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(root)))[..16]}");

    private static void Prepare(string root, string? user)
    {
        foreach (var directory in new[] { root, SocketOf(root) }.Distinct())
        {
            Directory.CreateDirectory(directory);
            if (user is not null)
                Shell("chown", $"{user}:", directory);
            File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        foreach (var name in new[] { "users.lock", "start.lock" })
        {
            var path = Path.Combine(root, name);
            if (!File.Exists(path))
                File.WriteAllText(path, "");
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        }
    }

    private static async Task InitializeAsync(PostgresBinaries binaries, string data, string? user, bool throwaway, CancellationToken ct)
    {
        var making = data + ".new"; // a killed initdb never leaves a directory that looks whole
        if (Directory.Exists(making))
            Directory.Delete(making, true);
        var start = new ProcessStartInfo(binaries.Initdb) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
        if (user is not null)
            start.UserName = user;
        foreach (var argument in (string[])["-D", making, "-U", "cea", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", .. throwaway ? ["--no-sync"] : Array.Empty<string>()])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(ct);
        var output = process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"initdb failed ({process.ExitCode}): {(await error).Trim()} {(await output).Trim()}");
        Directory.Move(making, data);
    }

    // setsid keeps Ctrl-C of the terminal away from the server, so that the service can finish its work first. Nothing of the Host's own output is held open: whoever reads
    // that (a pipe, a log) sees its end when the Host ends, and not when the last user of the server does.
    private const string Supervisor = """
        exec >/dev/null 2>&1
        lock=$1; log=$2; remove=$3; shift 3
        trap '' INT TERM HUP
        "$@" </dev/null >>"$log" 2>&1 & server=$!
        ( exec 9<"$lock"; flock -x 9; kill -INT $server 2>/dev/null; while kill -0 $server 2>/dev/null; do sleep 0.02; done; [ -z "$remove" ] || rm -rf "$remove" ) </dev/null >/dev/null 2>&1 & waiter=$!
        wait $server; code=$?
        kill -0 $waiter 2>/dev/null && [ -z "$remove" ] && kill -KILL $waiter 2>/dev/null
        wait $waiter 2>/dev/null
        exit $code
        """;

    private async Task RunAsync(string? user, CancellationToken ct)
    {
        string[] durable = ["-c", "max_connections=120", "-c", "shared_buffers=128MB", "-c", "wal_compression=on", "-c", "log_error_verbosity=terse", "-c", "log_min_error_statement=panic",
            "-c", "log_parameter_max_length=0", "-c", "log_parameter_max_length_on_error=0"];
        string[] quick = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "autovacuum=off", "-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "max_connections=300"];
        string[] options = ["-D", DataDirectory, "-k", SocketDirectory, "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700", .. durable, .. _throwaway ? quick : []];
        var start = new ProcessStartInfo("setsid") { WorkingDirectory = "/", RedirectStandardInput = true };
        if (user is not null)
            start.UserName = user;
        foreach (var argument in (string[])["sh", "-c", Supervisor, "sh", Path.Combine(Root, "users.lock"), LogFile, _throwaway ? Root : "", _binaries.Postgres, .. options])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var since = Stopwatch.StartNew();
        while (!await AliveAsync(Root, ct))
        {
            if (process.HasExited)
                throw new InvalidOperationException($"PostgreSQL ended at once; its log ({LogFile}) says: {string.Join(" / ", File.ReadLines(LogFile).TakeLast(5))}");
            if (since.Elapsed > StartLimit)
                throw new InvalidOperationException($"PostgreSQL did not become ready in {StartLimit.TotalSeconds:0} s; see {LogFile}");
            await Task.Delay(20, ct);
        }
    }

    // Whoever sees the server gone starts it again; the start lock lets one do it.
    private async Task WatchAsync(string? user)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(1), _stop.Token);
                if (Running(DataDirectory))
                    continue;
                using var starting = await ExclusiveAsync(Path.Combine(Root, "start.lock"), _stop.Token);
                if (!await AliveAsync(Root, _stop.Token))
                    await RunAsync(user, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception trouble) when (trouble is InvalidOperationException or IOException or NpgsqlException)
            {
                // leftovers of the killed server may still hold its memory: the next second tries again
            }
        }
    }

    private static bool Running(string data)
    {
        try
        {
            return int.TryParse(File.ReadLines(Path.Combine(data, "postmaster.pid")).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && File.Exists($"/proc/{pid}/stat") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task<bool> AliveAsync(string root, CancellationToken ct)
    {
        if (!Running(Path.Combine(root, "data")) || !File.Exists(Path.Combine(SocketOf(root), ".s.PGSQL.5432")))
            return false;
        try
        {
            await using var connection = new NpgsqlConnection($"Host={SocketOf(root)};Port=5432;Username=cea;Database=postgres;Pooling=false;Timeout=5");
            await connection.OpenAsync(ct);
            return true;
        }
        catch (NpgsqlException)
        {
            return false; // starting, stopping or recovering
        }
    }

    private static string Unprivileged() => File.ReadLines("/etc/passwd").Any(l => l.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    private static async Task<FileStream> SharedLockAsync(string path, CancellationToken ct) =>
        await LockAsync(() => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read), "the server of this data directory is stopping and does not end", ct);

    private static async Task<FileStream> ExclusiveAsync(string path, CancellationToken ct) =>
        await LockAsync(() => new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None), "another start of this data directory does not end", ct);

    private static async Task<FileStream> LockAsync(Func<FileStream> open, string complaint, CancellationToken ct)
    {
        for (var since = Stopwatch.StartNew(); ; await Task.Delay(50, ct))
        {
            try
            {
                return open();
            }
            catch (IOException) when (since.Elapsed < StartLimit)
            {
                // held by somebody else for the moment
            }
            catch (IOException trouble)
            {
                throw new InvalidOperationException(complaint, trouble);
            }
        }
    }

    private static void Shell(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed");
    }
}

using System.Diagnostics;
using Cea.Feedback.Storage;
using Cea.Host.EmbeddedPostgres;
using Cea.Host.Keeping;
using Npgsql;

namespace Cea.Host;

/// <summary>The database and the keys that this process works with: the configured ones, or the embedded server and the keys made at its first start.</summary>
public sealed class Deployment : IAsyncDisposable
{
    private Deployment(Settings settings, KeyRing keys, PostgresServer? server, string connectionString) =>
        (Settings, Keys, Server, ConnectionString, Databases) = (settings, keys, server, connectionString, new Databases(connectionString));

    public Settings Settings { get; }
    public KeyRing Keys { get; }

    /// <summary>Null: the database is somebody else's server.</summary>
    public PostgresServer? Server { get; }
    public string ConnectionString { get; }
    public Databases Databases { get; }

    /// <summary>The embedded server keeps a backup of before each schema change here.</summary>
    public string BackupDirectory => Settings.DataDirectory.TrimEnd('/') + ".backups";

    /// <param name="say">Told what happens, a line each.</param>
    public static async Task<Deployment> OpenAsync(Settings settings, Action<string> say, CancellationToken ct)
    {
        if (settings.ConnectionString is { } given)
            return new Deployment(settings, ReadKeys(settings), null, given);
        var server = await PostgresServer.StartAsync(settings.DataDirectory, settings.NpmRoots, edition: settings.PostgresEdition, ct: ct);
        try
        {
            say($"PostgreSQL {server.Binaries.Major} ({server.Binaries.Origin}) {(server.Joined ? "joined" : "started")} in {server.Root}");
            await EnsureDatabaseAsync(server.ConnectionString("postgres"), settings, say, ct);
            return new Deployment(settings, ReadKeys(settings), server, server.ConnectionString("cea"));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A server that is starting, recovering or ending answers that it is not ready: it is asked again for a minute. One that cannot be reached is wrong at once.</summary>
    public async Task WaitAsync(Action<string> say, CancellationToken ct)
    {
        var told = false;
        for (var since = Stopwatch.StartNew(); ; await Task.Delay(200, ct))
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
                await connection.OpenAsync(ct);
                return;
            }
            catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.CannotConnectNow && since.Elapsed < TimeSpan.FromMinutes(1))
            {
                if (!told)
                    say("waiting for the database, which is starting or recovering");
                told = true;
            }
        }
    }

    /// <summary>Brings the schema of the embedded server up to this build, after a backup. Another server's is the administrator's: one line says what to do.</summary>
    public async Task EnsureSchemaAsync(Action<string> say, CancellationToken ct)
    {
        var pending = await Migrator.PendingAsync(ConnectionString, ct);
        if (pending.Count > 0)
            await UpgradeAsync(pending, say, ct);
        await RefuseOtherKeysAsync(ct);
    }

    /// <summary>With the keys of another deployment nothing could be read, and what came in would be sealed for nobody.</summary>
    public async Task RefuseOtherKeysAsync(CancellationToken ct)
    {
        await using (var first = Databases.Worker.CreateCommand("insert into deployment (name, value) values ('keys_fingerprint', $1) on conflict (name) do nothing"))
        {
            first.Parameters.Add(new() { Value = Keys.Fingerprint });
            await first.ExecuteNonQueryAsync(ct);
        }
        await using var command = Databases.Worker.CreateCommand("""
            select (select value from deployment where name = 'keys_fingerprint'), array(select distinct encode(substring(s from 2 for 4), 'hex') from (
                select bootstrap_key from circle union all select sealed from data_protection_key) used (s) where length(s) > 16)
            """);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        if (reader.GetString(0) != Keys.Fingerprint)
            throw new SettingException("Cea:Keys", "these are the keys of another deployment: give the key file that this database was made with");
        if (((string[])reader[1]).Except(Keys.Ids).ToList() is { Count: > 0 } missing)
            throw new SettingException("Cea:Keys", $"the key {string.Join(' ', missing)} is missing: after `cea keys rotate` every Host needs the new key file");
    }

    private async Task UpgradeAsync(IReadOnlyList<string> pending, Action<string> say, CancellationToken ct)
    {
        if (Server is null)
            throw new SettingException("ConnectionStrings:Cea", $"the schema is older than this build ({string.Join(' ', pending)} missing): run `cea migrate` once, then start again");
        if (pending.Count < Migrator.Known.Count)
        {
            // The time in its name: an upgrade that failed is tried again at the next start, and its backup is no obstacle.
            var directory = Path.Combine(BackupDirectory, $"before-{pending[0]}-{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}-{Environment.ProcessId}");
            await new Backup(ConnectionString, Keys).WriteAsync(directory, say, ct);
        }
        await Migrator.MigrateAsync(ConnectionString, Keys, name => say($"Schema: {name}"), ct);
    }

    public async ValueTask DisposeAsync()
    {
        await Databases.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        if (Server is not null)
            await Server.DisposeAsync();
    }

    public static async Task WriteKeysAsync(string file, KeyRing keys, CancellationToken ct)
    {
        file = File.Exists(file) ? File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file : file;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var making = $"{file}.{Environment.ProcessId}";
        await using (var stream = new FileStream(making, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(keys.Export() + "\n"), ct);
            stream.Flush(flushToDisk: true);
        }
        if (Environment.IsPrivilegedProcess && File.Exists(file)) // the service's user must still be able to read what root has rewritten
        {
            using var chown = Process.Start("chown", ["--reference", file, making]);
            await chown.WaitForExitAsync(ct);
        }
        File.Move(making, file, overwrite: true);
    }

    private static KeyRing ReadKeys(Settings settings)
    {
        try
        {
            return KeyRing.Parse(settings.KeysText ?? File.ReadAllText(settings.KeysFile));
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            throw new SettingException("Cea:Keys", $"the key file {settings.KeysFile} cannot be read; put the keys of this database there, they cannot be made anew");
        }
        catch (FormatException trouble)
        {
            throw new SettingException("Cea:Keys", trouble.Message);
        }
    }

    // One at a time. Keys first: killed in between, the next start finds them and makes the database; a database without its keys could never be started.
    private static async Task EnsureDatabaseAsync(string connectionString, Settings settings, Action<string> say, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(ct);
        await using (var wait = new NpgsqlCommand("select pg_advisory_lock(hashtext('cea'), 1)", connection))
            await wait.ExecuteNonQueryAsync(ct);
        await using (var there = new NpgsqlCommand("select exists (select 1 from pg_database where datname = 'cea')", connection))
        {
            if (await there.ExecuteScalarAsync(ct) is true)
                return;
        }
        if (settings.KeysText is null && !File.Exists(settings.KeysFile))
        {
            await WriteKeysAsync(settings.KeysFile, KeyRing.Create(), ct);
            say($"Warning: new keys were made in {settings.KeysFile}. Without them nothing that people sent can be read again: keep a copy away from this machine and from its backups.");
        }
        await using var create = new NpgsqlCommand("create database cea", connection);
        await create.ExecuteNonQueryAsync(ct);
    }
}

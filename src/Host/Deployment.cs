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
        var server = await PostgresServer.StartAsync(settings.DataDirectory, settings.NpmRoots, throwaway: false, ct);
        try
        {
            say($"PostgreSQL {server.Binaries.Major} ({server.Binaries.Origin}) {(server.Joined ? "joined" : "started")} in {server.Root}");
            if (await CreateDatabaseAsync(server.ConnectionString("postgres"), ct) && settings.KeysText is null && !File.Exists(settings.KeysFile))
            {
                await WriteKeysAsync(settings.KeysFile, KeyRing.Create(), ct);
                say($"Warning: new keys were made in {settings.KeysFile}. Without them nothing that people sent can be read again: keep a copy away from this machine and from its backups.");
            }
            return new Deployment(settings, ReadKeys(settings), server, server.ConnectionString("cea"));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Brings the schema of the embedded server up to this build, after a backup. Another server's is the administrator's: one line says what to do.</summary>
    public async Task EnsureSchemaAsync(Action<string> say, CancellationToken ct)
    {
        var pending = await Migrator.PendingAsync(ConnectionString, ct);
        if (pending.Count == 0)
            return;
        if (Server is null)
            throw new SettingException("ConnectionStrings:Cea", $"the schema is older than this build ({string.Join(' ', pending)} missing): run `cea migrate` once, then start again");
        if (pending.Count < Migrator.Known.Count)
        {
            var directory = Path.Combine(BackupDirectory, $"before-{pending[0]}");
            await new Backup(ConnectionString).WriteAsync(directory, say, ct);
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
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var making = $"{file}.{Environment.ProcessId}";
        await using (var stream = new FileStream(making, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(keys.Export() + "\n"), ct);
            stream.Flush(flushToDisk: true);
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

    private static async Task<bool> CreateDatabaseAsync(string connectionString, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand("create database cea", connection);
        try
        {
            await command.ExecuteNonQueryAsync(ct);
            return true;
        }
        catch (PostgresException there) when (there.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            return false;
        }
    }
}

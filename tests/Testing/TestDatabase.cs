using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Host.EmbeddedPostgres;
using Npgsql;
using Xunit;

namespace Cea.Testing;

/// <summary>One throwaway server a test process, one migrated template; each test class clones it.</summary>
public sealed class TestDatabase : IAsyncLifetime
{
    private static readonly Lazy<Task<PostgresServer>> Server = new(StartAsync);
    private readonly string _name = "t_" + Guid.CreateVersion7().ToString("N");

    static TestDatabase() => PasswordCost.Hash = PasswordCost.Lock = 1000; // the suite hires thousands of officers; what a deployment pays is looked at where the Host adds one

    /// <summary>The same for a whole run, so that what one class sealed another could open.</summary>
    public static KeyRing Keys { get; } = KeyRing.Create();

    public string ConnectionString { get; private set; } = "";
    public Databases Databases { get; private set; } = null!;

    public static string RepositoryRoot { get; } = FindRoot();

    public static async Task<string> EmptyAsync()
    {
        var server = await Server.Value;
        var name = "e_" + Guid.CreateVersion7().ToString("N");
        await SqlAsync(server.ConnectionString("postgres"), $"create database {name}");
        return server.ConnectionString(name);
    }

    public async Task InitializeAsync()
    {
        var server = await Server.Value;
        await SqlAsync(server.ConnectionString("postgres"), $"create database {_name} template template_cea strategy file_copy");
        ConnectionString = server.ConnectionString(_name);
        Databases = new Databases(ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await Databases.DisposeAsync();
        await SqlAsync((await Server.Value).ConnectionString("postgres"), $"drop database {_name} with (force)");
    }

    /// <summary>Runs SQL past all policies, to arrange and to look.</summary>
    public Task ExecuteAsync(string sql, params object[] values) => SqlAsync(ConnectionString, sql, values);

    /// <summary>The first column of the first row, past all policies.</summary>
    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        var found = await command.ExecuteScalarAsync() ?? throw new InvalidOperationException("no row");
        return found is T typed ? typed : (T)Convert.ChangeType(found, typeof(T), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<PostgresServer> StartAsync()
    {
        var parent = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        var server = await PostgresServer.StartAsync(Path.Combine(parent, $"cea-test-{Environment.ProcessId}"), [Path.Combine(RepositoryRoot, "src", "Host")], throwaway: true);
        await SqlAsync(server.ConnectionString("postgres"), "create database template_cea");
        await Migrator.MigrateAsync(server.ConnectionString("template_cea"), Keys, _ => { }, CancellationToken.None);
        await SqlAsync(server.ConnectionString("template_cea"), "insert into deployment (name, value) values ('telling_hours', '00:00-00:00')"); // tests hold at any hour; those of the hours set their own
        NpgsqlConnection.ClearAllPools();
        await SqlAsync(server.ConnectionString("postgres"), "alter database template_cea with is_template true allow_connections false");
        return server;
    }

    private static async Task SqlAsync(string connectionString, string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync();
    }

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Cea.sln")))
                return directory.FullName;
        }
        throw new InvalidOperationException("not below the repository");
    }
}

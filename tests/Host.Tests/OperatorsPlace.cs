using System.IO.Compression;
using System.Text;
using Cea.Testing;
using Microsoft.Extensions.Configuration;

namespace Cea.Host.Tests;

/// <summary>A deployment as its operator has it: a database of its own, a key file, a folder, and the command line, as a process or within the test.</summary>
public sealed class OperatorsPlace : IAsyncDisposable
{
    private readonly List<Deployment> _open = [];

    private OperatorsPlace(TestDatabase database, string folder) => (Database, Folder, Environment) = (database, folder, HostProcess.Deployment(database.ConnectionString, folder));

    public TestDatabase Database { get; }
    public string Folder { get; }
    public Dictionary<string, string> Environment { get; }
    public string KeysFile => Environment["Cea__Keys"];

    public static async Task<OperatorsPlace> OpenAsync()
    {
        var database = new TestDatabase();
        await database.InitializeAsync();
        return new OperatorsPlace(database, Directory.CreateTempSubdirectory("cea-keep").FullName);
    }

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>The real executable, to its end.</summary>
    public Task<(int Code, string Output)> CeaAsync(params string[] arguments) => HostProcess.CommandAsync(Environment, arguments);

    public IConfiguration Configuration(params (string Name, string? Value)[] other)
    {
        var settings = Environment.ToDictionary(e => e.Key.Replace("__", ":", StringComparison.Ordinal), e => (string?)e.Value);
        foreach (var (name, value) in other)
            settings[name] = value;
        return new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
    }

    /// <summary>What a command works with, within the test.</summary>
    public async Task<Deployment> DeploymentAsync()
    {
        var deployment = await Deployment.OpenAsync(Settings.Read(Configuration()), _ => { }, CancellationToken.None);
        _open.Add(deployment);
        return deployment;
    }

    /// <summary>Databases of the test's server beside this one, without what they share of its name.</summary>
    public async Task<string[]> OtherDatabasesAsync()
    {
        Npgsql.NpgsqlConnection.ClearAllPools();
        return await Database.ScalarAsync<string[]>("select array(select substring(datname from 34) from pg_database where starts_with(datname, left(current_database(), 33)) and datname <> current_database() order by 1)");
    }

    /// <summary>One line for each table: its rows as text, hashed.</summary>
    public async Task<string[]> ContentAsync()
    {
        Npgsql.NpgsqlConnection.ClearAllPools();
        var tables = await Database.ScalarAsync<string[]>("select array(select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and relname <> 'schema_versions' order by 1)");
        return await Task.WhenAll(tables.Select(async t => await Database.ScalarAsync<string>($"select '{t} ' || count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from \"{t}\" t")));
    }

    /// <summary>All that a backup holds, unpacked, as bytes that can be searched as Latin-1 text.</summary>
    public static string Unpacked(string directory)
    {
        var all = new StringBuilder();
        foreach (var file in Directory.EnumerateFiles(directory))
        {
            using var stream = File.OpenRead(file);
            using Stream content = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
            using var copy = new MemoryStream();
            content.CopyTo(copy);
            all.Append(Encoding.Latin1.GetString(copy.ToArray()));
        }
        return all.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var deployment in _open)
            await deployment.DisposeAsync();
        Npgsql.NpgsqlConnection.ClearAllPools();
        await Database.DisposeAsync();
        Directory.Delete(Folder, true);
    }
}

using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Host.Keeping;

/// <summary>
/// A backup is a folder: one compressed COPY file for each table out of one snapshot, and a manifest with rows and hashes. It needs no client programs, so it works
/// with either edition of PostgreSQL and across versions. Keys are never in it.
/// </summary>
public sealed class Backup(string connectionString, KeyRing keys)
{
    internal const int LongestName = 63;
    private const string ManifestName = "manifest.json";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    /// <param name="At">Everything up to here is in it; from here on erasures are to be made again.</param>
    /// <param name="Deployment">Fingerprint of the keys, the same through every rotation.</param>
    /// <param name="Keys">Ids of the sealing keys without which it cannot be read.</param>
    public sealed record Manifest(DateTimeOffset At, string Deployment, IReadOnlyList<string> Keys, IReadOnlyList<string> Schema, IReadOnlyList<Table> Tables)
    {
        public long Rows => Tables.Sum(t => t.Rows);
    }

    public sealed record Table(string Name, string[] Columns, long Rows, string Sha256);

    /// <exception cref="InvalidOperationException">The folder holds something already, or the user may not read everything.</exception>
    public async Task<Manifest> WriteAsync(string directory, Action<string> say, CancellationToken ct)
    {
        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
            throw new InvalidOperationException($"{directory} is not empty: give each backup a folder of its own");
        var making = directory.TrimEnd('/') + ".part";
        if (Directory.Exists(making))
            Directory.Delete(making, true);
        Directory.CreateDirectory(making, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        await using var connection = await OpenAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct);
        DateTimeOffset at; // before the snapshot, which the next command takes: an erasure made meanwhile is made again rather than missed
        await using (var now = new NpgsqlCommand("select transaction_timestamp()", connection))
            at = new DateTimeOffset((DateTime)(await now.ExecuteScalarAsync(ct))!, TimeSpan.Zero);
        var tables = new List<Table>();
        foreach (var (name, columns) in await TablesAsync(connection, ct))
        {
            var file = Path.Combine(making, name + ".copy.gz");
            try
            {
                await using (var target = File.Create(file))
                await using (var zip = new GZipStream(target, CompressionLevel.Fastest))
                await using (var copy = await connection.BeginRawBinaryCopyAsync($"copy (select {Quoted(columns)} from {Quoted([name])}) to stdout (format binary)", ct))
                    await copy.CopyToAsync(zip, ct);
                await using var written = File.OpenWrite(file);
                written.Flush(flushToDisk: true);
            }
            catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                throw new InvalidOperationException($"the database user may not read all of {name}: back up with a user that bypasses row-level security", refused);
            }
            await using var count = new NpgsqlCommand($"select count(*) from {Quoted([name])}", connection);
            tables.Add(new Table(name, columns, (long)(await count.ExecuteScalarAsync(ct))!, await HashAsync(file, ct)));
            say($"{name}: {tables[^1].Rows} rows");
        }
        var schema = Migrator.Known.Except(await Migrator.PendingAsync(connectionString, ct)).ToList();
        var manifest = new Manifest(at, keys.Fingerprint, keys.Ids, schema, tables);
        await File.WriteAllTextAsync(Path.Combine(making, ManifestName), JsonSerializer.Serialize(manifest, Json), ct);
        if (Directory.Exists(directory))
            Directory.Delete(directory);
        Directory.Move(making, directory);
        return manifest;
    }

    /// <summary>Restores into a throwaway database beside this one and compares rows.</summary>
    public async Task CheckAsync(string directory, Action<string> say, CancellationToken ct)
    {
        var name = Beside(new NpgsqlConnectionStringBuilder(connectionString).Database!, "_check");
        await using var alone = await LockAsync(name, ct);
        // Also what a killed check has left: people's words must not lie about in a database that nobody knows of.
        await ExecuteAsync(alone, $"drop database if exists {Quoted([name])} with (force)", ct);
        await ExecuteAsync(alone, $"create database {Quoted([name])}", ct);
        try
        {
            var there = new NpgsqlConnectionStringBuilder(connectionString) { Database = name, Pooling = false }.ConnectionString;
            await new Backup(there, keys).ReadAsync(directory, say, ct);
        }
        finally
        {
            await ExecuteAsync(alone, $"drop database if exists {Quoted([name])} with (force)", CancellationToken.None);
        }
    }

    /// <summary>Loads a backup into an empty database: the schema first, then every table.</summary>
    /// <exception cref="InvalidOperationException">Damaged, of a newer build, or the database is not empty.</exception>
    public async Task<Manifest> ReadAsync(string directory, Action<string> say, CancellationToken ct)
    {
        var manifest = await ManifestAsync(directory, ct);
        if (manifest.Deployment != keys.Fingerprint)
            throw new InvalidOperationException($"the backup in {directory} is of another deployment, or Cea:Keys are not its keys: nothing in it could be read");
        if (manifest.Keys.Except(keys.Ids).ToList() is { Count: > 0 } missing)
            throw new InvalidOperationException($"the backup in {directory} is sealed with an older key ({string.Join(' ', missing)}): give the key file of that time with --keys");
        if (manifest.Schema.Except(Migrator.Known).FirstOrDefault() is { } newer)
            throw new InvalidOperationException($"the backup is of a newer build ({newer}): restore it with that one");
        foreach (var table in manifest.Tables)
        {
            if (await HashAsync(FileOf(directory, table.Name), ct) != table.Sha256)
                throw new InvalidOperationException($"{table.Name} in {directory} is damaged: its hash differs from the manifest");
        }
        if ((await Migrator.PendingAsync(connectionString, ct)).Count != Migrator.Known.Count)
            throw new InvalidOperationException("the database is not empty: restore into a new one");
        await Migrator.MigrateAsync(connectionString, keys, _ => { }, ct, manifest.Schema);
        await LoadAsync(directory, manifest, say, ct);
        await Migrator.MigrateAsync(connectionString, keys, _ => { }, ct);
        return manifest;
    }

    private async Task LoadAsync(string directory, Manifest manifest, Action<string> say, CancellationToken ct)
    {
        await using var connection = await OpenAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, "set local session_replication_role = replica", ct); // no triggers, no order of foreign keys
        var known = (await TablesAsync(connection, ct)).ToDictionary(t => t.Name, t => t.Columns);
        foreach (var table in manifest.Tables)
        {
            if (!known.TryGetValue(table.Name, out var columns) || table.Columns.Except(columns).Any())
                throw new InvalidOperationException($"the backup in {directory} has a table that this build does not know");
        }
        foreach (var name in known.Keys)
            await ExecuteAsync(connection, $"delete from {Quoted([name])}", ct);
        foreach (var table in manifest.Tables)
        {
            await using (var file = File.OpenRead(FileOf(directory, table.Name)))
            await using (var zip = new GZipStream(file, CompressionMode.Decompress))
            await using (var copy = await connection.BeginRawBinaryCopyAsync($"copy {Quoted([table.Name])} ({Quoted(table.Columns)}) from stdin (format binary)", ct))
                await zip.CopyToAsync(copy, ct);
            await using var count = new NpgsqlCommand($"select count(*) from {Quoted([table.Name])}", connection);
            var rows = (long)(await count.ExecuteScalarAsync(ct))!;
            if (rows != table.Rows)
                throw new InvalidOperationException($"{table.Name}: {rows} rows came back of {table.Rows}");
            say($"{table.Name}: {rows} rows");
        }
        await ExecuteAsync(connection, """
            do $$ declare s record; begin
                for s in select quote_ident(c.table_name) as t, c.table_name as n, c.column_name as c from information_schema.columns c
                         where c.table_schema = 'public' and c.is_identity = 'YES' loop
                    execute format('select setval(pg_get_serial_sequence(%L, %L), coalesce((select max(%I) from %s), 0) + 1, false)', s.t, s.c, s.c, s.t);
                end loop;
                perform refresh_access();
            end $$
            """, ct);
        await transaction.CommitAsync(ct);
    }

    /// <exception cref="InvalidOperationException">There is none, or it is cut off or something else.</exception>
    public static async Task<Manifest> ManifestAsync(string directory, CancellationToken ct)
    {
        var file = Path.Combine(directory, ManifestName);
        if (!File.Exists(file))
            throw new InvalidOperationException($"{directory} holds no backup: {ManifestName} is missing");
        try
        {
            if (JsonSerializer.Deserialize<Manifest>(await File.ReadAllTextAsync(file, ct), Json) is { Schema.Count: > 0 } manifest)
                return manifest;
        }
        catch (JsonException)
        {
            // said below
        }
        throw new InvalidOperationException($"{file} is damaged, or no manifest of a backup of ours");
    }

    private static string FileOf(string directory, string table) => Path.Combine(directory, Path.GetFileName(table) + ".copy.gz");

    // Partitions are read through their parents; generated columns make themselves. Sessions are not brought back: who had signed out would be in again. What waits for a machine to hear it does so for a day, and its keys must not lie about for longer.
    private static async Task<List<(string Name, string[] Columns)>> TablesAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            select c.relname, array_agg(a.attname order by a.attnum)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
            where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and c.relname not in ('schema_versions', 'session', 'sign_in_try', 'transcription') and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
            group by 1 order by 1
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var tables = new List<(string, string[])>();
        while (await reader.ReadAsync(ct))
            tables.Add((reader.GetString(0), (string[])reader[1]));
        return tables;
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken ct)
    {
        // row_security off: a filtered read is an error, never a silent gap
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Options = "-c row_security=off -c statement_timeout=0", CommandTimeout = 0 }.ConnectionString);
        await connection.OpenAsync(ct);
        return connection;
    }

    /// <summary>A connection beside the databases that are made and dropped, which alone works on the one of this name.</summary>
    internal async Task<NpgsqlConnection> LockAsync(string name, CancellationToken ct)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Database = "postgres", Options = "-c statement_timeout=0", CommandTimeout = 0 }.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            await using var command = new NpgsqlCommand("select pg_advisory_lock(hashtext($1), 1)", connection) { Parameters = { new() { Value = name } } };
            await command.ExecuteNonQueryAsync(ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    internal static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The name of a database beside this one; PostgreSQL would cut it at the end, where it differs.</summary>
    internal static string Beside(string database, string suffix) => database[..Math.Min(database.Length, LongestName - suffix.Length)] + suffix;

    internal static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"\"{n.Replace("\"", "\"\"", StringComparison.Ordinal)}\""));

    private static async Task<string> HashAsync(string file, CancellationToken ct)
    {
        if (!File.Exists(file))
            return "missing";
        await using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, ct));
    }
}

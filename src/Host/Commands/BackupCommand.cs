using System.CommandLine;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Cea.Host.Keeping;
using Npgsql;

namespace Cea.Host.Commands;

/// <summary>cea backup DIR: written from one snapshot, then checked by restoring it into a throwaway database.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var directory = new Argument<string>("DIR");
        var command = new Command("backup", "a backup into an empty folder, checked by restoring it") { directory };
        command.SetAction(async (parsed, ct) =>
        {
            await using var deployment = await CommandLine.OpenAsync(ct);
            var backup = new Backup(deployment.ConnectionString);
            var manifest = await backup.WriteAsync(parsed.GetValue(directory)!, _ => { }, ct);
            await backup.CheckAsync(parsed.GetValue(directory)!, deployment.Keys, ct);
            Console.WriteLine($"{manifest.Tables.Sum(t => t.Rows)} rows of {manifest.Tables.Count} tables, restored into a throwaway database and compared. The keys are not in it: keep {deployment.Settings.KeysFile} apart.");
            return CommandLine.Done;
        });
        return command;
    }
}

/// <summary>cea restore DIR: into a new database, with the erasures since made again before anybody sees a page.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var directory = new Argument<string>("DIR");
        var command = new Command("restore", "restore a backup; the present database is kept under another name") { directory };
        command.SetAction(async (parsed, ct) =>
        {
            await using var deployment = await CommandLine.OpenAsync(ct, schema: false);
            await RunAsync(deployment, parsed.GetValue(directory)!, ct);
            return CommandLine.Done;
        });
        return command;
    }

    internal static async Task RunAsync(Deployment deployment, string directory, CancellationToken ct)
    {
        var manifest = await Backup.ManifestAsync(directory, ct);
        var erasures = await ErasuresAsync(deployment, manifest.At, ct);
        var database = new NpgsqlConnectionStringBuilder(deployment.ConnectionString).Database!;
        var aside = $"{database}_before_restore_{TimeProvider.System.GetUtcNow():yyyyMMddHHmmss}";
        await deployment.Databases.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        var server = new NpgsqlConnectionStringBuilder(deployment.ConnectionString) { Database = "postgres", Pooling = false }.ConnectionString;
        await SqlAsync(server, $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database.Replace("'", "''", StringComparison.Ordinal)}' and pid <> pg_backend_pid()", ct);
        await SqlAsync(server, $"alter database \"{database}\" rename to \"{aside}\"", ct);
        await SqlAsync(server, $"create database \"{database}\"", ct);
        try
        {
            await new Backup(deployment.ConnectionString).ReadAsync(directory, deployment.Keys, _ => { }, ct);
        }
        catch
        {
            NpgsqlConnection.ClearAllPools();
            await SqlAsync(server, $"drop database \"{database}\" with (force)", ct);
            await SqlAsync(server, $"alter database \"{aside}\" rename to \"{database}\"", ct);
            throw;
        }
        await using var databases = new Databases(deployment.ConnectionString);
        var again = await ErasureLog.ReplayAsync(databases, erasures, TimeProvider.System, ct);
        Console.WriteLine($"{manifest.Tables.Sum(t => t.Rows)} rows restored as of {manifest.At:u}; {again} erasures made since were made again. The database before is kept as {aside}.");
    }

    private static async Task<IReadOnlyList<ErasureLog.Entry>> ErasuresAsync(Deployment deployment, DateTimeOffset since, CancellationToken ct)
    {
        var entries = (await ErasureLog.ReadAsync(deployment.Settings.ErasureLog, since, ct)).ToList();
        if ((await Migrator.PendingAsync(deployment.ConnectionString, ct)).Count == 0)
            entries.AddRange(await ErasureLog.FromDatabaseAsync(deployment.Databases, since, ct));
        return [.. entries.DistinctBy(e => (e.Space, Convert.ToHexString(e.Hash)))];
    }

    private static async Task SqlAsync(string connectionString, string sql, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}

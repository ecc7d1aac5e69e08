using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Host.Keeping;

/// <summary>
/// Puts a backup in the place of the present database. All is done beside it, erasures made since included; only then do the two change names, in one
/// transaction: a restore that fails or is killed has changed nothing, and no page is ever shown with what somebody had erased.
/// </summary>
public sealed class Restore(Deployment deployment)
{
    /// <summary>Before the time in the name of a database that was set aside.</summary>
    public const string AsideMark = "_before_restore_";

    /// <param name="Aside">Where the database before is kept; null when it was empty.</param>
    public sealed record Result(Backup.Manifest Manifest, int Erasures, string? Aside);

    /// <param name="then">The keys of when the backup was made, when a rotation has dropped them since: what they sealed is sealed anew.</param>
    /// <exception cref="InvalidOperationException">A Host still runs, or the backup is damaged, or of another deployment or a newer build.</exception>
    public async Task<Result> RunAsync(string directory, KeyRing? then, Action<string> say, CancellationToken ct)
    {
        var manifest = await Backup.ManifestAsync(directory, ct);
        var keys = then is null ? deployment.Keys : deployment.Keys.WithKeysOf(then);
        var database = new NpgsqlConnectionStringBuilder(deployment.ConnectionString).Database!;
        var making = Backup.Beside(database, "_restoring");
        await using var alone = await new Backup(deployment.ConnectionString, keys).LockAsync(making, ct);
        await RefuseRunningAsync(alone, database, ct);
        await Backup.ExecuteAsync(alone, $"drop database if exists {Backup.Quoted([making])} with (force)", ct);
        await Backup.ExecuteAsync(alone, $"create database {Backup.Quoted([making])}", ct);
        try
        {
            var there = new NpgsqlConnectionStringBuilder(deployment.ConnectionString) { Database = making, Pooling = false }.ConnectionString;
            await new Backup(there, keys).ReadAsync(directory, say, ct);
            if (then is not null)
                await new KeyRotation(there).RunAsync(keys, say, ct);
            var empty = (await Migrator.PendingAsync(deployment.ConnectionString, ct)).Count == Migrator.Known.Count;
            var erasures = await AgainAsync(there, manifest.At, empty, ct);
            if (!empty)
                await FilesOutsideAsync(there, ct);
            var aside = empty ? null : Backup.Beside(database, $"{AsideMark}{TimeProvider.System.GetUtcNow():yyyyMMddHHmmss}");
            await SwapAsync(alone, database, making, aside, ct);
            return new Result(manifest, erasures, aside);
        }
        catch
        {
            await Backup.ExecuteAsync(alone, $"drop database if exists {Backup.Quoted([making])} with (force)", CancellationToken.None);
            throw;
        }
    }

    // What a Host stores while the database is exchanged would be set aside with the old one, although its sender was told that it had arrived.
    private static async Task RefuseRunningAsync(NpgsqlConnection alone, string database, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select count(*) from pg_stat_activity where datname = $1 and application_name like 'cea listener%'", alone) { Parameters = { new() { Value = database } } };
        if (await command.ExecuteScalarAsync(ct) is long running and > 0)
            throw new InvalidOperationException($"{running} Hosts still work on this database: stop them, then restore");
    }

    private async Task<int> AgainAsync(string there, DateTimeOffset since, bool empty, CancellationToken ct)
    {
        var entries = (await ErasureLog.ReadAsync(deployment.Settings.ErasureLog, since, ct)).ToList();
        if (!empty)
            entries.AddRange(await ErasureLog.FromDatabaseAsync(deployment.Databases, since, ct));
        await using var databases = new Databases(there);
        return await ErasureLog.ReplayAsync(databases, [.. entries.OrderByDescending(e => e.Until).DistinctBy(e => (e.Space, Convert.ToHexString(e.Hash)))], TimeProvider.System, ct);
    }

    // Files that only the present database knows would lie in their store for ever. Until it was surely dropped they stay.
    private async Task FilesOutsideAsync(string there, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(deployment.ConnectionString) { Pooling = false, Options = "-c row_security=off" }.ConnectionString);
        await connection.OpenAsync(ct);
        await using (var known = new NpgsqlCommand("select to_regclass('media_gone') is not null", connection))
        {
            if (await known.ExecuteScalarAsync(ct) is not true)
                return;
        }
        await using var present = new NpgsqlCommand("select array(select place from media where place is not null union select place from media_gone)", connection);
        var places = (string[])(await present.ExecuteScalarAsync(ct))!;
        await using var databases = new Databases(there);
        await using var list = databases.Worker.CreateCommand("insert into media_gone (place, due_at) select p, now() + interval '30 days' from unnest($1) p where not exists (select 1 from media m where m.place = p) on conflict (place) do update set due_at = excluded.due_at");
        list.Parameters.Add(new() { Value = places });
        await list.ExecuteNonQueryAsync(ct);
    }

    private async Task SwapAsync(NpgsqlConnection alone, string database, string making, string? aside, CancellationToken ct)
    {
        await deployment.Databases.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        await using (var others = new NpgsqlCommand("select pg_terminate_backend(pid) from pg_stat_activity where datname in ($1, $2) and pid <> pg_backend_pid()", alone) { Parameters = { new() { Value = database }, new() { Value = making } } })
            await others.ExecuteNonQueryAsync(ct);
        if (aside is null)
        {
            await Backup.ExecuteAsync(alone, $"drop database {Backup.Quoted([database])} with (force)", ct);
            await Backup.ExecuteAsync(alone, $"alter database {Backup.Quoted([making])} rename to {Backup.Quoted([database])}", ct);
            return;
        }
        await using var both = await alone.BeginTransactionAsync(ct);
        await Backup.ExecuteAsync(alone, $"alter database {Backup.Quoted([database])} rename to {Backup.Quoted([aside])}", ct);
        await Backup.ExecuteAsync(alone, $"alter database {Backup.Quoted([making])} rename to {Backup.Quoted([database])}", ct);
        await both.CommitAsync(ct);
    }
}

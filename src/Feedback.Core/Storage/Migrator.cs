using System.Reflection;
using DbUp;
using DbUp.Engine;
using Npgsql;

namespace Cea.Feedback.Storage;

/// <summary>Creates or upgrades the schema. Safe to run twice and from two machines at once: one waits for the other.</summary>
public static class Migrator
{
    private const long Lock = 0x43656120; // any number, the same everywhere
    private const string Prefix = "Cea.Feedback.Storage.Schema.";

    /// <summary>The scripts that this build brings, in order: "0001_first".</summary>
    public static IReadOnlyList<string> Known { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Select(n => n[Prefix.Length..^4]).Order(StringComparer.Ordinal)];

    /// <summary>Scripts that are not in the database yet; everything when it is empty.</summary>
    public static async Task<IReadOnlyList<string>> PendingAsync(string connectionString, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(Plain(connectionString));
        await connection.OpenAsync(ct);
        await using var exists = new NpgsqlCommand("select to_regclass('public.schema_versions') is not null", connection);
        if (!(bool)(await exists.ExecuteScalarAsync(ct))!)
            return Known;
        var have = new HashSet<string>();
        await using var command = new NpgsqlCommand("select scriptname from schema_versions", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            have.Add(NameOf(reader.GetString(0)));
        return [.. Known.Where(k => !have.Contains(k))];
    }

    /// <summary>Applies what is missing, each script in a transaction of its own. <paramref name="say"/> is told each name.</summary>
    /// <param name="only">A backup is loaded into the schema that it was made of; what came later is applied to its rows.</param>
    public static async Task MigrateAsync(string connectionString, KeyRing keys, Action<string> say, CancellationToken ct, IReadOnlyCollection<string>? only = null)
    {
        await using var connection = new NpgsqlConnection(Plain(connectionString));
        await connection.OpenAsync(ct);
        await using (var wait = new NpgsqlCommand("select set_config('lock_timeout', '0', false), pg_advisory_lock($1), set_config('lock_timeout', '20s', false)", connection) { CommandTimeout = 0, Parameters = { new() { Value = Lock } } })
            await wait.ExecuteNonQueryAsync(ct);
        await RolesAsync(connection, ct);
        var upgrade = DeployChanges.To.PostgresqlDatabase(Plain(connectionString))
            .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly(), n => n.StartsWith(Prefix, StringComparison.Ordinal) && only?.Contains(NameOf(n)) != false)
            .JournalToPostgresqlTable("public", "schema_versions")
            .WithVariablesDisabled()
            .WithTransactionPerScript()
            .WithExecutionTimeout(TimeSpan.FromHours(1))
            .LogTo(new Sayer(say))
            .Build();
        var result = upgrade.PerformUpgrade();
        if (!result.Successful)
            throw new InvalidOperationException($"the schema change {NameOf(result.ErrorScript?.Name ?? "?")} failed: {result.Error.Message}", result.Error);
        await CirclesAsync(connection, keys, ct);
        await FirstTeamAsync(connection, ct);
        await using var partitions = new NpgsqlCommand("select make_partitions((now() - interval '1 month')::date, 4)", connection);
        await partitions.ExecuteNonQueryAsync(ct);
    }

    // Roles belong to the whole server: another database of ours may have made them.
    private static async Task RolesAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            do $$
            declare r text;
            begin
                foreach r in array array['cea_owner', 'cea_worker', 'cea_pages'] loop
                    begin
                        execute format('create role %I nologin nosuperuser nobypassrls', r);
                    exception when duplicate_object or unique_violation then null;
                    end;
                    if not pg_has_role(current_user, r, 'member') then execute format('grant %I to current_user', r); end if;
                end loop;
                grant create on schema public to cea_owner, cea_worker;
            end $$
            """, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    // A circle has its key from the first moment, so that nothing restricted is ever kept readable while nobody is cleared yet.
    private static async Task CirclesAsync(NpgsqlConnection connection, KeyRing keys, CancellationToken ct)
    {
        foreach (var circle in Safeguarding.Circle.All.Where(c => c.Id != 0))
        {
            var (pub, priv) = Safeguarding.CircleKeys.NewPair();
            await using var command = new NpgsqlCommand(
                "insert into circle (id, code, strictness, seals, public_key, bootstrap_key, clock_minutes) values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing", connection)
            {
                Parameters =
                {
                    new() { Value = circle.Id }, new() { Value = circle.Code }, new() { Value = circle.Strictness }, new() { Value = circle.Seals },
                    new() { Value = pub }, new() { Value = keys.Seal(priv, "circle") }, new() { Value = 240 },
                },
            };
            await command.ExecuteNonQueryAsync(ct);
        }
    }

    // Every open item has a team from the first message on, also before anybody has set up teams and rules.
    private static async Task FirstTeamAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            with made as (
                insert into team (name) select 'Feedback team' where not exists (select 1 from routing_rule where is_default)
                on conflict (name) do update set active = true returning id
            )
            insert into routing_rule (position, team_id, is_default) select 999, id, true from made
            """, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    private static string Plain(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Options = "-c lock_timeout=20s", ApplicationName = "cea migrate" }.ConnectionString;

    private static string NameOf(string script) => script.StartsWith(Prefix, StringComparison.Ordinal) ? script[Prefix.Length..^4] : script;

    private sealed class Sayer(Action<string> say) : DbUp.Engine.Output.IUpgradeLog
    {
        public void LogTrace(string format, params object[] args) { }
        public void LogDebug(string format, params object[] args) { }
        public void LogInformation(string format, params object[] args)
        {
            if (format.StartsWith("Executing Database Server script", StringComparison.Ordinal))
                say(NameOf((string)args[0]));
        }
        public void LogWarning(string format, params object[] args) { }
        public void LogError(string format, params object[] args) { }
        public void LogError(Exception ex, string format, params object[] args) { }
    }
}

using Npgsql;

namespace Cea.Feedback.Storage;

/// <summary>
/// The pools of one Host, 40 connections at most in all. Each pool starts as its database role, so that row-level security holds below every use case;
/// intake has connections of its own, so that a slow page never delays a message being stored.
/// </summary>
public sealed class Databases : IAsyncDisposable
{
    public const string WorkerRole = "cea_worker", PagesRole = "cea_pages", OwnerRole = "cea_owner";

    public Databases(string connectionString)
    {
        ConnectionString = connectionString;
        Pages = Pool(PagesRole, 15, "pages", 15);
        Worker = Pool(WorkerRole, 8, "worker", 60);
        Intake = Pool(WorkerRole, 4, "intake", 2);
        Search = Pool(PagesRole, 4, "search", 10);
        Exports = Pool(PagesRole, 2, "exports", 0);
    }

    /// <summary>As configured, without a role: for migrations and Quartz.</summary>
    public string ConnectionString { get; }

    public NpgsqlDataSource Pages { get; }
    public NpgsqlDataSource Worker { get; }
    public NpgsqlDataSource Intake { get; }
    public NpgsqlDataSource Search { get; }
    public NpgsqlDataSource Exports { get; }

    // Row policies make the planner expect much of short statements; compiling those costs a hundred times what it saves.
    private static string As(string role) => $"-c role={role} -c jit=off";

    /// <summary>The connection string of one unpooled connection as a role: the listener, one-off commands.</summary>
    public string Unpooled(string role) => new NpgsqlConnectionStringBuilder(ConnectionString) { Options = As(role), Pooling = false, ApplicationName = "cea listener" }.ConnectionString;

    /// <exception cref="InvalidOperationException">A pool could read past the row policies: the service must not start.</exception>
    public async Task RefuseBypassAsync(CancellationToken ct)
    {
        foreach (var pool in new[] { Pages, Worker, Intake })
        {
            await using var command = pool.CreateCommand(
                "select current_user || case when r.rolsuper or r.rolbypassrls or exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relowner = r.oid and n.nspname = 'public' and c.relkind in ('r', 'p')) then '!' else '' end from pg_roles r where r.rolname = current_user");
            var user = (string?)await command.ExecuteScalarAsync(ct) ?? "!";
            if (user is not (WorkerRole or PagesRole))
                throw new InvalidOperationException($"the database role {user.TrimEnd('!')} could read past the row policies; run `cea migrate` with a user that may create roles");
        }
    }

    /// <summary>Connections of before an outage are dropped, so that no request has to find out that they are dead.</summary>
    public void Forget()
    {
        foreach (var pool in new[] { Pages, Worker, Intake, Search, Exports })
            pool.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pool in new[] { Pages, Worker, Intake, Search, Exports })
            await pool.DisposeAsync();
    }

    // Timeout: seconds a command may take; 0 is no limit (exports stream).
    private NpgsqlDataSource Pool(string role, int size, string name, int timeout) =>
        new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(ConnectionString)
        {
            Options = As(role),
            MaxPoolSize = size,
            MinPoolSize = name == "intake" ? 1 : 0,
            ApplicationName = $"cea {name}",
            CommandTimeout = timeout,
            Timeout = name == "intake" ? 2 : 15,
            IncludeErrorDetail = false,
            MaxAutoPrepare = 40,
            AutoPrepareMinUsages = 2,
        }.ConnectionString).Build();
}

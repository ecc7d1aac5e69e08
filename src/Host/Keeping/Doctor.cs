using Cea.Channels;
using Cea.Feedback.Intake;
using Cea.Feedback.Learning;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Host.Serving;
using Npgsql;

namespace Cea.Host.Keeping;

/// <summary>Looks at everything that can be wrong with a deployment. Totals include restricted items: for the operator only.</summary>
internal static class Doctor
{
    public sealed record Finding(string What, bool Ok, string Says);

    public sealed record Sendings(long Due, long Sending, long InDoubt, long Sent, long Failed);

    public sealed record Report(IReadOnlyList<Finding> Findings, long? MessagesReceived, long? MessagesUntriaged, long? Items, long? People, Sendings? Outbox, long? DeadLetters);

    public static async Task<Report> ExamineAsync(IConfiguration configuration, TimeProvider clock, CancellationToken ct)
    {
        var findings = new List<Finding>();
        Settings settings;
        Deployment deployment;
        try
        {
            settings = Settings.Read(configuration);
            if (settings.ConnectionString is null && !Directory.Exists(settings.DataDirectory)) // looking must not make a deployment
                return new Report([new("settings", false, $"there is no database in {settings.DataDirectory} yet: the first `cea serve` makes it; if there should be one, set Cea:DataDirectory")], null, null, null, null, null, null);
            deployment = await Deployment.OpenAsync(settings, _ => { }, ct);
            findings.Add(new("settings", true, settings.ConnectionString is null ? $"embedded PostgreSQL in {settings.DataDirectory}" : "database as configured"));
        }
        catch (Exception trouble) when (trouble is SettingException or InvalidOperationException or NpgsqlException or IOException or UnauthorizedAccessException)
        {
            return new Report([.. findings, new("settings", false, trouble.Message)], null, null, null, null, null, null);
        }
        await using (deployment)
        {
            findings.Add(settings.PublicUrl.Scheme == "https" || settings.PublicUrl.IsLoopback
                ? new("public address", true, settings.PublicUrl.ToString())
                : new("public address", false, $"{settings.PublicUrl} is not https: providers and people's phones would send in the clear. Set Cea:PublicUrl to an https address"));
            findings.Add(KeysApart(settings));
            findings.Add(Disk(settings.DataDirectory));
            try
            {
                var pending = await Migrator.PendingAsync(deployment.ConnectionString, ct);
                findings.Add(pending.Count == 0 ? new("schema", true, "current") : new("schema", false, $"{pending.Count} changes are missing: run `cea migrate`"));
                if (pending.Count > 0)
                    return new Report(findings, null, null, null, null, null, null);
                await deployment.RefuseOtherKeysAsync(ct);
                await deployment.Databases.RefuseBypassAsync(ct);
                findings.Add(await ClockAsync(deployment, clock, ct));
                findings.AddRange(await LeftAsync(deployment, ct));
                findings.Add(await ModelAsync(configuration, deployment, ct));
                findings.AddRange(await FilesCheck.LookAsync(configuration, deployment, clock, ct));
                findings.AddRange(await PeopleAsync(deployment, ct));
                findings.AddRange(await LinesAsync(configuration, deployment, ct));
                return await TotalsAsync(deployment, findings, ct);
            }
            catch (SettingException wrong)
            {
                findings.Add(new("settings", false, wrong.Message));
                return new Report(findings, null, null, null, null, null, null);
            }
            catch (Exception trouble) when (trouble is NpgsqlException or InvalidOperationException or TimeoutException)
            {
                findings.Add(new("database", false, $"{(trouble is PostgresException p ? $"{p.SqlState} {p.MessageText}" : trouble.Message)}. Is the server running, and ConnectionStrings:Cea right?"));
                return new Report(findings, null, null, null, null, null, null);
            }
        }
    }

    private static Finding KeysApart(Settings settings) =>
        settings.KeysText is not null || Path.GetDirectoryName(settings.KeysFile) != Path.GetDirectoryName(settings.DataDirectory.TrimEnd('/'))
            ? new("keys", true, "kept apart from the data")
            : new("keys", settings.PublicUrl.IsLoopback, $"{settings.KeysFile} lies beside the data: before real use move it to a place that no backup of the data takes along, and set Cea:Keys");

    private static Finding Disk(string directory)
    {
        var parent = directory;
        while (!Directory.Exists(parent))
            parent = Path.GetDirectoryName(parent) ?? "/";
        var free = new DriveInfo(parent).AvailableFreeSpace >> 20;
        return free > 1024 ? new("disk", true, $"{free} MB free") : new("disk", false, $"only {free} MB free for {directory}: make room before messages can no longer be stored");
    }

    private static async Task<Finding> ClockAsync(Deployment deployment, TimeProvider clock, CancellationToken ct)
    {
        await using var command = deployment.Databases.Worker.CreateCommand("select clock_timestamp()");
        var there = new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(ct))!, TimeSpan.Zero);
        var apart = (there - clock.GetUtcNow()).Duration();
        return apart < TimeSpan.FromSeconds(5) ? new("clock", true, "agrees with the database") : new("clock", false, $"this machine and the database are {apart.TotalSeconds:0} s apart: set the time by NTP");
    }

    // What a promoted model that cannot be used leaves in its place, the shipped one, is looked at too.
    private static async Task<Finding> ModelAsync(IConfiguration configuration, Deployment deployment, CancellationToken ct)
    {
        string? missing = null;
        var model = new ModelInUse(Models.Load(configuration, why => missing = why), deployment.Databases, deployment.Keys);
        await model.RefreshAsync(ct);
        var shipped = missing is null ? $"the shipped one ({model.Shipped.Version})" : $"none, and every message waits for a person: {missing}";
        return model.Trouble is { } trouble ? new("model", false, $"the promoted model cannot be used ({trouble}); in its place reads {shipped}. Roll back or promote another at Settings > Learning")
            : new("model", missing is null || model.Now != model.Shipped, model.Now == model.Shipped ? shipped : $"the promoted one ({model.Version})");
    }

    // What a restore has set aside still holds what people had erased since.
    private static async Task<List<Finding>> LeftAsync(Deployment deployment, CancellationToken ct)
    {
        await using var command = deployment.Databases.Worker.CreateCommand("select datname from pg_database where starts_with(datname, left(current_database(), $2 - length($1) - 14) || $1) order by 1");
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = Restore.AsideMark }, new() { Value = Backup.LongestName } });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var findings = new List<Finding>();
        while (await reader.ReadAsync(ct))
            findings.Add(new("set aside", false, $"the database {reader.GetString(0)} of before a restore is still kept, with people's data in it: drop it when all is well"));
        await reader.DisposeAsync();
        await using var copies = deployment.Databases.Worker.CreateCommand("select account_id, count(distinct person_id) from provider_copy where gave_up_at is not null group by 1 order by 1");
        await using var lines = await copies.ExecuteReaderAsync(ct);
        while (await lines.ReadAsync(ct))
            findings.Add(new($"line {lines.GetString(0)}", false, $"its provider would not delete what it holds of {lines.GetInt64(1)} people whose data was erased: delete it in the provider's console"));
        return findings;
    }

    private static async Task<List<Finding>> PeopleAsync(Deployment deployment, CancellationToken ct)
    {
        var findings = new List<Finding>();
        await using var command = deployment.Databases.Worker.CreateCommand($"""
            select c.code, (select count(*) from circle_member m join officer o on o.id = m.officer_id where m.circle_id = c.id and m.confirmed_at is not null and o.active),
                   coalesce(d."OnCall", 0)::bigint, c.outside_contact is not null
            from circle c left join ({CircleWatch.OnCallNow}) d on d."CircleId" = c.id order by c.id
            """);
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                var (code, members, onCall, outside) = (reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetBoolean(3));
                var missing = new[] { members < 2 ? $"fewer than two {(code == "check_first" ? "screeners" : "cleared people")} (`cea user add NAME --role circle --circle " + code + "`)" : null, onCall < 2 ? "fewer than two on call now: its critical clocks do not run, those of high do" : null, outside ? null : "no outside contact" }.OfType<string>().ToList();
                findings.Add(new($"circle {code}", missing.Count == 0, missing.Count == 0 ? $"{members} cleared" : string.Join("; ", missing)));
            }
        }
        await using (var phone = deployment.Databases.Worker.CreateCommand("select code, coalesce(confidential_phone, '') <> '' from circle order by strictness desc limit 1"))
        await using (var reader = await phone.ExecuteReaderAsync(ct))
        {
            if (await reader.ReadAsync(ct))
                findings.Add(reader.GetBoolean(1) ? new("confidential telephone", true, "set")
                    : new("confidential telephone", false, $"operators cannot tell a caller where to talk in confidence: a member of the circle {reader.GetString(0)} sets the focal point's number at Settings > Circles"));
        }
        await using (var zone = deployment.Databases.Worker.CreateCommand("select value from deployment where name = 'time_zone'"))
            findings.Add(await zone.ExecuteScalarAsync(ct) is string known ? new("time zone", true, known) : new("time zone", false, "not set: nobody knows when it is night, so surveys and tellings go out at any hour. Set it at Settings > What people are told"));
        // A Host of an older version that is asked to run a job which it does not know puts the job aside for ever.
        await using var ran = deployment.Databases.Worker.CreateCommand("select to_regclass('qz.qrtz_triggers') is not null"); // made at the first start
        if (await ran.ExecuteScalarAsync(ct) is true)
        {
            await using var aside = deployment.Databases.Worker.CreateCommand("select trigger_name from qz.qrtz_triggers where trigger_state = 'ERROR' order by 1");
            await using var stopped = await aside.ExecuteReaderAsync(ct);
            while (await stopped.ReadAsync(ct))
                findings.Add(new($"job {stopped.GetString(0)}", false, "it runs no more: a Host of an older version could not load it. Stop those, then start a Host of this version anew"));
        }
        await using var rule = deployment.Databases.Worker.CreateCommand("select exists (select 1 from routing_rule where is_default)");
        findings.Add(await rule.ExecuteScalarAsync(ct) is true ? new("routing", true, "there is a default team") : new("routing", false, "no default team: messages wait until Settings > Rules has a default"));
        return findings;
    }

    private static async Task<List<Finding>> LinesAsync(IConfiguration configuration, Deployment deployment, CancellationToken ct)
    {
        await using var services = new ServiceCollection().AddChannels().BuildServiceProvider();
        var kinds = services.GetRequiredService<ChannelKinds>();
        var board = new IntakeBoard();
        await new AccountDirectory(configuration, kinds, deployment.Keys, deployment.Databases, board).RefreshAsync(ct);
        var findings = new List<Finding>();
        foreach (var account in board.Snapshot.Accounts.Values.OrderBy(a => a.Id))
        {
            if ((account.Broken?.Says ?? account.SendingStopped) is { } broken)
            {
                findings.Add(new($"line {account.Id}", false, broken));
                continue;
            }
            if (kinds.Find(account.Kind) is not IChecksAccount checks)
                continue;
            var problems = await LineCheck.AskAsync(checks, account, ct);
            findings.Add(new($"line {account.Id}", problems is { Count: 0 }, problems is null ? "the provider does not answer from here" : problems.Count == 0 ? "reachable" : string.Join("; ", problems)));
        }
        return findings;
    }

    private static async Task<Report> TotalsAsync(Deployment deployment, List<Finding> findings, CancellationToken ct)
    {
        await using var command = deployment.Databases.Worker.CreateCommand("""
            select (select count(*) from message where direction = 'in' and kind not in ('transcript', 'machine_transcript')) + (select count(*) from inbox where kind in ('message', 'edit')), (select count(*) from inbox where kind in ('message', 'edit') and not dead),
                (select count(*) from item), (select count(*) from person), count(*) filter (where state = 'due'), count(*) filter (where state = 'sending'), count(*) filter (where state = 'in_doubt'),
                count(*) filter (where state in ('sent', 'delivered', 'read')), count(*) filter (where state = 'failed'), (select count(*) from inbox where dead) from outbox
            """);
        await using var r = await command.ExecuteReaderAsync(ct);
        await r.ReadAsync(ct);
        var dead = r.GetInt64(9);
        if (dead > 0)
            findings.Add(new("dead letters", false, $"{dead} messages could not be read: look at Settings > Dead letters"));
        if (r.GetInt64(6) > 0)
            findings.Add(new("in doubt", false, $"{r.GetInt64(6)} sendings may or may not have gone out: their items offer \"send again\""));
        return new Report(findings, r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), new Sendings(r.GetInt64(4), r.GetInt64(5), r.GetInt64(6), r.GetInt64(7), r.GetInt64(8)), dead);
    }
}

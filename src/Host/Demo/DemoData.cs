using System.Text;
using Cea.Feedback;
using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Host.Demo;

/// <summary>
/// Data to look at and to play with: three service points, teams, officers, a rota, and items over twelve weeks. Marked: every place and team is called "(demo)". One
/// trend is planted: at the northern point the wish to open earlier has been rising for four weeks.
/// </summary>
internal sealed class DemoData(Deployment deployment)
{
    public const int UsualItems = 400;

    private static readonly (string Slug, string Name, string Country, string Zone)[] Places =
        [("hsp-norte", "HSP Norte (demo)", "Honduras", "America/Tegucigalpa"), ("hsp-puente", "HSP Puente (demo)", "Colombia", "America/Bogota"), ("hsp-station", "HSP Station (demo)", "Italy", "Europe/Rome")];

    private static readonly string[] Handling = ["health", "protection", "family_links", "psea", "integrity", "data_protection"];

    /// <summary>Fills a database that has no items; leaves another alone.</summary>
    public async Task EnsureAsync(Action<string> say, CancellationToken ct)
    {
        await using (var any = deployment.Databases.Worker.CreateCommand("select exists (select 1 from item) or exists (select 1 from service_point)"))
        {
            if (await any.ExecuteScalarAsync(ct) is true)
                return;
        }
        await FillAsync(UsualItems, 1, ct);
        say($"Demo data: {UsualItems} items at {Places.Length} places, all marked (demo)");
    }

    public async Task FillAsync(int items, int seed, CancellationToken ct)
    {
        await SetUpAsync(ct);
        await PeopleAsync(ct);
        await ItemsAsync(items, seed, ct);
    }

    private async Task SetUpAsync(CancellationToken ct)
    {
        await using var connection = await deployment.Databases.Pages.OpenConnectionAsync(ct);
        foreach (var (slug, name, country, zone) in Places)
        {
            await ExecuteAsync(connection, """
                insert into service_point (slug, name, country, time_zone, hours, hours_confirmed_at, route, national_society)
                values ($1, $2, $3, $4, '{"mon":[["08:00","16:00"]],"tue":[["08:00","16:00"]],"wed":[["08:00","16:00"]],"thu":[["08:00","16:00"]],"fri":[["08:00","16:00"]]}', now(), 'demo route', 'Demo Red Cross')
                on conflict (slug) do nothing
                """, ct, slug, name, country, zone);
        }
        await ExecuteAsync(connection, """
            insert into team (name) select n from unnest(array['Site team (demo)', 'Health team (demo)', 'Protection team (demo)', 'Feedback desk (demo)', 'Integrity (demo)']) n on conflict (name) do nothing
            """, ct);
        await ExecuteAsync(connection, """
            insert into routing_rule (position, topic, circle_id, team_id)
            select p, t, c, (select id from team where name = n) from (values
                (10, 'health', null::smallint, 'Health team (demo)'), (20, null, 2::smallint, 'Health team (demo)'), (30, null, 3::smallint, 'Protection team (demo)'),
                (40, null, 4::smallint, 'Protection team (demo)'), (50, null, 5::smallint, 'Integrity (demo)'), (60, null, 6::smallint, 'Integrity (demo)'), (70, null, 7::smallint, 'Integrity (demo)'),
                (80, 'basic_needs', null, 'Site team (demo)'), (90, 'service_access', null, 'Site team (demo)')) as r (p, t, c, n)
            where not exists (select 1 from routing_rule where not is_default)
            """, ct);
        await ExecuteAsync(connection, "update routing_rule set team_id = (select id from team where name = 'Feedback desk (demo)') where is_default", ct);
        await ExecuteAsync(connection, """
            insert into deployment values ('society', 'Demo Red Cross'), ('danger', '112'), ('outside', 'ifrc.org/report'), ('survey_after_minutes', '1'), ('telling_hours', '00:00-00:00'), ('time_zone', 'UTC') on conflict do nothing
            """, ct);
        await ExecuteAsync(connection, "update circle set outside_contact = 'IFRC integrity line (demo)' where outside_contact is null", ct);
        await ExecuteAsync(connection, "update circle set confidential_phone = '+1 555 010 0123' where code = 'psea' and confidential_phone is null", ct);
    }

    private async Task PeopleAsync(CancellationToken ct)
    {
        var password = OfficerAccounts.NewSecret();
        var accounts = new OfficerAccounts(deployment.Databases.Pages, deployment.Keys);
        var made = new StringBuilder();
        async Task AddAsync(string name, string display, string[] roles, string[] circles, bool alternate = false)
        {
            try
            {
                await accounts.AddAsync(name, password, roles, circles, alternate, null, display, mustChange: false, ct);
                made.Append(name).Append(' ').Append(password).Append('\n');
            }
            catch (RuleException taken) when (taken.Code is "name_taken" or "circle_has_members")
            {
                // a second run: they are there already
            }
        }
        await AddAsync("lead", "Lead (demo)", [Roles.Officer, Roles.Circle, Roles.Supervisor, Roles.Manager, Roles.Administrator, Roles.DataProtection], ["check_first", .. Handling]);
        await AddAsync("focal", "Focal point (demo)", [Roles.Circle], ["check_first", .. Handling], alternate: true);
        await AddAsync("officer", "Officer (demo)", [Roles.Officer], []);
        await AddAsync("manager", "Manager (demo)", [Roles.Manager], []);
        await AddAsync("volunteer", "Volunteer (demo)", [Roles.Volunteer], []);
        await AddAsync("operator", "Operator (demo)", [Roles.Operator], []);
        if (made.Length > 0)
        {
            var file = FirstOfficer.FileOf(deployment);
            await FirstOfficer.WriteAsync(file, (File.Exists(file) ? await File.ReadAllTextAsync(file, ct) : "") + made, ct);
        }
        await using var connection = await deployment.Databases.Pages.OpenConnectionAsync(ct);
        await ExecuteAsync(connection, """
            insert into rota (circle_id, officer_id, starts_at, ends_at) select c.id, o.id, now() - interval '1 day', now() + interval '60 days' from circle c cross join officer o
            where o.user_name in ('lead', 'focal') and not exists (select 1 from rota)
            """, ct);
        await ExecuteAsync(connection, "insert into team_member select t.id, o.id from team t cross join officer o where o.user_name in ('lead', 'officer') on conflict do nothing", ct);
    }

    // Written as triage would have left it: coded, routed, counted, searchable or sealed.
    private async Task ItemsAsync(int count, int seed, CancellationToken ct)
    {
        var random = new Random(seed);
        var now = TimeProvider.System.GetUtcNow();
        var samples = await SamplesAsync();
        await using var connection = await deployment.Databases.Worker.OpenConnectionAsync(ct);
        var keys = new Dictionary<short, byte[]>();
        await using (var read = new NpgsqlCommand("select id, public_key from circle", connection))
        {
            await using var reader = await read.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                keys[reader.GetInt16(0)] = (byte[])reader[1];
        }
        var audiences = new Dictionary<short, int>();
        foreach (var circle in Circle.All)
            audiences[circle.Id] = await AudienceIds.FindOrMakeAsync(connection, [circle.Id], null, false, [], ct);
        var places = new List<int>();
        foreach (var place in Places)
            places.Add(await ScalarAsync<int>(connection, "select id from service_point where slug = $1", ct, place.Slug));
        var team = await ScalarAsync<int>(connection, "select team_id from routing_rule where is_default", ct);
        var channels = new[] { "twilio-sms", "telegram", "web", "face-to-face" };

        for (var done = 0; done < count;)
        {
            await using var transaction = await connection.BeginTransactionAsync(ct);
            await using var batch = new NpgsqlBatch(connection, transaction);
            for (var i = 0; i < 500 && done < count; i++, done++)
            {
                var days = 84 * Math.Pow(random.NextDouble(), 1.2);
                var at = now.AddDays(-days).AddMinutes(-random.Next(600));
                var place = days < 7 && random.Next(2) == 0 ? 0 : random.Next(3);
                var sample = days < 28 && place == 0 && random.NextDouble() < (days < 7 ? 0.85 : 0.15 + (28 - days) / 50) ? samples.Where(s => s.Topics[0] == "opening_hours").ElementAt(random.Next(samples.Count(s => s.Topics[0] == "opening_hours")))
                    : samples[random.Next(samples.Count)];
                Add(batch, sample, at, days, place, places[place], team, channels[random.Next(channels.Length)], audiences, keys, random, now);
            }
            await batch.ExecuteNonQueryAsync(ct);
            await transaction.CommitAsync(ct);
        }
        await ExecuteAsync(connection, "update item i set next_due_at = (select min(due_at) from clock c where c.item_id = i.id and c.met_at is null) where status in ('new', 'in_progress') and next_due_at is null", ct);
    }

    private static void Add(NpgsqlBatch batch, Sample s, DateTimeOffset at, double days, int place, int placeId, int team, string channel, Dictionary<short, int> audiences, Dictionary<short, byte[]> keys, Random random, DateTimeOffset now)
    {
        var (id, code) = (Guid.CreateVersion7(at), ReceiptCode.New());
        var circle = Codebook.Default.CircleOf(s.Topics, s.Sensitivity);
        var open = days < 1.5 || random.NextDouble() < 0.06;
        var closed = (DateTime?)(open ? null : at.AddHours(4 + random.Next(60)).UtcDateTime);
        if (closed > now.UtcDateTime)
            closed = now.UtcDateTime;
        void Row(string sql, params object?[] values)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var value in values)
                command.Parameters.Add(value as NpgsqlParameter ?? new() { Value = value ?? DBNull.Value });
            batch.BatchCommands.Add(command);
        }
        Row("""
            insert into item (id, receipt_code, channel, service_point_id, lang, lang_confidence, status, audience_id, circle_id, checked, sensitivity, suggested_type, suggested_topics, suggested_urgency, suggested_sensitivity,
                suggestion, team_id, spoken_at, recorded_at, last_message_at, seen_at, first_answer_at, resolved_at, loop_closed_at, loop_method, next_due_at)
            values ($1, $2, $3, $4, $5, 0.98, $6, $7, $8, true, $9, $10, $11, $12, $9, '{"model":"demo"}', $13, $14, $14, $14, $15, $15, $15, $15, $16, $17)
            """, id, code, channel, placeId, s.Lang, open ? "new" : "closed", audiences[circle.Id], circle.Id, (short)s.Sensitivity, s.Type, s.Topics, s.Urgency, team, at.UtcDateTime,
            new NpgsqlParameter { Value = (object?)closed ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz }, open ? null : "follow_up_message",
            new NpgsqlParameter { Value = open && s.Urgency != "low" ? at.AddHours(s.Urgency == "high" ? 4 : 24).UtcDateTime : DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        Row("insert into message (id, item_id, audience_id, direction, kind, lang, at, recorded_at, text, sealed) values ($1, $1, $2, 'in', 'message', $3, $4, $4, $5, $6)", id, audiences[circle.Id], s.Lang, at.UtcDateTime,
            circle.Seals ? null : s.Text, new NpgsqlParameter { Value = circle.Seals ? CircleKeys.Seal(s.Text, [keys[circle.Id]]) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea });
        Row("insert into receipt (code, message_id, created_at) values ($1, $2, $3)", code, id, at.UtcDateTime);
        if (circle.Id == 0)
            Row("insert into open_search (item_id, text, search) values ($1, $2, to_tsvector('cea', $2))", id, s.Text);
        if (open && s.Urgency != "low")
        {
            Row("insert into clock (item_id, step, audience_id, due_at, next_at) select $1, t, $2, d, d from unnest($3::text[], $4::timestamptz[]) c (t, d)", id, audiences[circle.Id], new[] { "seen", "answer" },
                new[] { at.AddHours(s.Urgency == "high" ? 4 : 24).UtcDateTime, at.AddHours(s.Urgency == "high" ? 24 : 48).UtcDateTime });
        }
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById(Places[place].Zone)).Date);
        Row("insert into count_change (audience_id, day, service_point_id, topic, type, urgency, channel, lang, n) select $1, $2, $3, t, $4, $5, $6, $7, 1 from unnest($8::text[]) t",
            audiences[circle.Id], day, placeId, s.Type, s.Urgency, channel, s.Lang, s.Topics.Prepend("").ToArray());
    }

    private static async Task<List<Sample>> SamplesAsync()
    {
        using var stream = typeof(DemoData).Assembly.GetManifestResourceStream("Cea.demo.tsv")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var lines = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(l => l.Split('\t'));
        return [.. lines.Select(c => new Sample(c[0], c[1], c[2].Split('|'), c[3], int.Parse(c[4], System.Globalization.CultureInfo.InvariantCulture), c[5]))];
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken ct, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return (T)(await command.ExecuteScalarAsync(ct))!;
    }

    private sealed record Sample(string Lang, string Type, string[] Topics, string Urgency, int Sensitivity, string Text);
}

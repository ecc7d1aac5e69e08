using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Items;

/// <summary>What narrows a list of items down; every one of them stands in the URL.</summary>
public sealed record ItemFilter
{
    /// <summary>mine, unassigned, overdue, check_first, open (all open), all.</summary>
    public string View { get; init; } = "open";
    /// <summary>A topic or a group; several, separated by commas. So are types, urgencies, channels, languages and service points ("-": none at all).</summary>
    public string? Topic { get; init; }
    public string? Type { get; init; }
    public string? Urgency { get; init; }
    public string? Status { get; init; }
    public string? Channel { get; init; }
    public string? Lang { get; init; }
    public string? ServicePoint { get; init; }
    public string? Query { get; init; }
    public int? TeamId { get; init; }
    public DateOnly? From { get; init; }
    public DateOnly? To { get; init; }

    /// <summary>Leaves out what is coded incomplete, as trends do.</summary>
    public bool Complete { get; init; }

    /// <summary>due (what is due first), newest, oldest.</summary>
    public string Sort { get; init; } = "due";
}

/// <summary>One line of a list. The excerpt is null when the text is sealed to others.</summary>
public sealed record ItemRow(Guid Id, string Code, string Channel, string? ServicePoint, string Lang, string Type, string[] Topics, string Urgency, short Sensitivity, short CircleId, bool Checked, string Status,
    string Team, string? Assignee, DateTimeOffset SpokenAt, DateTimeOffset RecordedAt, DateTimeOffset? NextDueAt, DateTimeOffset? SeenAt, string? Excerpt, bool InDoubt)
{
    /// <summary>The excerpt is what a machine heard, and nobody has checked it.</summary>
    public bool HeardByMachine { get; init; }
}

/// <param name="Next">Where the next page begins; null at the end.</param>
public sealed record ItemRows(IReadOnlyList<ItemRow> Rows, string? Next);

/// <summary>A page of items, 1 to 200 long, as the officer may see them.</summary>
public sealed record ItemList(ItemFilter Filter, string? After = null, int Limit = 50) : IRead<ItemRows>
{
    public Right Needs => Right.ReadItems;

    internal sealed class Handler(FeedbackDb db, Officer officer, CircleKeyring keyring, CodebookInUse codebook, TimeProvider clock) : IRequestHandler<ItemList, ItemRows>
    {
        private const int ExcerptLength = 160;

        public async Task<ItemRows> Handle(ItemList request, CancellationToken ct)
        {
            var sql = new ItemQuery(request.Filter, await codebook.ReadAsync(db, ct), officer, clock.GetUtcNow());
            var limit = Math.Clamp(request.Limit, 1, 200);
            var connection = (NpgsqlConnection)db.Database.GetDbConnection();
            await using var command = new NpgsqlCommand(sql.Page(request.After, limit + 1), connection);
            command.Parameters.AddRange(sql.Parameters);
            await keyring.KeysAsync(ct); // before the connection is busy
            var rows = new List<(ItemRow Row, string Key)>();
            await using (var r = await command.ExecuteReaderAsync(ct))
            {
                while (await r.ReadAsync(ct))
                {
                    var keys = r.IsDBNull(19) && r.IsDBNull(23) ? [] : await keyring.KeysAsync(r.GetInt16(9), ct);
                    string? Read(int text, int seal) => !r.IsDBNull(text) ? r.GetString(text) : r.IsDBNull(seal) ? null : CircleKeys.OpenText((byte[])r[seal], keys);
                    var said = Read(18, 19);
                    var heard = string.IsNullOrWhiteSpace(said) ? Read(22, 23) : null; // the person's own words come before what a machine heard
                    var text = heard ?? said;
                    rows.Add((new ItemRow(r.GetGuid(0), r.GetString(1), r.GetString(2), r.IsDBNull(3) ? null : r.GetString(3), r.GetString(4), r.GetString(5), (string[])r[6], r.GetString(7), r.GetInt16(8), r.GetInt16(9), r.GetBoolean(10),
                        r.GetString(11), r.GetString(12), r.IsDBNull(13) ? null : r.GetString(13), r.GetFieldValue<DateTimeOffset>(14), r.GetFieldValue<DateTimeOffset>(15), r.IsDBNull(16) ? null : r.GetFieldValue<DateTimeOffset>(16),
                        r.IsDBNull(17) ? null : r.GetFieldValue<DateTimeOffset>(17), text is null ? null : text.Length > ExcerptLength ? text[..ExcerptLength] + "…" : text, r.GetBoolean(20))
                    { HeardByMachine = heard is not null }, r.GetString(21)));
                }
            }
            return rows.Count > limit ? new ItemRows([.. rows.Take(limit).Select(x => x.Row)], rows[limit - 1].Key) : new ItemRows([.. rows.Select(x => x.Row)], null);
        }
    }
}

/// <summary>How many items each view holds, as the officer may see them; at most 1,000 are counted.</summary>
public sealed record ViewCounts : IRead<IReadOnlyDictionary<string, int>>
{
    public const int Most = 1000;

    public Right Needs => Right.ReadItems;

    internal sealed class Handler(FeedbackDb db, Officer officer, CodebookInUse codebook, TimeProvider clock) : IRequestHandler<ViewCounts, IReadOnlyDictionary<string, int>>
    {
        public async Task<IReadOnlyDictionary<string, int>> Handle(ViewCounts request, CancellationToken ct)
        {
            string[] views = ["mine", "unassigned", "overdue", "check_first", "open"];
            var counts = new Dictionary<string, int>();
            await using var batch = new NpgsqlBatch((NpgsqlConnection)db.Database.GetDbConnection());
            batch.BatchCommands.Add(new("set local enable_sort = off")); // of all that wait, only the first are to be read
            foreach (var view in views)
            {
                var sql = new ItemQuery(new ItemFilter { View = view }, codebook.Shown, officer, clock.GetUtcNow());
                var command = new NpgsqlBatchCommand(sql.Count(Most + 1));
                foreach (var parameter in sql.Parameters)
                    command.Parameters.Add(parameter);
                batch.BatchCommands.Add(command);
            }
            await using var r = await batch.ExecuteReaderAsync(ct);
            foreach (var view in views)
            {
                await r.ReadAsync(ct);
                counts[view] = (int)r.GetInt64(0);
                await r.NextResultAsync(ct);
            }
            return counts;
        }
    }
}

/// <summary>The SQL of a list. Row policies stand below it: whatever it asks, only rows of the officer's audiences come back.</summary>
internal sealed class ItemQuery
{
    // As the partial indexes say it.
    private const string Waits = "(i.status <> 'closed' or i.unread_at is not null)";

    private readonly List<string> _where = [];
    private readonly List<NpgsqlParameter> _parameters = [];
    private readonly string _order;

    public ItemQuery(ItemFilter filter, Codebook book, Officer officer, DateTimeOffset now)
    {
        switch (filter.View)
        {
            case "mine":
                Where($"i.assignee_id = {{0}} and {Waits}", officer.Id);
                break;
            case "unassigned":
                Where($"i.assignee_id is null and {Waits} and (i.status in ('new', 'in_progress') or i.unread_at is not null) and i.circle_id <> 1");
                break;
            case "overdue":
                Where($"i.next_due_at < {{0}} and {Waits}", now.UtcDateTime);
                break;
            case "check_first":
                Where($"i.circle_id = 1 and {Waits}");
                break;
            case "all":
                break;
            default:
                Where(Waits);
                break;
        }
        if (filter.Topic is { } topic) // a group stands for all its topics
            Where("i.topics && {0}", (object)topic.Split(',').SelectMany(t => book.Find("group", t) is null ? [t] : book.TopicsIn(t).Select(c => c.Name).Prepend(t)).Distinct().ToArray());
        Equal("i.type", filter.Type);
        Equal("i.urgency", filter.Urgency);
        Equal("i.status", filter.Status);
        Equal("i.channel", filter.Channel);
        Equal("i.lang", filter.Lang);
        if (filter.ServicePoint is { } place)
            Where("coalesce(s.slug, '-') = any ({0})", (object)place.Split(','));
        if (filter.Complete)
            Where("i.type <> 'incomplete'");
        if (filter.TeamId is { } team)
            Where("i.team_id = {0}", team);
        if (filter.From is { } from)
            Where("(i.spoken_at at time zone coalesce(s.time_zone, 'UTC'))::date >= {0}", from);
        if (filter.To is { } to)
            Where("(i.spoken_at at time zone coalesce(s.time_zone, 'UTC'))::date <= {0}", to);
        // Search looks at checked open items only, in a table that the index serves (restricted text is in no index), then joins back.
        if (!string.IsNullOrWhiteSpace(filter.Query))
        {
            if (Intake.ReceiptCode.Parse(filter.Query) is { } code)
                Where("i.receipt_code = {0}", code);
            else
                Where("i.id in (select item_id from (select item_id from open_search where search @@ websearch_to_tsquery('cea', {0}) limit 5000) found)", filter.Query.Length > 200 ? filter.Query[..200] : filter.Query);
        }
        _order = filter.Sort switch
        {
            "newest" => "newest",
            "oldest" => "oldest",
            _ => "due",
        };
    }

    public NpgsqlParameter[] Parameters => [.. _parameters];

    /// <summary>Keyset paging: the key of the last row says where the next page begins, however many rows there are.</summary>
    private (string Rows, string Order) Keys(string? after, int limit)
    {
        var (key, order) = _order switch
        {
            "newest" => ("to_char(i.recorded_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') || ' ' || i.id", "i.recorded_at desc, i.id desc"),
            "oldest" => ("to_char(i.recorded_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') || ' ' || i.id", "i.recorded_at, i.id"),
            _ => ("coalesce(to_char(i.next_due_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), 'none') || ' ' || i.id", "i.next_due_at nulls last, i.id"),
        };
        if (after?.Split(' ') is [var at, var id] && Guid.TryParse(id, out var last))
        {
            if (at == "none")
            {
                Where("i.next_due_at is null and i.id > {0}", last);
            }
            else if (DateTime.TryParse(at, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal | System.Globalization.DateTimeStyles.AdjustToUniversal, out var time))
            {
                Where(_order switch
                {
                    "newest" => "(i.recorded_at, i.id) < ({0}, {1})",
                    "oldest" => "(i.recorded_at, i.id) > ({0}, {1})",
                    _ => "(i.next_due_at is null or (i.next_due_at, i.id) > ({0}, {1}))",
                }, time, last);
            }
        }
        return ($"(select i.id, {key} as key from item i left join service_point s on s.id = i.service_point_id {Clause} order by {order} limit {limit}) page join item i on i.id = page.id", order);
    }

    /// <summary>The lines of a page.</summary>
    public string Page(string? after, int limit)
    {
        var (rows, order) = Keys(after, limit);
        return $"""
            select i.id, i.receipt_code, i.channel, s.name, i.lang, i.type, i.topics, i.urgency, i.sensitivity, i.circle_id, i.checked, i.status, t.name, o.display_name, i.spoken_at, i.recorded_at, i.next_due_at, case when i.unread_at is null then i.seen_at end,
                   m.text, m.sealed, exists (select 1 from outbox x where x.item_id = i.id and x.state = 'in_doubt'), page.key, h.text, h.sealed
            from {rows} join team t on t.id = i.team_id left join service_point s on s.id = i.service_point_id left join officer o on o.id = i.assignee_id
            left join lateral (
                select coalesce(e.text, f.text) as text, case when e.id is null then f.sealed else e.sealed end as sealed
                from (select id, text, sealed from message where item_id = i.id and direction = 'in' and kind not in ('machine_transcript', 'edit') order by kind <> 'transcript', case when kind = 'transcript' then at end desc, at limit 1) f
                left join lateral (select id, text, sealed from message where item_id = i.id and kind = 'edit' and replaces_id = f.id order by at desc, id desc limit 1) e on true) m on true
            left join lateral (select text, sealed from message where item_id = i.id and kind = 'machine_transcript' order by at desc limit 1) h on true
            order by {order}
            """;
    }

    /// <summary>The same page with all that other systems are told of an item, by one statement.</summary>
    public string Feed(string? after, int limit)
    {
        var (rows, order) = Keys(after, limit);
        return $"""
            select i.id, i.receipt_code, i.recorded_at, i.spoken_at, i.channel, i.account_id, s.slug, i.lang, i.status, i.type, i.topics, i.urgency, i.sensitivity,
                   i.suggested_type, i.suggested_topics, i.suggested_urgency, i.suggested_sensitivity, (i.suggestion #>> array['type', 'confidence'])::float8,
                   i.confirmed_type, i.confirmed_topics, i.confirmed_urgency, i.confirmed_at, t.name, o.display_name, i.resolved_at, i.loop_closed_at,
                   clocks.seen, clocks.answer, clocks.close, coalesce(said.messages, '[]')::text, page.key,
                   exists (select 1 from address a where a.person_id = i.person_id and not exists (select 1 from unreachable x where x.space = a.space and x.hash = a.hash and x.account_id = i.account_id)),
                   (select max(h.at) from message h where h.person_id = i.person_id and h.account_id = i.account_id and h.direction = 'in'),
                   coalesce((select jsonb_agg(jsonb_build_object('id', w.id, 'name', w.name, 'lang', w.lang, 'body', w.body, 'asked', w.places) order by w.lang <> i.lang, w.name)
                             from message_template w where w.account_id = i.account_id and w.purpose = 'reply' and w.state = 'approved'), '[]')::text
            from {rows} join team t on t.id = i.team_id left join service_point s on s.id = i.service_point_id left join officer o on o.id = i.assignee_id
            left join lateral (
                select max(due_at) filter (where step = 'seen') as seen, max(due_at) filter (where step = 'answer') as answer, max(due_at) filter (where step = 'close') as close from clock where item_id = i.id) clocks on true
            left join lateral (
                select jsonb_agg(jsonb_build_object('id', m.id, 'direction', m.direction, 'kind', m.kind, 'text', m.text, 'at', m.at, 'status', coalesce(
                           (select case x.state when 'held' then 'due' else x.state end from outbox x
                               where x.message_id = m.id and not exists (select 1 from outbox y where y.message_id = x.message_id and y.part = x.part and y.created_at > x.created_at)
                               order by case when x.state in ('sent', 'delivered', 'read') then 1000 - x.part else x.part end limit 1), case m.direction when 'in' then 'received' else 'recorded' end),
                       'media', coalesce((select jsonb_agg(jsonb_build_object('id', f.id, 'state', f.state, 'contentType', f.content_type, 'bytes', coalesce(f.bytes, f.said_bytes)) order by f.position) from media f where f.message_id = m.id), '[]')) order by m.at, m.id) as messages
                from message m where m.item_id = i.id and m.direction in ('in', 'out')) said on true
            order by {order}
            """;
    }

    public void Only(Guid id) => Where("i.id = {0}", id);

    /// <summary>In the order of an index, so that no more rows are read than are counted.</summary>
    public string Count(int most) => $"select count(*) from (select 1 from item i left join service_point s on s.id = i.service_point_id {Clause} order by i.next_due_at nulls last, i.id limit {most}) c";

    private string Clause => _where.Count == 0 ? "" : "where " + string.Join(" and ", _where);

    private void Equal(string column, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            Where(value.Contains(',') ? column + " = any ({0})" : column + " = {0}", value.Contains(',') ? (object)value.Split(',') : value);
    }

    private void Where(string sql, params object[] values)
    {
        var names = new object[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            _parameters.Add(values[i] is string[] list ? new() { Value = list, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text } : new() { Value = values[i] });
            names[i] = $"${_parameters.Count}";
        }
        _where.Add(string.Format(System.Globalization.CultureInfo.InvariantCulture, sql, names));
    }
}

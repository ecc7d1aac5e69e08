using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Trends;

/// <summary>
/// The counts' SQL: what is folded plus what is not yet, read by one statement and so from one snapshot, in which a change is in exactly one of the two tables.
/// Row policies stand below it.
/// </summary>
internal sealed class TrendSql
{
    private readonly List<string> _where = [];
    private readonly List<NpgsqlParameter> _parameters = [];
    private readonly string _days;

    public TrendSql(TrendFilter filter, Period now, Period? before, bool openOnly)
    {
        var (from, to) = (Add(now.From), Add(now.To));
        IsNow = $"c.day between {from} and {to}";
        _days = before is { } b ? $"(c.day between {from} and {to} or c.day between {Add(b.From)} and {Add(b.To)})" : $"c.day between {from} and {to}";
        if (openOnly)
            _where.Add("c.audience_id = 1");
        if (filter.LeavesIncompleteOut)
            _where.Add("c.type <> 'incomplete'");
        In("c.type", filter.Types);
        In("c.urgency", filter.Urgencies);
        In("c.channel", filter.Channels);
        In("c.lang", filter.Langs);
        if (filter.ServicePoints.Count > 0)
            _where.Add($"coalesce(s.slug, '{TrendFilter.NoServicePoint}') = any ({Add(filter.ServicePoints.ToArray())})");
    }

    /// <summary>SQL that is true for days of the period shown, false for those before.</summary>
    public string IsNow { get; }

    public void Topics(IReadOnlyList<string> codes) => In("c.topic", codes);

    public void Where(string sql) => _where.Add(sql);

    public string Add(object value)
    {
        _parameters.Add(value is string[] texts ? new() { Value = texts, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text } : new() { Value = value });
        return $"${_parameters.Count}";
    }

    public NpgsqlCommand Command(NpgsqlConnection connection, string select, string end)
    {
        const string Columns = "c.audience_id, c.day, c.service_point_id, c.topic, c.type, c.urgency, c.channel, c.lang, c.n";
        var command = new NpgsqlCommand($"""
            select {select}
            from (select {Columns} from item_count c where {_days} union all select {Columns} from count_change c where {_days}) c
            left join service_point s on s.id = c.service_point_id
            {(_where.Count == 0 ? "" : "where " + string.Join(" and ", _where))}
            {end}
            """, connection);
        command.Parameters.AddRange(_parameters.ToArray());
        return command;
    }

    /// <summary>
    /// The day on which counting began, when that makes a comparison with <paramref name="before"/> unfair: a quarter of it or more had no service to write to (of a week: all of it).
    /// Null when the comparison is fair.
    /// </summary>
    public static async Task<DateOnly?> UnfairSinceAsync(NpgsqlConnection connection, Period? before, CancellationToken ct)
    {
        if (before is not { } period)
            return null;
        await using var command = new NpgsqlCommand("select least((select min(day) from item_count), (select min(day) from count_change))", connection);
        return await command.ExecuteScalarAsync(ct) is DateOnly since && since > (period.Days <= 7 ? period.To : period.From.AddDays(period.Days / 4)) ? since : null;
    }

    private void In(string column, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
            _where.Add($"{column} = any ({Add(values.ToArray())})");
    }
}

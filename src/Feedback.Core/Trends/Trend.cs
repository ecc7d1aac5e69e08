using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Cea.Feedback.Trends;

/// <summary>What is counted: items, or mentions of topics (an item of two topics is mentioned twice).</summary>
public enum TrendUnit
{
    Items,
    Mentions,
}

/// <summary>One line of a trend. <see cref="Change"/> is there when both totals are shown and may be compared.</summary>
/// <param name="Key">Code, slug (or "-"), channel or language; empty for all together.</param>
/// <param name="Name">A service point's name; null for everything that the codebook names.</param>
public sealed record TrendRow(string Key, string? Name, IReadOnlyList<Shown> Counts, Shown Total, Shown? Before, bool Comparable = true)
{
    public Change? Change => Comparable && Total.N is { } now && Before?.N is { } before ? new Change(now, before) : null;
}

/// <summary>A trend: a row for each key that occurs, the most frequent first, and one for all together.</summary>
/// <param name="Unit">Of the rows.</param>
/// <param name="AllUnit">Of <paramref name="All"/>: items wherever they can be counted, so by topic its numbers are not the sum of the rows.</param>
/// <param name="Since">Counting began on this day, too late for a fair comparison: no change is told. Null when it is fair.</param>
/// <param name="Restricted">Something that only the officer's circles may see is in the numbers.</param>
public sealed record TrendTable(TrendFilter Filter, IReadOnlyList<Period> Buckets, Period? Before, TrendUnit Unit, TrendUnit AllUnit, IReadOnlyList<TrendRow> Rows, TrendRow All, DateOnly? Since, bool Restricted);

/// <summary>
/// How many, by what, over time, as the officer may see it: exact at any moment, for items and for topic mentions apart. Days are the service point's own.
/// What leaves, and what is counted by language, is floored here and nowhere else.
/// </summary>
public sealed record Trend(TrendFilter Filter, TrendUse Use = TrendUse.Page) : IRead<TrendTable>
{
    public Right Needs => Use == TrendUse.File ? Right.Export : Right.ReadTrends;

    internal sealed class Handler(FeedbackDb db, CodebookInUse codebook) : IRequestHandler<Trend, TrendTable>
    {
        public async Task<TrendTable> Handle(Trend request, CancellationToken ct)
        {
            var filter = request.Filter;
            filter.Check();
            var (codes, byTopic, before) = (filter.TopicCodes(await codebook.ReadAsync(db, ct)), filter.By == TrendBy.Topic, filter.Period.Before(filter.Comparison));
            var sql = new TrendSql(filter, filter.Period, before, openOnly: request.Use != TrendUse.Page);
            if (codes.Length > 0)
                sql.Topics(codes);
            else if (!byTopic)
                sql.Where("c.topic = ''");

            var key = filter.By switch
            {
                TrendBy.Topic => "c.topic",
                TrendBy.ServicePoint => $"coalesce(s.slug, '{TrendFilter.NoServicePoint}')",
                TrendBy.Channel => "c.channel",
                TrendBy.Lang => "c.lang",
                TrendBy.Type => "c.type",
                TrendBy.Urgency => "c.urgency",
            };
            var start = filter.Bucket switch
            {
                Bucket.Day => "c.day",
                Bucket.Week => "date_trunc('week', c.day::timestamp)::date",
                Bucket.Month => "date_trunc('month', c.day::timestamp)::date",
            };
            var connection = (NpgsqlConnection)db.Database.GetDbConnection();
            var since = await TrendSql.UnfairSinceAsync(connection, before, ct);
            await using var command = sql.Command(connection,
                $"{key}, {(filter.By == TrendBy.ServicePoint ? "s.name" : "null::text")}, case when {sql.IsNow} then {start} end, sum(c.n)::int, bool_or(c.audience_id <> 1)", "group by 1, 2, 3 having sum(c.n) <> 0");

            var buckets = filter.Period.Split(filter.Bucket);
            var place = buckets.Select((b, i) => (Start: Period.StartOf(b.From, filter.Bucket), i)).ToDictionary(b => b.Start, b => b.i);
            var counted = new Dictionary<string, Counted>();
            var restricted = false;
            await using (var reader = await command.ExecuteReaderAsync(ct))
            {
                while (await reader.ReadAsync(ct))
                {
                    var row = counted.TryGetValue(reader.GetString(0), out var known) ? known
                        : counted[reader.GetString(0)] = new Counted(reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), new int[buckets.Count]);
                    if (reader.IsDBNull(2))
                        row.Before += reader.GetInt32(3);
                    else
                        row.Counts[place[reader.GetFieldValue<DateOnly>(2)]] += reader.GetInt32(3);
                    restricted |= reader.GetBoolean(4);
                }
            }

            // By topic the line without one counts the items; it is there when no topic was asked for.
            counted.Remove("", out var items);
            var rows = counted.Values.OrderByDescending(r => r.Counts.Sum()).ThenByDescending(r => r.Before).ThenBy(r => r.Key, StringComparer.Ordinal).ToList();
            var sums = byTopic && codes.Length == 0 ? items ?? new Counted("", null, new int[buckets.Count])
                : new Counted("", null, [.. buckets.Select((_, i) => rows.Sum(r => r.Counts[i]))]) { Before = rows.Sum(r => r.Before) };
            var floored = request.Use == TrendUse.File || filter.TellsOfPersons;
            return new TrendTable(filter, buckets, before, byTopic || codes.Length > 1 ? TrendUnit.Mentions : TrendUnit.Items, codes.Length > 1 ? TrendUnit.Mentions : TrendUnit.Items,
                [.. Shown(rows, sums, additive: !byTopic || codes.Length > 0, floored, before is not null, since is null, out var all)], all, since, restricted);
        }

        private static IEnumerable<TrendRow> Shown(List<Counted> rows, Counted sums, bool additive, bool floored, bool compared, bool comparable, out TrendRow all)
        {
            var table = Suppression.Of(rows.Select(r => r.Counts).ToList(), sums.Counts, additive, floored);
            var before = Suppression.Of([.. rows.Select(r => new[] { r.Before })], [sums.Before], additive, floored);
            all = Row(sums, rows.Count);
            return rows.Select(Row);

            TrendRow Row(Counted r, int i) => new(r.Key, r.Name, table[i][..^1], table[i][^1], compared ? before[i][0] : null, comparable);
        }

        private sealed record Counted(string Key, string? Name, int[] Counts)
        {
            public int Before { get; set; }
        }
    }
}

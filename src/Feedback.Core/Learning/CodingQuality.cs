using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Cea.Feedback.Learning;

/// <summary>Items confirmed in one week, and in how many of them the officer changed what was suggested.</summary>
public sealed record OverrideWeek(DateOnly Monday, int Items, Share Any, Share Type, Share Topics, Share Urgency);

/// <summary>One topic, month by month: of the items suggested with it, those confirmed with it.</summary>
public sealed record CodeMonths(string Code, IReadOnlyList<Share> Precision, Share Found);

/// <summary>How suggestions fared with officers, of open items alone: what circles hold is in no figure.</summary>
/// <param name="Months">First days, the oldest first; <see cref="CodeMonths.Precision"/> has one share each.</param>
/// <param name="Calibration">Confidence of the main topic against how often it was confirmed.</param>
public sealed record QualityShown(IReadOnlyList<OverrideWeek> Weeks, IReadOnlyList<DateOnly> Months, IReadOnlyList<CodeMonths> Topics, IReadOnlyList<CalibrationBin> Calibration);

public sealed record CodingQuality(DateOnly Today) : IRead<QualityShown>
{
    private const int WeeksShown = 12, MonthsShown = 6;

    public Right Needs => Right.ReadLearning;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<CodingQuality, QualityShown>
    {
        public async Task<QualityShown> Handle(CodingQuality request, CancellationToken ct)
        {
            var monday = Trends.Period.StartOf(request.Today, Trends.Bucket.Week).AddDays(-7 * (WeeksShown - 1));
            var month = new DateOnly(request.Today.Year, request.Today.Month, 1).AddMonths(1 - MonthsShown);
            DateOnly[] months = [.. Enumerable.Range(0, MonthsShown).Select(month.AddMonths)];
            var weeks = await ReadAsync("""
                select date_trunc('week', confirmed_at at time zone 'UTC')::date, count(*)::int, count(*) filter (where t or o or u)::int, count(*) filter (where t)::int, count(*) filter (where o)::int, count(*) filter (where u)::int
                from (select confirmed_at, confirmed_type <> suggested_type as t, not (confirmed_topics @> suggested_topics and suggested_topics @> confirmed_topics) as o, confirmed_urgency <> suggested_urgency as u
                      from item where audience_id = 1 and confirmed_at >= $1 and confirmed_urgency is not null) c
                group by 1 order by 1
                """, r => new OverrideWeek(r.GetFieldValue<DateOnly>(0), r.GetInt32(1), new(r.GetInt32(2), r.GetInt32(1)), new(r.GetInt32(3), r.GetInt32(1)), new(r.GetInt32(4), r.GetInt32(1)), new(r.GetInt32(5), r.GetInt32(1))), monday, ct);
            var topics = await ReadAsync("""
                select topic, date_trunc('month', confirmed_at at time zone 'UTC')::date, count(*) filter (where suggested_topics @> array[topic])::int,
                    count(*) filter (where suggested_topics @> array[topic] and confirmed_topics @> array[topic])::int, count(*) filter (where confirmed_topics @> array[topic])::int
                from item, unnest(array(select distinct unnest(suggested_topics || confirmed_topics))) topic
                where audience_id = 1 and confirmed_at >= $1 group by 1, 2 order by 1, 2
                """, r => (Code: r.GetString(0), Month: r.GetFieldValue<DateOnly>(1), Said: r.GetInt32(2), Both: r.GetInt32(3), True: r.GetInt32(4)), month, ct);
            var bins = await ReadAsync("""
                select avg(confidence), count(*) filter (where right_)::int, count(*)::int
                from (select (suggestion #>> '{topics,0,confidence}')::float8 as confidence, confirmed_topics @> array[suggestion #>> '{topics,0,code}'] as right_
                      from item where audience_id = 1 and confirmed_at >= $1 and suggestion #>> '{topics,0,confidence}' is not null) c
                group by least(9, floor(confidence * 10)) order by 1
                """, r => new CalibrationBin(r.GetDouble(0), r.GetInt32(1), r.GetInt32(2)), month, ct);
            return new(weeks, months, [.. topics.GroupBy(t => t.Code).OrderByDescending(g => g.Sum(t => t.True)).ThenBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => new CodeMonths(g.Key, [.. months.Select(m => g.FirstOrDefault(t => t.Month == m) is var t && t.Code is not null ? new Share(t.Both, t.Said) : default)], new(g.Sum(t => t.Both), g.Sum(t => t.True))))], bins);
        }

        private async Task<List<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read, DateOnly from, CancellationToken ct)
        {
            await using var command = new NpgsqlCommand(sql, (NpgsqlConnection)db.Database.GetDbConnection()) { Parameters = { new() { Value = from.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc) } } };
            await using var reader = await command.ExecuteReaderAsync(ct);
            var rows = new List<T>();
            while (await reader.ReadAsync(ct))
                rows.Add(read(reader));
            return rows;
        }
    }
}

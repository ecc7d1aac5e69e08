using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Cea.Feedback.Trends;

/// <summary>A topic that rises at a place.</summary>
/// <param name="ServicePoint">Slug, or "-" where no service point is known.</param>
public sealed record Rise(string Topic, string ServicePoint, string? Name, Change Change);

/// <param name="Compared">How many topics at places were looked at: one in forty of them would rise by chance alone.</param>
public sealed record RisesFound(IReadOnlyList<Rise> Found, int Compared, Period Now, Period Before);

/// <summary>
/// What rises: topics at service points that were mentioned more in the last 7 days of the period (28 where months are shown) than in as many before, by more
/// than chance. The surest first. Nothing by language: those numbers are floored.
/// </summary>
public sealed record Rises(TrendFilter Filter, int Most = 5) : IRead<RisesFound>
{
    public Right Needs => Right.ReadTrends;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<Rises, RisesFound>
    {
        public async Task<RisesFound> Handle(Rises request, CancellationToken ct)
        {
            request.Filter.Check();
            var days = request.Filter.Bucket == Bucket.Month ? 28 : 7;
            var now = new Period(request.Filter.Period.To.AddDays(1 - days), request.Filter.Period.To);
            var before = now.Before(Comparison.Previous)!.Value;
            if (request.Filter.Langs.Count > 0)
                return new RisesFound([], 0, now, before);

            var sql = new TrendSql(request.Filter, now, before, openOnly: false);
            sql.Where("c.topic <> ''");
            sql.Topics(request.Filter.TopicCodes());
            await using var command = sql.Command((NpgsqlConnection)db.Database.GetDbConnection(),
                $"c.topic, coalesce(s.slug, '{TrendFilter.NoServicePoint}'), s.name, coalesce(sum(c.n) filter (where {sql.IsNow}), 0)::int, coalesce(sum(c.n) filter (where not ({sql.IsNow})), 0)::int", "group by 1, 2, 3");
            var all = new List<Rise>();
            await using (var reader = await command.ExecuteReaderAsync(ct))
            {
                while (await reader.ReadAsync(ct))
                    all.Add(new Rise(reader.GetString(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), new Change(Math.Max(0, reader.GetInt32(3)), Math.Max(0, reader.GetInt32(4)))));
            }
            var compared = all.Where(r => r.Change is { Now: > 0 } or { Before: > 0 }).ToList();
            return new RisesFound([.. compared.Where(r => r.Change.Mark == ChangeMark.Rise).OrderBy(r => r.Change.RiseChance).ThenByDescending(r => r.Change.Difference).ThenBy(r => r.Topic, StringComparer.Ordinal).Take(request.Most)],
                compared.Count, now, before);
        }
    }
}

/// <summary>What a trend can be narrowed down to in a period: all service points in use; channels and languages that occur.</summary>
public sealed record TrendChoices(Period Period) : IRead<TrendChoicesFound>
{
    public Right Needs => Right.ReadTrends;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<TrendChoices, TrendChoicesFound>
    {
        public async Task<TrendChoicesFound> Handle(TrendChoices request, CancellationToken ct)
        {
            var places = await db.ServicePoints.AsNoTracking().Where(s => s.Active).OrderBy(s => s.Name).Select(s => new TrendPlace(s.Slug, s.Name)).ToListAsync(ct);
            var sql = new TrendSql(new TrendFilter { Period = request.Period, Incomplete = true }, request.Period, null, openOnly: false);
            sql.Where("c.topic = ''");
            await using var command = sql.Command((NpgsqlConnection)db.Database.GetDbConnection(), "array_agg(distinct c.channel), array_agg(distinct c.lang)", "");
            await using var reader = await command.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            return new TrendChoicesFound(places, reader.IsDBNull(0) ? [] : (string[])reader[0], reader.IsDBNull(1) ? [] : (string[])reader[1]);
        }
    }
}

public sealed record TrendPlace(string Slug, string Name);

public sealed record TrendChoicesFound(IReadOnlyList<TrendPlace> ServicePoints, IReadOnlyList<string> Channels, IReadOnlyList<string> Langs);

using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Cea.Feedback.Trends;

/// <summary>A topic that rises at a place.</summary>
/// <param name="ServicePoint">Slug, or "-" where no service point is known.</param>
/// <param name="Now">The days counted; compared with as many before.</param>
public sealed record Rise(string Topic, string ServicePoint, string? Name, Period Now, Change Change);

/// <param name="Compared">How many comparisons were made: one in forty of them would rise by chance alone.</param>
public sealed record RisesFound(IReadOnlyList<Rise> Found, int Compared);

/// <summary>
/// What rises up to the end of the period: topics at service points that were mentioned more in the last 7 days, or in the last 28, than in as many before, by
/// more than chance. The surest first; a topic at a place once. Nothing by language: those numbers are floored.
/// </summary>
public sealed record Rises(TrendFilter Filter, int Most = 5) : IRead<RisesFound>
{
    private static readonly int[] Windows = [7, 28];

    public Right Needs => Right.ReadTrends;

    internal sealed class Handler(FeedbackDb db, CodebookInUse codebook) : IRequestHandler<Rises, RisesFound>
    {
        public async Task<RisesFound> Handle(Rises request, CancellationToken ct)
        {
            request.Filter.Check();
            if (request.Filter.Langs.Count > 0)
                return new RisesFound([], 0);
            var all = new List<Rise>();
            foreach (var days in Windows)
                await CompareAsync(request.Filter, new Period(request.Filter.Period.To.AddDays(1 - days), request.Filter.Period.To), all, ct);
            var found = all.Where(r => r.Change.Mark == ChangeMark.Rise).OrderBy(r => r.Change.RiseChance).ThenByDescending(r => r.Change.Difference).ThenBy(r => r.Topic, StringComparer.Ordinal);
            return new RisesFound([.. found.DistinctBy(r => (r.Topic, r.ServicePoint)).Take(request.Most)], all.Count);
        }

        private async Task CompareAsync(TrendFilter filter, Period now, List<Rise> all, CancellationToken ct)
        {
            var (connection, before) = ((NpgsqlConnection)db.Database.GetDbConnection(), now.Before(Comparison.Previous));
            if (await TrendSql.UnfairSinceAsync(connection, before, ct) is not null)
                return;
            var sql = new TrendSql(filter, now, before, openOnly: false);
            sql.Where("c.topic <> ''");
            sql.Topics(filter.TopicCodes(await codebook.ReadAsync(db, ct)));
            await using var command = sql.Command(connection,
                $"c.topic, coalesce(s.slug, '{TrendFilter.NoServicePoint}'), s.name, coalesce(sum(c.n) filter (where {sql.IsNow}), 0)::int, coalesce(sum(c.n) filter (where not ({sql.IsNow})), 0)::int", "group by 1, 2, 3");
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var change = new Change(reader.GetInt32(3), reader.GetInt32(4));
                if (change.Now + change.Before > 0)
                    all.Add(new Rise(reader.GetString(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), now, change));
            }
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

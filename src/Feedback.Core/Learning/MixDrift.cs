using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.Trends;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Cea.Feedback.Learning;

/// <summary>How often a language or a topic came in the last month and in the three before. Null shares: too few to be told.</summary>
/// <param name="Changed">More than chance would make of it: three standard errors of the difference of two shares.</param>
public sealed record MixRow(string Code, double? Now, double? Before, bool Changed);

/// <summary>What comes in now against before. The distances are half the sum of all differences: 0, the same mix; 1, nothing in common.</summary>
public sealed record MixShown(int Now, int Before, IReadOnlyList<MixRow> Languages, double LanguageDistance, IReadOnlyList<MixRow> Topics, double TopicDistance);

/// <summary>Whether people write in other languages or of other things than the model was chosen for. Of open items; by language floored like every trend.</summary>
public sealed record MixDrift(DateOnly Today) : IRead<MixShown>
{
    private const int NowDays = 30, BeforeDays = 90;
    private const double Errors = 3;

    public Right Needs => Right.ReadLearning;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<MixDrift, MixShown>
    {
        public async Task<MixShown> Handle(MixDrift request, CancellationToken ct)
        {
            var languages = await ReadAsync("lang", "topic = ''", request.Today, ct);
            var topics = await ReadAsync("topic", "topic <> ''", request.Today, ct);
            int now = languages.Sum(l => l.Now), before = languages.Sum(l => l.Before);
            var shown = Suppression.Of([.. languages.Select(l => new[] { l.Now, l.Before })], [now, before], additive: true, floored: true);
            var told = languages.Select((l, i) => (Mix: l, Shown: shown[i][0].N is not null && shown[i][1].N is not null)).ToList();
            // What is withheld stands last, in the order of its code: neither its place nor the distance says how much it is.
            return new(now, before, [.. told.OrderBy(l => !l.Shown).ThenBy(l => l.Shown ? "" : l.Mix.Code, StringComparer.Ordinal).Select(l => Row(l.Mix, languages, l.Shown))], Distance([.. told.Where(l => l.Shown).Select(l => l.Mix)]), [.. topics.Select(t => Row(t, topics, true))], Distance(topics));
        }

        private static MixRow Row(Mix mix, List<Mix> all, bool shown)
        {
            double n = all.Sum(m => m.Now), b = all.Sum(m => m.Before);
            if (!shown || n == 0 || b == 0)
                return new(mix.Code, null, null, false);
            var (p, q, both) = (mix.Now / n, mix.Before / b, (mix.Now + mix.Before) / (n + b));
            return new(mix.Code, p, q, Math.Abs(p - q) > Errors * Math.Sqrt(both * (1 - both) * (1 / n + 1 / b)));
        }

        private static double Distance(List<Mix> all)
        {
            double n = all.Sum(m => m.Now), b = all.Sum(m => m.Before);
            return n == 0 || b == 0 ? 0 : all.Sum(m => Math.Abs(m.Now / n - m.Before / b)) / 2;
        }

        private async Task<List<Mix>> ReadAsync(string by, string where, DateOnly today, CancellationToken ct)
        {
            await using var command = new NpgsqlCommand($"""
                select {by}, coalesce(sum(n) filter (where day > $1), 0)::int, coalesce(sum(n) filter (where day <= $1), 0)::int
                from (select day, lang, topic, type, n from item_count where audience_id = 1 union all select day, lang, topic, type, n from count_change where audience_id = 1) c
                where {where} and type <> 'incomplete' and day > $2 and day <= $3 group by 1 having sum(n) > 0 order by 2 desc, 3 desc, 1
                """, (NpgsqlConnection)db.Database.GetDbConnection())
            {
                Parameters = { new() { Value = today.AddDays(-NowDays) }, new() { Value = today.AddDays(-NowDays - BeforeDays) }, new() { Value = today } },
            };
            await using var reader = await command.ExecuteReaderAsync(ct);
            var rows = new List<Mix>();
            while (await reader.ReadAsync(ct))
                rows.Add(new(reader.GetString(0), reader.GetInt32(1), reader.GetInt32(2)));
            return rows;
        }

        private sealed record Mix(string Code, int Now, int Before);
    }
}

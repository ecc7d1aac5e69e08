using Cea.Feedback.Classification;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Cea.Feedback.Learning;

/// <summary>An open item as the page names it: where it is, and how it begins.</summary>
public sealed record UnsureItem(Guid Id, string Lang, string Topic, double Confidence, DateTimeOffset RecordedAt, string Begins);

/// <summary>Items alike that no topic fits: how many, words that they share, the most typical ones first.</summary>
public sealed record UnfitGroup(int Items, IReadOnlyList<string> Words, IReadOnlyList<UnsureItem> First);

/// <param name="LeastSure">Of the last seven days, not confirmed yet, the least sure first: what is worth coding next.</param>
/// <param name="Unfit">Of the last ninety days, coded "other" or with a group only: an officer may see a topic of its own in them.</param>
/// <param name="Looked">How many of those were compared.</param>
public sealed record UnsureShown(IReadOnlyList<UnsureItem> LeastSure, IReadOnlyList<UnfitGroup> Unfit, int Looked);

/// <summary>What the machine knows least about. Open items only, and only to who may read items.</summary>
public sealed record Unsure : IRead<UnsureShown>
{
    /// <summary>Mean cosine of a group; see docs/classifier.md.</summary>
    public const double Alike = 0.12;
    private const int MostUnsure = 15, MostCompared = 400, MostGroups = 8, MostOfGroup = 5, Smallest = 3, Begins = 140;

    public Right Needs => Right.ReadLearning;

    internal sealed class Handler(FeedbackDb db, Officer officer, ITextClassifier classifier, Coding.CodebookInUse codebook) : IRequestHandler<Unsure, UnsureShown>
    {
        public async Task<UnsureShown> Handle(Unsure request, CancellationToken ct)
        {
            if (!officer.May(Right.ReadItems))
                return new([], [], 0);
            var unsure = await ReadAsync($"i.confirmed_at is null and i.status <> 'closed' and i.type <> 'incomplete' and i.recorded_at > now() - interval '7 days' order by 4, i.id limit {MostUnsure}", [], ct);
            var unfit = await ReadAsync($"""
                i.type <> 'incomplete' and i.recorded_at > now() - interval '90 days'
                and (i.topics = array['other'] or not exists (select 1 from unnest(i.topics) t where t = any (@topics))) order by i.recorded_at desc, i.id limit {MostCompared}
                """, [.. (await codebook.ReadAsync(db, ct)).Topics.Select(t => t.Name)], ct);
            var groups = Likeness.Group([.. unfit.Select(u => u.Text)], [.. unfit.Select(u => u.Item.Lang)], classifier, Alike, Smallest, ct);
            return new([.. unsure.Select(u => u.Item)], [.. groups.Take(MostGroups).Select(g => new UnfitGroup(g.Which.Count, g.Words, [.. g.Which.Take(MostOfGroup).Select(i => unfit[i].Item)]))], unfit.Count);
        }

        // Row policies stand below it; what of it is open is asked for besides, so that a circle's member sees no more here than anybody.
        private async Task<List<(UnsureItem Item, string Text)>> ReadAsync(string where, string[] topics, CancellationToken ct)
        {
            await using var command = new NpgsqlCommand($$"""
                select i.id, i.lang, coalesce(i.topics[1], ''), coalesce((i.suggestion #>> '{topics,0,confidence}')::float8, 0), i.recorded_at, s.text
                from item i join open_search s on s.item_id = i.id where i.audience_id = 1 and i.anonymised_at is null and {{where}}
                """, (NpgsqlConnection)db.Database.GetDbConnection());
            if (topics.Length > 0)
                command.Parameters.Add(new("topics", topics));
            await using var r = await command.ExecuteReaderAsync(ct);
            var rows = new List<(UnsureItem, string)>();
            while (await r.ReadAsync(ct))
            {
                var text = r.GetString(5);
                rows.Add((new(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetDouble(3), r.GetFieldValue<DateTimeOffset>(4), text.Length > Begins ? text[..Begins] + "…" : text), text));
            }
            return rows;
        }
    }
}

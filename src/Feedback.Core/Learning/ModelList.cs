using System.Text.Json;
using Cea.Feedback.Classification;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Cea.Feedback.Learning;

/// <summary>A model in the list of those trained here.</summary>
public sealed record ModelRow(int Id, string Version, DateTimeOffset TrainedAt, string? TrainedBy, string State, DateTimeOffset? PromotedAt, string? PromotedBy, int CorpusRows, int OpenRows, float Seconds, int MemoryMb);

/// <summary>Training or recoding that was asked for; by nobody: by itself.</summary>
public sealed record LearningTaskRow(string Kind, DateTimeOffset AskedAt, string? AskedBy, DateTimeOffset? FinishedAt, string? Outcome, int Looked, int Changed, bool Begun);

/// <summary>
/// Which model reads, which one asks to take its place, and how both compare. <see cref="Refused"/> are the codes of everything that speaks against a promotion now.
/// </summary>
/// <param name="Champion">Null: the shipped model, of version <paramref name="InUse"/>.</param>
/// <param name="Compared">The report shown is the challenger's; else the champion's, of before its promotion.</param>
/// <param name="HoldsErased">The model in use has learned from something that was erased since: time to train anew.</param>
public sealed record ModelsShown(
    string InUse, ModelRow? Champion, ModelRow? Challenger, IReadOnlyList<string> Refused, ModelReport? Compared, bool HoldsErased, IReadOnlyList<ModelRow> Earlier, IReadOnlyList<LearningTaskRow> Tasks, bool Weekly, int Least);

public sealed record ModelList : IRead<ModelsShown>
{
    private const int MostShown = 8;

    public Right Needs => Right.ReadLearning;

    internal sealed class Handler(FeedbackDb db, ITextClassifier classifier) : IRequestHandler<ModelList, ModelsShown>
    {
        public async Task<ModelsShown> Handle(ModelList request, CancellationToken ct)
        {
            var names = await db.Officers.AsNoTracking().ToDictionaryAsync(o => o.Id, o => o.DisplayName, ct);
            string? Name(int? id) => id is { } known ? names.GetValueOrDefault(known) : null;
            ModelRow? Row(LearnedModel? m) => m is null ? null
                : new(m.Id, m.Version, m.TrainedAt, Name(m.TrainedBy), m.State, m.PromotedAt, Name(m.PromotedBy), m.CorpusRows, m.OpenRows, m.Seconds, m.MemoryMb);

            var models = await db.LearnedModels.AsNoTracking().OrderByDescending(m => m.Id).Take(MostShown + 2).ToListAsync(ct);
            var champion = await db.LearnedModels.AsNoTracking().SingleOrDefaultAsync(m => m.State == LearnedModel.Champion, ct);
            var challenger = models.Find(m => m is { State: LearnedModel.Challenger, Kept: true });
            var shipped = (classifier as ModelInUse)?.Shipped.Version ?? classifier.Version;
            var report = (challenger ?? champion) is { } shown ? JsonSerializer.Deserialize<ModelReport>(shown.Report, JsonSerializerOptions.Web) : null;
            var refused = new List<string>(challenger?.Refused ?? []);
            if (challenger is not null && await ModelChange.HoldsErasedAsync(db, challenger.Id, ct))
                refused.Add("holds_erased");
            if (challenger is not null && report!.Champion != (champion?.Version ?? shipped))
                refused.Add("compared_with_another");
            var values = await db.Deployment.AsNoTracking().Where(d => d.Name == DeploymentValues.LearningWeekly || d.Name == DeploymentValues.LearningLeast).ToDictionaryAsync(d => d.Name, d => d.Value, ct);
            return new(champion?.Version ?? shipped, Row(champion), Row(challenger), refused, report, champion is not null && await ModelChange.HoldsErasedAsync(db, champion.Id, ct),
                [.. models.Where(m => m.Id != champion?.Id && m.Id != challenger?.Id).Take(MostShown).Select(m => Row(m)!)], await TasksAsync(Name, ct),
                values.GetValueOrDefault(DeploymentValues.LearningWeekly, "1") == "1", int.TryParse(values.GetValueOrDefault(DeploymentValues.LearningLeast), out var least) ? least : LearningRound.UsualLeast);
        }

        private async Task<List<LearningTaskRow>> TasksAsync(Func<int?, string?> name, CancellationToken ct)
        {
            await using var command = new NpgsqlCommand("select kind, asked_at, asked_by, finished_at, outcome, looked, changed, attempt > 0 from learning_task order by id desc limit 6", (NpgsqlConnection)db.Database.GetDbConnection());
            await using var r = await command.ExecuteReaderAsync(ct);
            var rows = new List<LearningTaskRow>();
            while (await r.ReadAsync(ct))
            {
                rows.Add(new(r.GetString(0), r.GetFieldValue<DateTimeOffset>(1), name(r.IsDBNull(2) ? null : r.GetInt32(2)), r.IsDBNull(3) ? null : r.GetFieldValue<DateTimeOffset>(3),
                    r.IsDBNull(4) ? null : r.GetString(4), r.GetInt32(5), r.GetInt32(6), r.GetBoolean(7)));
            }
            return rows;
        }
    }
}

using System.Text.Json;
using Cea.Feedback.Classification;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Learning;

/// <summary>
/// A challenger takes the place of the model in use, on every Host within seconds. Refused when a recall that protects has fallen, when it was compared with another model than
/// the present one, and when it has learned from something that was erased since.
/// </summary>
public sealed record PromoteModel(int Id, Guid ClientId) : IWrite<string>
{
    public Right Needs => Right.ManageLearning;

    public object? AuditDetail => new { model = Id };

    internal sealed class Handler(FeedbackDb db, Officer officer, ITextClassifier classifier, TimeProvider clock) : IRequestHandler<PromoteModel, string>
    {
        public async Task<string> Handle(PromoteModel request, CancellationToken ct)
        {
            await ModelChange.OneAtATimeAsync(db, ct);
            var model = await db.LearnedModels.FindAsync([request.Id], ct);
            if (model is not { State: LearnedModel.Challenger, Kept: true })
                throw new RuleException("model_not_found");
            if (model.Refused.Length > 0)
                throw new RuleException("recall_fell");
            if (await ModelChange.HoldsErasedAsync(db, model.Id, ct))
                throw new RuleException("model_holds_erased");
            var champion = await db.LearnedModels.SingleOrDefaultAsync(m => m.State == LearnedModel.Champion, ct);
            var present = champion?.Version ?? (classifier as ModelInUse)?.Shipped.Version ?? classifier.Version;
            if (JsonSerializer.Deserialize<ModelReport>(model.Report, JsonSerializerOptions.Web)!.Champion != present)
                throw new RuleException("compared_with_another");
            if (champion is not null)
            {
                champion.State = LearnedModel.Retired;
                await db.SaveChangesAsync(ct); // there is only ever one
            }
            (model.State, model.Replaces, model.PromotedAt, model.PromotedBy) = (LearnedModel.Champion, champion?.Id, clock.GetUtcNow(), officer.Id);
            return model.Version;
        }
    }
}

/// <summary>What changes of the model in use have in common.</summary>
internal static class ModelChange
{
    /// <summary>Of who changes which model is in use, or which are kept.</summary>
    public const long Lock = 472012;

    public static Task<int> OneAtATimeAsync(FeedbackDb db, CancellationToken ct) => db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock({Lock})", ct);

    public static Task<bool> HoldsErasedAsync(FeedbackDb db, int model, CancellationToken ct) => db.Database.SqlQuery<bool>($"select holds_erased({model}) as \"Value\"").SingleAsync(ct);
}

using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Learning;

/// <summary>The model in use gives its place back to the one before it; one that is gone or has learned from something erased since is passed over, down to the shipped one.</summary>
public sealed record RollBackModel(Guid ClientId) : IWrite<string>
{
    public Right Needs => Right.ManageLearning;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<RollBackModel, string>
    {
        public async Task<string> Handle(RollBackModel request, CancellationToken ct)
        {
            await ModelChange.OneAtATimeAsync(db, ct);
            var champion = await db.LearnedModels.SingleOrDefaultAsync(m => m.State == LearnedModel.Champion, ct) ?? throw new RuleException("shipped_in_use");
            champion.State = LearnedModel.Retired;
            await db.SaveChangesAsync(ct);
            var before = champion.Replaces;
            while (before is { } id)
            {
                var model = await db.LearnedModels.SingleAsync(m => m.Id == id, ct);
                if (model.Kept && !await ModelChange.HoldsErasedAsync(db, id, ct))
                {
                    model.State = LearnedModel.Champion;
                    return model.Version;
                }
                before = model.Replaces;
            }
            return "";
        }
    }
}

using Cea.Feedback.Items;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Learning;

/// <summary>
/// When a member confirms what an item of a sealing circle is, a copy of its text is kept for training, sealed to the deployment, if the circle allows it: a training has no
/// member's password. The database drops it when it does not.
/// </summary>
public sealed class TrainingCopies(FeedbackDb db, ItemTexts texts, KeyRing keys)
{
    /// <param name="circle">Where the item will be.</param>
    public async Task KeepAsync(Item item, Circle circle, CancellationToken ct)
    {
        if (!circle.Seals || circle.Id == Circle.CheckFirst.Id || !await db.TrainingConsents.AnyAsync(c => c.CircleId == circle.Id && c.AllowedAt != null, ct))
            return;
        var text = await texts.SaidAsync(item, ct, byPeople: true);
        await db.Database.ExecuteSqlAsync($"select keep_training_text({item.Id}, {circle.Id}, {keys.Seal(text, TrainingData.Purpose)})", ct);
    }
}

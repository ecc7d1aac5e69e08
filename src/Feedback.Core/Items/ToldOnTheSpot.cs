using Cea.Feedback.Storage;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Items;

/// <summary>The person was answered where he spoke. An open item closes with that at once; one that had to be checked first, when the check has opened it.</summary>
internal static class ToldOnTheSpot
{
    /// <summary>On the item's timeline, and the kind of the message that holds what was told is "told".</summary>
    public const string Event = "told_on_the_spot";

    /// <summary>Of the list of ways to close the loop.</summary>
    public const string Method = "information_provided_immediately";

    /// <summary>Closes an item that its check has just opened, if nobody has begun to work on it.</summary>
    public static async Task CloseAsync(FeedbackDb db, ItemTexts texts, Item item, CancellationToken ct)
    {
        if (item.Status != "new" || item.Urgency == "critical" || item.HandlerBeforeId is not null || !await db.ItemEvents.AnyAsync(e => e.ItemId == item.Id && e.What == Event, ct))
            return;
        var told = await db.Messages.AsNoTracking().Where(m => m.ItemId == item.Id && m.Kind == "told").OrderByDescending(m => m.At).FirstOrDefaultAsync(ct);
        if (told is null || await db.Messages.AnyAsync(m => m.ItemId == item.Id && m.Direction == "in" && m.Kind != Message.Transcript && m.Kind != Message.MachineTranscript && m.RecordedAt > told.RecordedAt, ct))
            return; // what he has said since is not answered by it
        item.FirstAnswerAt ??= told.RecordedAt;
        item.Resolve(told.Id.ToString(), texts.Now);
        item.CloseLoop(Method, told.RecordedAt);
        texts.Event(item, "closed", new { Method });
        await texts.MeetAsync(item, ["seen", "answer", "close", "refer", "refer_ack", "review"], ct);
        item.NextDueAt = null;
    }
}

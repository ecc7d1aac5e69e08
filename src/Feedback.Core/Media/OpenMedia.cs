using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Media;

/// <summary>A file for who may see its item and, where the item is sealed, holds a key. Read after the use case: no transaction waits for a store outside of the database.</summary>
/// <param name="ReadAsync">Refuses with <c>media_away</c> while the store cannot be reached, <c>media_missing</c> when it has lost the file.</param>
public sealed record MediaOpened(string ContentType, string FileName, Func<CancellationToken, Task<byte[]>> ReadAsync);

/// <summary>Opens one file of an item. Its name is ours: the receipt code and a number.</summary>
public sealed record OpenMedia(Guid ItemId, Guid MediaId) : IRead<MediaOpened>
{
    public Right Needs => Right.ReadItems;

    internal sealed class Handler(FeedbackDb db, KeyRing keys, CircleKeyring keyring, IEnumerable<IMediaStore> stores) : IRequestHandler<OpenMedia, MediaOpened>
    {
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

        public async Task<MediaOpened> Handle(OpenMedia request, CancellationToken ct)
        {
            var file = await db.Media.AsNoTracking().SingleOrDefaultAsync(m => m.Id == request.MediaId && m.ItemId == request.ItemId && m.State == MediaFile.Kept, ct) ?? throw new RuleException("media_not_found");
            var held = await keyring.KeysAsync(ct);
            var key = file.KeySealed is { } own ? keys.Open(own, MediaFetching.FileKey) : CircleKeys.Open(file.KeyCircles, held) ?? throw new RuleException("sealed_to_others");
            var code = await db.Items.Where(i => i.Id == request.ItemId).Select(i => i.ReceiptCode).SingleAsync(ct);
            var name = $"{code}-{file.Position + 1}.{MediaTypes.EndingOf(file.ContentType!)}";
            if (file.Place is { } place)
            {
                var store = stores.SingleOrDefault() ?? throw new RuleException("media_away");
                return new MediaOpened(file.ContentType!, name, async later => Open(file, key, MediaSeal.Apart(await OutsideAsync(store, place, later), file.Bytes!.Value)));
            }
            var chunks = await db.Database.SqlQuery<byte[]>($"select sealed as \"Value\" from media_chunk where media_id = {file.Id} order by n").ToListAsync(ct);
            return new MediaOpened(file.ContentType!, name, _ => Task.FromResult(Open(file, key, [.. chunks.Select(c => (ReadOnlyMemory<byte>)c)])));
        }

        private static async Task<byte[]> OutsideAsync(IMediaStore store, string place, CancellationToken ct)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(Limit);
            try
            {
                return await store.ReadAsync(place, limit.Token) ?? throw new RuleException("media_missing");
            }
            catch (Exception away) when (away is IOException or OperationCanceledException && !ct.IsCancellationRequested)
            {
                throw new RuleException("media_away");
            }
        }

        private static byte[] Open(MediaFile file, byte[] key, IReadOnlyList<ReadOnlyMemory<byte>> chunks) => MediaSeal.Whole(key, file.Id, file.Bytes!.Value, file.Sha256!, chunks);
    }
}

/// <summary>Lets a file that could not be fetched be tried again from the start.</summary>
public sealed record RetryMedia(Guid ItemId, Guid MediaId, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.Reply;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { media = MediaId };

    internal sealed class Handler(FeedbackDb db, WakeUp wakeUp, TimeProvider clock) : IRequestHandler<RetryMedia, bool>
    {
        public async Task<bool> Handle(RetryMedia request, CancellationToken ct)
        {
            var file = await db.Media.SingleOrDefaultAsync(m => m.Id == request.MediaId && m.ItemId == request.ItemId, ct) ?? throw new RuleException("media_not_found");
            if (file.State != MediaFile.Failed)
                throw new RuleException("changed_meanwhile");
            (file.State, file.Attempt, file.Error, file.DueAt) = (MediaFile.Pending, 0, null, clock.GetUtcNow());
            wakeUp.Ring(WakeUp.Media);
            return true;
        }
    }
}

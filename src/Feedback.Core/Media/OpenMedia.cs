using System.Security.Cryptography;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Media;

/// <summary>A file for who may see its item and, where the item is sealed, holds a key.</summary>
public sealed record MediaOpened(string ContentType, string FileName, byte[] Content);

/// <summary>Opens one file of an item. Its name is ours: the receipt code and a number.</summary>
public sealed record OpenMedia(Guid ItemId, Guid MediaId) : IRead<MediaOpened>
{
    public Right Needs => Right.ReadItems;

    internal sealed class Handler(FeedbackDb db, KeyRing keys, CircleKeyring keyring) : IRequestHandler<OpenMedia, MediaOpened>
    {
        public async Task<MediaOpened> Handle(OpenMedia request, CancellationToken ct)
        {
            var file = await db.Media.AsNoTracking().SingleOrDefaultAsync(m => m.Id == request.MediaId && m.ItemId == request.ItemId && m.State == MediaFile.Kept, ct) ?? throw new RuleException("media_not_found");
            var held = await keyring.KeysAsync(ct);
            var key = file.KeySealed is { } own ? keys.Open(own, MediaFetching.FileKey) : CircleKeys.Open(file.KeyCircles, held) ?? throw new RuleException("sealed_to_others");
            var chunks = await db.Database.SqlQuery<byte[]>($"select sealed as \"Value\" from media_chunk where media_id = {file.Id} order by n").ToListAsync(ct);
            using var content = new MemoryStream((int)file.Bytes!.Value);
            for (var n = 0; n < chunks.Count; n++)
                content.Write(MediaSeal.Open(key, file.Id, n, MediaSeal.Chunks(file.Bytes.Value), chunks[n]));
            var whole = content.ToArray();
            if (!SHA256.HashData(whole).AsSpan().SequenceEqual(file.Sha256))
                throw new CryptographicException("a file is not what was kept");
            var code = await db.Items.Where(i => i.Id == request.ItemId).Select(i => i.ReceiptCode).SingleAsync(ct);
            return new MediaOpened(file.ContentType!, $"{code}-{file.Position + 1}.{MediaTypes.Of(whole)?.Ending ?? "bin"}", whole);
        }
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

using Cea.Feedback.Media;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Items;

/// <summary>Finds an item for a change and keeps its texts as its audience demands: in the clear, or sealed to the circles' keys.</summary>
public sealed class ItemTexts(FeedbackDb db, Officer officer, CircleKeyring keyring, KeyRing ring, TimeProvider clock)
{
    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>To be looked at, or noted on.</summary>
    public async Task<Item> FindToReadAsync(Guid id, CancellationToken ct) => await db.Items.SingleOrDefaultAsync(i => i.Id == id, ct) ?? throw new RuleException("item_not_found");

    /// <summary>To be worked on in any way: not by whom the person complains of (S4).</summary>
    /// <exception cref="RuleException">item_not_found, not_the_handler.</exception>
    public async Task<Item> FindAsync(Guid id, CancellationToken ct)
    {
        var item = await FindToReadAsync(id, ct);
        return item.HandlerBeforeId == officer.Id ? throw new RuleException("not_the_handler") : item;
    }

    /// <summary>Before an item is closed: whether the person has said more than the officer has seen.</summary>
    /// <param name="heard">How many of his messages that were; null: not told.</param>
    /// <exception cref="RuleException">said_meanwhile.</exception>
    public async Task NothingMoreThanAsync(Item item, int? heard, CancellationToken ct)
    {
        if (await HasMoreAsync(item, heard, ct))
            throw new RuleException("said_meanwhile");
    }

    /// <summary>Before an urgency is confirmed: whether it lowers one that has risen since the officer was shown it.</summary>
    /// <param name="shown">The urgency that he was shown; null: not told.</param>
    /// <param name="heard">As of <see cref="NothingMoreThanAsync"/>.</param>
    /// <exception cref="RuleException">said_meanwhile.</exception>
    public async Task NotLoweredAsync(Item item, string urgency, string? shown, int? heard, CancellationToken ct)
    {
        if (Coded.RankOf(urgency) < Coded.RankOf(item.Urgency) && ((shown is not null && Coded.RankOf(item.Urgency) > Coded.RankOf(shown)) || await HasMoreAsync(item, heard, ct)))
            throw new RuleException("said_meanwhile");
    }

    /// <param name="heard">As of <see cref="NothingMoreThanAsync"/>.</param>
    public async Task<bool> HasMoreAsync(Item item, int? heard, CancellationToken ct) => heard is { } seen && await db.Messages.CountAsync(m => m.ItemId == item.Id && m.Direction == "in", ct) > seen;

    /// <summary>Sealed to the circles of an audience, whether or not they seal what is said.</summary>
    public async Task<byte[]> SealAsync(byte[] plain, int audienceId, CancellationToken ct)
    {
        var (_, publicKeys) = await SealsAsync(audienceId, ct);
        return CircleKeys.Seal((ReadOnlySpan<byte>)plain, publicKeys);
    }

    /// <summary>A message on the item, by this officer.</summary>
    public async Task<Message> AddAsync(Item item, string direction, string kind, string text, string? lang, CancellationToken ct)
    {
        var message = new Message
        {
            Id = Guid.CreateVersion7(Now), ItemId = item.Id, PersonId = item.PersonId, AudienceId = item.AudienceId, Direction = direction, Kind = kind, AccountId = item.AccountId, AuthorId = officer.Id, Lang = lang, At = Now, RecordedAt = Now,
        };
        await KeepAsync(message, text, item.AudienceId, ct);
        db.Messages.Add(message);
        return message;
    }

    public void Event(Item item, string what, object? detail = null) => db.ItemEvents.Add(new ItemEvent
    {
        ItemId = item.Id, AudienceId = item.AudienceId, At = Now, OfficerId = officer.Id, What = what, Detail = System.Text.Json.JsonSerializer.Serialize(detail ?? new { }, System.Text.Json.JsonSerializerOptions.Web),
    });

    /// <summary>Steps of the clock that are met now; the item's next due time follows. Who has seen it has read all of it.</summary>
    public async Task MeetAsync(Item item, IReadOnlyCollection<string> steps, CancellationToken ct)
    {
        if (steps.Contains("seen"))
            item.UnreadAt = null;
        var clocks = await db.Clocks.Where(c => c.ItemId == item.Id && c.MetAt == null).ToListAsync(ct);
        foreach (var met in clocks.Where(c => steps.Contains(c.Step)))
            met.MetAt = Now;
        item.NextDueAt = clocks.Where(c => c.MetAt is null).Select(c => (DateTimeOffset?)c.DueAt).Min();
    }

    /// <summary>
    /// Seals every text of the item to another audience, or opens what was said. The officer must hold the key of what is sealed. What the circle noted stays sealed to it when the
    /// item is opened, and so does how the person may be contacted.
    /// </summary>
    public async Task RewriteAsync(Item item, int audienceId, CancellationToken ct)
    {
        var keys = await keyring.KeysAsync(ct);
        var opened = audienceId == Audience.OpenId && item.AudienceId != Audience.OpenId;
        foreach (var message in await db.Messages.Where(m => m.ItemId == item.Id && m.AudienceId == item.AudienceId && (m.Text != null || m.Sealed != null) && !(opened && m.Direction == "note")).ToListAsync(ct))
        {
            var text = message.Read(keys) ?? throw new RuleException("sealed_to_others");
            await KeepAsync(message, text, audienceId, ct);
        }
        foreach (var safe in opened || audienceId == Audience.OpenId ? [] : await db.SafeContacts.Where(s => s.ItemId == item.Id && s.AudienceId == item.AudienceId).ToListAsync(ct))
            safe.Sealed = await SealAsync(CircleKeys.Open(safe.Sealed, keys) ?? throw new RuleException("sealed_to_others"), audienceId, ct);
        // What the machine moved to the screeners from another circle is still that circle's to read: it stops no screener.
        if (await db.Speakers.SingleOrDefaultAsync(x => x.ItemId == item.Id, ct) is { } speaker && speaker.Read(keys) is { } said)
            speaker.Keep(said, audienceId == Audience.OpenId ? [] : (await SealsAsync(audienceId, ct)).PublicKeys);
        await RewriteMediaAsync(item, audienceId, keys, ct);
        await db.SaveChangesAsync(ct);
    }

    /// <summary>What the person first said in words: of a recording its last transcript.</summary>
    public async Task<string?> FirstTextAsync(Item item, CancellationToken ct)
    {
        var keys = await keyring.KeysAsync(ct);
        var said = await db.Messages.AsNoTracking().Where(m => m.ItemId == item.Id && m.Direction == "in").OrderBy(m => m.At).ThenBy(m => m.Id).ToListAsync(ct);
        if (said.FirstOrDefault() is not { } message || message.Read(keys) is not { } first)
            return null;
        return first.Length > 0 ? first : said.LastOrDefault(m => m.ReplacesId == message.Id)?.Read(keys) ?? said.Select(m => m.Read(keys)).FirstOrDefault(t => !string.IsNullOrEmpty(t)) ?? "";
    }

    /// <summary>Everything that the person said, in one text.</summary>
    /// <param name="byPeople">Without what only a machine has heard.</param>
    public async Task<string> SaidAsync(Item item, CancellationToken ct, bool byPeople = false)
    {
        var keys = await keyring.KeysAsync(ct);
        return string.Join('\n', (await db.Messages.AsNoTracking().Where(m => m.ItemId == item.Id && m.Direction == "in" && !(byPeople && m.Kind == Message.MachineTranscript)).OrderBy(m => m.At).ToListAsync(ct)).Select(m => m.Read(keys)));
    }

    // Of a file only its key is sealed anew. The rows are locked, pending ones too: the fetcher that comes meanwhile seals to where the item goes.
    private async Task RewriteMediaAsync(Item item, int audienceId, IReadOnlyList<byte[]> keys, CancellationToken ct)
    {
        var files = await db.Media.FromSql($"select * from media where item_id = {item.Id} for update").ToListAsync(ct);
        var (seals, publicKeys) = files.Count == 0 ? (false, []) : await SealsAsync(audienceId, ct);
        foreach (var file in files.Where(f => f.State == MediaFile.Kept))
        {
            var key = file.KeySealed is { } own ? ring.Open(own, MediaFetching.FileKey) : CircleKeys.Open(file.KeyCircles, keys) ?? throw new RuleException("sealed_to_others");
            (file.KeySealed, file.KeyCircles) = seals ? (null, CircleKeys.Seal((ReadOnlySpan<byte>)key, publicKeys)) : (ring.Seal(key, MediaFetching.FileKey), (byte[]?)null);
        }
    }

    private async Task<(bool Seals, IReadOnlyList<byte[]> PublicKeys)> SealsAsync(int audienceId, CancellationToken ct)
    {
        var circles = await db.Audiences.AsNoTracking().Where(a => a.Id == audienceId).Select(a => a.Circles).SingleAsync(ct);
        var rows = await db.Circles.AsNoTracking().Where(c => circles.Contains(c.Id)).ToListAsync(ct);
        return (rows.Any(c => c.Seals), [.. rows.Select(c => c.PublicKey)]);
    }

    private async Task KeepAsync(Message message, string text, int audienceId, CancellationToken ct)
    {
        var (seals, publicKeys) = await SealsAsync(audienceId, ct);
        message.Text = seals ? null : text;
        message.Sealed = seals ? CircleKeys.Seal(text, publicKeys) : null;
    }
}

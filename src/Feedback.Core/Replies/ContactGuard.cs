using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Replies;

/// <summary>When something may reach a person: at once, or in the hours that were recorded as safe. <paramref name="By"/> is the cleared person who takes it on himself; null: the number is free.</summary>
public readonly record struct ContactWhen(DateTimeOffset From, DateTimeOffset? NotAfter, int? By);

/// <summary>
/// Who may contact the person of an item (S8). A message may reach somebody else's hands: where the person has, or had, something restricted or unchecked, only a cleared person
/// of the circle concerned may, by a way and in hours that were recorded as safe. The database says which circle that is; everybody else gets one refusal, which tells nothing.
/// </summary>
public sealed class ContactGuard(FeedbackDb db, CircleKeyring keyring, Officer officer, TimeProvider clock)
{
    public const string BySupervisor = "contact_by_supervisor", NeedsRecord = "safe_contact_needed";

    /// <summary>By which circle this officer may contact the person; null: anybody may; 0: he may not.</summary>
    public async Task<short?> CircleAsync(Item item, CancellationToken ct) => await db.Database.SqlQuery<short?>($"select contact_circle({item.Id}) as \"Value\"").SingleAsync(ct);

    /// <param name="way">A line, or <see cref="SafeContact.ByCall"/>.</param>
    /// <exception cref="RuleException">contact_by_supervisor, safe_contact_needed.</exception>
    public async Task<ContactWhen> WhenAsync(Item item, string way, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        switch (await CircleAsync(item, ct))
        {
            case null:
                return new ContactWhen(now, null, null);
            case 0:
                throw new RuleException(BySupervisor);
            case { } circle:
                var safe = (await RecordedAsync(item, circle, ct)).FirstOrDefault(r => r.Channel == way) ?? throw new RuleException(NeedsRecord);
                var (from, to) = SafeHours.Parse(safe.Hours)!.Value.At(now, await ZoneAsync(item, ct));
                return new ContactWhen(from, to, officer.Id);
        }
    }

    /// <summary>What this circle recorded of the person, the latest first, as far as the officer holds the key.</summary>
    public async Task<IReadOnlyList<SafeContactShown>> RecordedAsync(Item item, short circle, CancellationToken ct)
    {
        var rows = await db.SafeContacts.AsNoTracking().Where(s => s.PersonId == item.PersonId && s.CircleId == circle).OrderByDescending(s => s.At).ToListAsync(ct);
        if (rows.Count == 0)
            return [];
        var keys = await keyring.KeysAsync(ct);
        var names = await db.Officers.AsNoTracking().ToDictionaryAsync(o => o.Id, o => o.DisplayName, ct);
        return [.. rows.Select(r => r.Read(keys, names.GetValueOrDefault(r.ById))).OfType<SafeContactShown>()];
    }

    private async Task<TimeZoneInfo> ZoneAsync(Item item, CancellationToken ct) =>
        item.ServicePointId is { } place && await db.ServicePoints.Where(p => p.Id == place).Select(p => p.TimeZone).SingleAsync(ct) is { } id && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : await DeploymentValues.ZoneAsync(db, ct);
}

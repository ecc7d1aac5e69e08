using System.Text.Json;
using Cea.Feedback.Classification;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Routing;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Items;

/// <summary>Everything about one item that its officer may see.</summary>
public sealed record ItemView(Item Item, string Team, string? Assignee, string? ServicePoint, string? TimeZone, IReadOnlyList<TimelineEntry> Timeline, IReadOnlyList<ClockRow> Clocks, Reading Why, string Circle, int SameNumber, bool CanReply,
    bool MustRecordSafeContact, IReadOnlyList<(int Id, string Name)> Teams, IReadOnlyList<(int Id, string Name)> Assignable, int? LongestReply, bool CountsSegments, bool? SurveySolved, bool CanCall)
{
    /// <summary>Why nothing reaches the person on this line, a code of <see cref="Replies.SendFailure"/>; null as long as nothing says so.</summary>
    public string? Unreachable { get; init; }

    /// <summary>Until when free text may be sent; null: at any time.</summary>
    public ReplyWindow? Window { get; init; }

    /// <summary>Its files may show violence: they stay covered until somebody opens them on purpose (S20).</summary>
    public bool Covered => Item.Sensitivity > 0 || Item.CircleId != 0 || Item.Topics.Any(Violent.Contains);

    private static readonly HashSet<string> Violent = ["protection_violence", "sea_staff_abuse", "safety_security", "child_protection"];

    /// <summary>How many messages of the person's are in <see cref="Timeline"/>: goes with what is done to the item, so that nothing is done over what was not seen.</summary>
    public int Heard => Timeline.Count(t => t.Detail == "in");

    /// <summary>Whether something of it waits to be seen, by opening it.</summary>
    public bool IsUnseen => Item.SeenAt is null || Item.UnreadAt is not null || Clocks.Any(c => c is { Step: "seen", MetAt: null });

    /// <summary>What was said about each consent, for this item; none of a kind: no.</summary>
    public IReadOnlyList<ConsentShown> Consents { get; init; } = [];

    /// <summary>Other open items of the same number, the latest first; never a restricted one, and nothing of what they say (S5).</summary>
    public IReadOnlyList<SameNumberRow> SameNumberItems { get; init; } = [];

    /// <summary>How this person may be contacted, for whom it was recorded; the latest first (S8).</summary>
    public IReadOnlyList<SafeContactShown> SafeContacts { get; init; } = [];

    /// <summary>As <see cref="MustRecordSafeContact"/>, for a call.</summary>
    public bool MustRecordSafeCall { get; init; }

    /// <summary>Answers on other items of the number that wait until somebody cleared sends them. Of restricted items only.</summary>
    public int HeldOnNumber { get; init; }

    /// <summary>To whom it was handed, for who may read it.</summary>
    public string? ReferredTo { get; init; }

    /// <summary>False: fewer than two of its circle are on call, so that a critical item has the clocks of a high one (S18).</summary>
    public bool CriticalClocksRun { get; init; } = true;

    /// <summary>Withheld for conflict of interest, and this officer is the alternate who decides.</summary>
    public ConflictShown? Conflict { get; init; }

    /// <summary>Who spoke, for who holds the key; null: nothing is known, or it is sealed to others.</summary>
    public SpeakerFacts? Speaker { get; init; }

    /// <summary>The approved templates of this line for an answer, those in the item's language first. Only where there is a window.</summary>
    public IReadOnlyList<TemplateChoice> Templates { get; init; } = [];
}

/// <summary>Another item of the same number: it may be another person's.</summary>
public sealed record SameNumberRow(Guid Id, string ReceiptCode, DateTimeOffset SpokenAt, string Status);

/// <summary>A template that may answer: its text, and what the officer is asked for.</summary>
public sealed record TemplateChoice(int Id, string Name, string Lang, string Body, IReadOnlyList<string> Asked);

/// <summary>One thing that happened: a message in or out, a note, an event, a change of codes.</summary>
public sealed record TimelineEntry(Guid? MessageId, DateTimeOffset At, string Kind, string? Text, bool SealedToOthers, string? Lang, string? Author, bool Replaced, Delivery? Delivery, string? Detail)
{
    /// <summary>Of a transcript: the message that was heard.</summary>
    public Guid? Of { get; init; }
    public IReadOnlyList<FileShown> Files { get; init; } = [];
}

/// <summary>A file of a message: how far it got, and whether its officer holds a key to it. Never its content.</summary>
public sealed record FileShown(Guid Id, string? Kind, string State, string? ContentType, long? Bytes, bool SealedToOthers)
{
    /// <summary>Sound, or a picture with sound: somebody can type what is heard.</summary>
    public bool MayBeHeard => (ContentType ?? "").Split('/')[0] is "audio" or "video" || (ContentType is null && Kind is "voice" or "audio" or "video" or "video_note" or null);
}

/// <summary>How far a message of ours got.</summary>
public sealed record Delivery(Guid OutboxId, string State, string? ErrorCode, DateTimeOffset? SentAt, DateTimeOffset? DeliveredAt, int Segments)
{
    /// <summary>Surveys and tellings do not go out at night: when it is over; null: nothing keeps it.</summary>
    public DateTimeOffset? WaitsUntil { get; init; }
}

public sealed record ClockRow(string Step, DateTimeOffset DueAt, DateTimeOffset? MetAt, int Escalated);

/// <summary>An item's page.</summary>
public sealed record ItemDetail(Guid ItemId) : IRead<ItemView>
{
    public Right Needs => Right.ReadItems;

    internal sealed class Handler(FeedbackDb db, CircleKeyring keyring, ITextClassifier classifier, Intake.IntakeBoard board, Intake.ChannelKinds kinds, ReplyTargets targets, ContactGuard guard, Officer officer, TimeProvider clock) : IRequestHandler<ItemDetail, ItemView>
    {
        private const int MostOfOneNumber = 20;

        public async Task<ItemView> Handle(ItemDetail request, CancellationToken ct)
        {
            var item = await db.Items.AsNoTracking().SingleOrDefaultAsync(i => i.Id == request.ItemId, ct) ?? throw new RuleException("item_not_found");
            var keys = await keyring.KeysAsync(ct);
            var place = item.ServicePointId is { } placeId ? await db.ServicePoints.AsNoTracking().SingleAsync(p => p.Id == placeId, ct) : null;
            var names = await db.Officers.AsNoTracking().ToDictionaryAsync(o => o.Id, o => o.DisplayName, ct);
            var circle = item.PersonId is null ? null : await guard.CircleAsync(item, ct);
            IReadOnlyList<SafeContactShown> safe = circle > 0 ? await guard.RecordedAsync(item, circle.Value, ct) : [];
            var timeline = await TimelineAsync(item, keys, names, cleared: circle > 0, ct);
            var said = timeline.FirstOrDefault(t => t.Kind is "message" or Message.Transcript or Message.MachineTranscript && t is { Text.Length: > 0, Replaced: false })?.Text;
            var account = item.AccountId is { } a ? board.Snapshot.Accounts.GetValueOrDefault(a) : null;
            var traits = account is null ? null : kinds.Find(account.Kind)?.Traits;
            var known = item.PersonId is not null && traits is not null && await db.Database.SqlQuery<bool>($"select exists (select 1 from address where person_id = {item.PersonId}) as \"Value\"").SingleAsync(ct);
            var unreachable = item.PersonId is null ? null : await db.Database.SqlQuery<string>(
                $"select x.code as \"Value\" from unreachable x join address a using (space, hash) where a.person_id = {item.PersonId} and x.account_id = {item.AccountId} limit 1").SingleOrDefaultAsync(ct);
            var reachable = known && traits is { CanSend: true } && unreachable is null;
            var assignable = await db.Database.SqlQuery<AssignableRow>($"""
                select o.id as "Id", o.display_name as "Name" from officer o join officer_access x on x.officer_id = o.id where o.active and {item.AudienceId} = any (x.audiences) and o.password_hash is not null order by 2
                """).ToListAsync(ct);
            var window = reachable ? await targets.WindowAsync(item, traits, ct) : null;
            return new ItemView(item, await db.Teams.Where(t => t.Id == item.TeamId).Select(t => t.Name).SingleAsync(ct), item.AssigneeId is { } who ? names.GetValueOrDefault(who) : null, place?.Name, place?.TimeZone, timeline,
                await db.Clocks.AsNoTracking().Where(c => c.ItemId == item.Id).OrderBy(c => c.DueAt).Select(c => new ClockRow(c.Step, c.DueAt, c.MetAt, c.Escalated)).ToListAsync(ct),
                said is null ? Reading.Unreadable : classifier.Read(said), Circle.Of(item.CircleId).Code,
                item.PersonId is null ? 0 : await db.Items.CountAsync(i => i.PersonId == item.PersonId && i.Id != item.Id && i.CircleId == 0, ct), reachable && item.Status != "closed",
                item.CircleId > 0 && circle > 0 && safe.All(s => s.Channel != item.AccountId),
                [.. (await db.Teams.Where(t => t.Active).OrderBy(t => t.Name).Select(t => new { t.Id, t.Name }).ToListAsync(ct)).Select(t => (t.Id, t.Name))], [.. assignable.Select(x => (x.Id, x.Name))],
                traits is null ? null : ReplyToItem.LongestOn(traits), traits?.CountsSegments == true, await db.Surveys.Where(s => s.ItemId == item.Id && s.AnsweredAt != null).Select(s => s.Solved).SingleOrDefaultAsync(ct),
                known && traits?.AddressSpace == ContactAddress.Telephone && item.Status != "closed")
            {
                Unreachable = unreachable,
                SafeContacts = safe,
                MustRecordSafeCall = item.CircleId > 0 && circle > 0 && safe.All(s => s.Channel != SafeContact.ByCall),
                HeldOnNumber = item.CircleId > 0 && circle > 0 ? await db.Outbox.CountAsync(o => o.PersonId == item.PersonId && o.ItemId != item.Id && o.State == "held" && o.Purpose == "reply", ct) : 0,
                ReferredTo = Guid.TryParse(item.ReferredTo, out var note) ? timeline.FirstOrDefault(t => t.MessageId == note)?.Text : item.ReferredTo,
                CriticalClocksRun = item.CircleId == 0 || (await CircleWatch.OnCallAsync(db, ct)).GetValueOrDefault(item.CircleId) >= RotaList.Fewest,
                Window = window,
                Consents = await ConsentsAsync(item, names, ct),
                SameNumberItems = item.PersonId is null ? [] : await db.Items.AsNoTracking().Where(i => i.PersonId == item.PersonId && i.Id != item.Id && i.CircleId == 0).OrderByDescending(i => i.SpokenAt).Take(MostOfOneNumber)
                    .Select(i => new SameNumberRow(i.Id, i.ReceiptCode, i.SpokenAt, i.Status)).ToListAsync(ct),
                Conflict = await ConflictAsync(item, names, ct),
                Speaker = (await db.Speakers.AsNoTracking().SingleOrDefaultAsync(s => s.ItemId == item.Id, ct))?.Read(keys),
                Templates = window is null ? [] : [.. (await db.Templates.AsNoTracking().Where(t => t.AccountId == item.AccountId && t.Purpose == MessageTemplate.Reply && t.State == "approved").OrderBy(t => t.Lang != item.Lang).ThenBy(t => t.Name).ToListAsync(ct))
                    .Select(t => new TemplateChoice(t.Id, t.Name, t.Lang, t.Body, [.. t.Places.Where(p => !MessageTemplate.IsFilledIn(p))]))],
            };
        }

        private async Task<IReadOnlyList<ConsentShown>> ConsentsAsync(Item item, Dictionary<int, string> names, CancellationToken ct)
        {
            var rows = await db.Database.SqlQuery<ConsentRow>($"""
                select distinct on (kind) kind as "Kind", answer as "Answer", at as "At", recorded_by as "RecordedBy" from consent
                where item_id = {item.Id} or (item_id is null and person_id = {item.PersonId}) order by kind, at desc, id desc
                """).ToListAsync(ct);
            return [.. rows.Select(r => new ConsentShown(r.Kind, r.Answer, r.At, r.RecordedBy is { } by ? names.GetValueOrDefault(by) : null))];
        }

        private async Task<ConflictShown?> ConflictAsync(Item item, Dictionary<int, string> names, CancellationToken ct)
        {
            var audience = await db.Audiences.AsNoTracking().SingleAsync(a => a.Id == item.AudienceId, ct);
            if (!DecideConflict.Waits(audience, item) || !await db.CircleMembers.AnyAsync(m => m.OfficerId == officer.Id && m.Alternate && m.ConfirmedAt != null && audience.Circles.Contains(m.CircleId), ct))
                return null;
            return new ConflictShown([.. audience.Excluded.Select(id => names.GetValueOrDefault(id) ?? "")], await db.ItemEvents.AnyAsync(e => e.ItemId == item.Id && e.What == "conflict_kept", ct));
        }

        private async Task<List<TimelineEntry>> TimelineAsync(Item item, IReadOnlyList<byte[]> keys, Dictionary<int, string> names, bool cleared, CancellationToken ct)
        {
            var messages = await db.Messages.AsNoTracking().Where(m => m.ItemId == item.Id).OrderBy(m => m.At).ThenBy(m => m.Id).ToListAsync(ct);
            var sendings = (await db.Outbox.AsNoTracking().Where(o => o.ItemId == item.Id && o.MessageId != null).ToListAsync(ct)).GroupBy(o => o.MessageId!.Value).ToDictionary(g => g.Key, Outgoing.Furthest);
            var morning = await MorningAsync(sendings.Values, ct);
            var files = (await db.Media.AsNoTracking().Where(f => f.ItemId == item.Id).OrderBy(f => f.Position).ToListAsync(ct))
                .ToLookup(f => f.MessageId, f => new FileShown(f.Id, f.Kind, f.State, f.ContentType, f.Bytes ?? f.SaidBytes, f.KeyCircles is { } sealedKey && CircleKeys.Open(sealedKey, keys) is null));
            // A transcript stands beside its recording; only a later one of the same recording takes its place (a machine writes none once somebody has typed).
            static bool IsHeard(Message m) => m.Kind is Message.Transcript or Message.MachineTranscript;
            var replaced = messages.Where(m => m.ReplacesId is not null && !IsHeard(m)).Select(m => m.ReplacesId!.Value)
                .Concat(messages.Where(IsHeard).GroupBy(m => m.ReplacesId).SelectMany(g => g.SkipLast(1).Select(m => m.Id))).ToHashSet();
            // Held says that the same person has something restricted: on an open item it looks like any other that waits, but for who may send it (S2).
            var entries = messages.Select(m =>
            {
                var text = m.Read(keys);
                var hides = item.CircleId == 0 && !cleared;
                var delivery = sendings.TryGetValue(m.Id, out var o) ? new Delivery(o.Id, hides && o.State == "held" ? "due" : o.State, hides && o.ErrorCode == SendFailure.OutsideSafeHours.Code ? SendFailure.Refused.Code : o.ErrorCode, o.SentAt, o.DeliveredAt, o.Segments) : null;
                if (delivery is { State: "due" } && o!.Lane >= Outgoing.SurveyLane)
                    delivery = delivery with { WaitsUntil = morning };
                return new TimelineEntry(m.Id, m.At, m.Direction == "in" && m.Kind == "message" ? "message" : m.Kind, text, text is null && m.Sealed is not null, m.Lang, m.AuthorId is { } by ? names.GetValueOrDefault(by) : null, replaced.Contains(m.Id), delivery, m.Direction) { Of = IsHeard(m) ? m.ReplacesId : null, Files = [.. files[m.Id]] };
            }).ToList();
            entries.AddRange((await db.ItemEvents.AsNoTracking().Where(e => e.ItemId == item.Id).ToListAsync(ct))
                .Select(e => new TimelineEntry(null, e.At, "event", e.What, false, null, e.OfficerId is { } by ? names.GetValueOrDefault(by) : null, false, null, Named(e.Detail, names))));
            entries.AddRange((await db.CodeChanges.AsNoTracking().Where(c => c.ItemId == item.Id).ToListAsync(ct))
                .Select(c => new TimelineEntry(null, c.At, "codes", null, false, null, c.OfficerId is { } by ? names.GetValueOrDefault(by) : null, false, null, c.After)));
            return [.. entries.OrderBy(e => e.At)];
        }

        private async Task<DateTimeOffset?> MorningAsync(IEnumerable<Outgoing> sendings, CancellationToken ct)
        {
            if (!sendings.Any(o => o.Lane >= Outgoing.SurveyLane && o.State is "due" or "held"))
                return null;
            var hours = TellingHours.Of(await db.Deployment.AsNoTracking().Where(d => d.Name == DeploymentValues.TellingHours || d.Name == DeploymentValues.TimeZone).ToDictionaryAsync(d => d.Name, d => d.Value, ct));
            var now = clock.GetUtcNow();
            return hours.IsOpen(now) ? null : hours.OpensAt(now);
        }

        private static string Named(string detail, Dictionary<int, string> names)
        {
            using var json = JsonDocument.Parse(detail);
            return string.Join(' ', json.RootElement.EnumerateObject().Where(p => p.Name != "step" && p.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number).Select(p => p.Name == "to" && p.Value.TryGetInt32(out var id) ? names.GetValueOrDefault(id) : p.Value.ToString()));
        }

        private sealed record AssignableRow(int Id, string Name);

        private sealed record ConsentRow(string Kind, string Answer, DateTimeOffset At, int? RecordedBy);
    }
}

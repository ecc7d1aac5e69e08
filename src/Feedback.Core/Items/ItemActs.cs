using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Items;

/// <summary>An officer has opened the item: its "seen" clock is met; false: not by him. Check-first and sealed items are seen by screening.</summary>
public sealed record SeeItem(Guid ItemId, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.ReadItems;
    public Guid? AboutItem => ItemId;

    /// <summary>How many messages of the person's were shown; with more by now, the item is not read yet.</summary>
    public int? Heard { get; init; }

    internal sealed class Handler(ItemTexts texts, Officer officer) : IRequestHandler<SeeItem, bool>
    {
        public async Task<bool> Handle(SeeItem request, CancellationToken ct)
        {
            var item = await texts.FindToReadAsync(request.ItemId, ct);
            if (item.HandlerBeforeId == officer.Id)
                return false; // whom it complains of does not see it in anybody's place
            if (await texts.HasMoreAsync(item, request.Heard, ct))
                return false;
            item.SeenAt ??= texts.Now;
            await texts.MeetAsync(item, ["seen"], ct);
            return true;
        }
    }
}

/// <summary>A private note on the item.</summary>
public sealed record AddNote(Guid ItemId, PersonalText Text, Guid ClientId) : IWrite<Guid>
{
    public Right Needs => Right.Reply;
    public Guid? AboutItem => ItemId;

    internal sealed class Handler(ItemTexts texts) : IRequestHandler<AddNote, Guid>
    {
        public async Task<Guid> Handle(AddNote request, CancellationToken ct)
        {
            if (request.Text.IsEmpty)
                throw new RuleException("text_empty");
            return (await texts.AddAsync(await texts.FindToReadAsync(request.ItemId, ct), "note", "note", request.Text.Value.Trim(), null, ct)).Id;
        }
    }
}

/// <summary>The item goes to a team, and to one of its people who may see it (A39).</summary>
public sealed record AssignItem(Guid ItemId, int TeamId, int? OfficerId, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.Assign;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { team = TeamId, to = OfficerId };

    /// <summary>How many messages of the person's the officer had before him; null: not told. With more by now, what he has not read stays unread and due.</summary>
    public int? Heard { get; init; }

    internal sealed class Handler(FeedbackDb db, ItemTexts texts) : IRequestHandler<AssignItem, bool>
    {
        public async Task<bool> Handle(AssignItem request, CancellationToken ct)
        {
            var item = await texts.FindAsync(request.ItemId, ct);
            if (!await db.Teams.AnyAsync(t => t.Id == request.TeamId && t.Active, ct))
                throw new RuleException("unknown_code");
            if (request.OfficerId is { } who && !await db.Database.SqlQuery<bool>($"select exists (select 1 from officer_access x join officer o on o.id = x.officer_id where o.active and x.officer_id = {who} and {item.AudienceId} = any (x.audiences)) as \"Value\"").SingleAsync(ct))
                throw new RuleException("not_authorised_assignee");
            if (request.OfficerId is { } handler && handler == item.HandlerBeforeId)
                throw new RuleException("not_the_handler");
            item.Assign(request.TeamId, request.OfficerId, texts.Now);
            texts.Event(item, "assigned", new { to = request.OfficerId });
            if (!await texts.HasMoreAsync(item, request.Heard, ct))
                await texts.MeetAsync(item, ["seen"], ct);
            return true;
        }
    }
}

/// <summary>Handed to somebody else: a service or organisation outside the team. Confirmed means that they said they have it, which meets the last clock of critical and class 1 items (S18).</summary>
public sealed record ReferItem(Guid ItemId, string To, bool Confirmed, DateOnly? ReviewOn, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.Assign;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { confirmed = Confirmed };

    /// <summary>How many messages of the person's the officer had before him; null: not told. With more by now, what he has not read stays unread and due.</summary>
    public int? Heard { get; init; }

    internal sealed class Handler(FeedbackDb db, ItemTexts texts) : IRequestHandler<ReferItem, bool>
    {
        public async Task<bool> Handle(ReferItem request, CancellationToken ct)
        {
            if (string.IsNullOrWhiteSpace(request.To))
                throw new RuleException("text_empty");
            var item = await texts.FindAsync(request.ItemId, ct);
            // Outside help needs the person's consent to share, or vital interest decided by a cleared person (S16).
            if (item.CircleId == 0 && (item.PersonId is not null || item.RecordedBy is not null) && item.Urgency != "critical"
                && !await db.Database.SqlQuery<bool>($"select coalesce((select answer <> 'no' from consent where kind = 'share' and (item_id = {item.Id} or (item_id is null and person_id = {item.PersonId})) order by at desc, id desc limit 1), false) as \"Value\"").SingleAsync(ct))
                texts.Event(item, "referred_without_consent");
            var kept = await texts.AddAsync(item, "note", "referral", request.To.Trim(), null, ct); // sealed and made anonymous like every text
            item.Refer(kept.Id.ToString(), texts.Now, request.Confirmed);
            item.ReviewAt = request.ReviewOn is { } day ? new DateTimeOffset(day.ToDateTime(new TimeOnly(8, 0)), TimeSpan.Zero) : null;
            texts.Event(item, request.Confirmed ? "handed_over" : "referred");
            string[] met = request.Confirmed ? item.Sensitivity >= 1 || item.Urgency == "critical" || item.Topics.Contains("family_links") ? ["seen", "answer", "close", "refer", "refer_ack"] : ["seen", "answer", "refer", "refer_ack"] : ["seen", "refer"];
            await texts.MeetAsync(item, await texts.HasMoreAsync(item, request.Heard, ct) ? [.. met.Where(m => m is "refer" or "refer_ack")] : met, ct);
            if (item.ReviewAt is { } review)
                await StartReviewAsync(item, review, ct);
            return true;
        }

        // Somebody asks then what became of it, whatever else is met.
        private async Task StartReviewAsync(Item item, DateTimeOffset at, CancellationToken ct)
        {
            var clock = await db.Clocks.SingleOrDefaultAsync(c => c.ItemId == item.Id && c.Step == "review", ct) ?? db.Clocks.Add(new Standards.ItemClock { ItemId = item.Id, Step = "review", AudienceId = item.AudienceId }).Entity;
            (clock.DueAt, clock.NextAt, clock.MetAt, clock.Escalated) = (at, at, null, 0);
            item.NextDueAt = item.NextDueAt is { } next && next < at ? next : at;
        }
    }
}

/// <summary>Something was decided or done; the person has yet to be told.</summary>
public sealed record ResolveItem(Guid ItemId, PersonalText Resolution, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.Close;
    public Guid? AboutItem => ItemId;

    /// <summary>How many messages of the person's the officer had before him; null: not told. When there are more, the item stays as it is: nothing is closed over what nobody has read.</summary>
    public int? Heard { get; init; }

    internal sealed class Handler(ItemTexts texts) : IRequestHandler<ResolveItem, bool>
    {
        public async Task<bool> Handle(ResolveItem request, CancellationToken ct)
        {
            if (request.Resolution.IsEmpty)
                throw new RuleException("text_empty");
            var item = await texts.FindAsync(request.ItemId, ct);
            await texts.NothingMoreThanAsync(item, request.Heard, ct);
            var kept = await texts.AddAsync(item, "note", "resolution", request.Resolution.Value.Trim(), null, ct);
            item.Resolve(kept.Id.ToString(), texts.Now);
            texts.Event(item, "resolved");
            await texts.MeetAsync(item, ["seen"], ct);
            return true;
        }
    }
}

/// <summary>The loop is closed: the person has been told by this method of the IFRC list, or it is recorded why that was impossible.</summary>
public sealed record CloseItem(Guid ItemId, string? Method, string? Impossible, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.Close;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { method = Method, impossible = Impossible };

    /// <inheritdoc cref="ResolveItem.Heard"/>
    public int? Heard { get; init; }

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, Intake.IntakeBoard board, Intake.ChannelKinds kinds, CodebookInUse codebook) : IRequestHandler<CloseItem, bool>
    {
        public async Task<bool> Handle(CloseItem request, CancellationToken ct)
        {
            var item = await texts.FindAsync(request.ItemId, ct);
            await texts.NothingMoreThanAsync(item, request.Heard, ct);
            var book = await codebook.ReadAsync(db, ct);
            if (request.Method is { } method)
            {
                if (book.Find("loop_method", method) is null)
                    throw new RuleException("unknown_code");
                item.CloseLoop(method, texts.Now);
            }
            else
            {
                if (request.Impossible is not { } reason || book.Find("loop_impossible", reason) is null)
                    throw new RuleException("reason_needed");
                item.CloseUntold(reason, texts.Now);
            }
            texts.Event(item, "closed", new { request.Method, request.Impossible });
            await texts.MeetAsync(item, ["seen", "answer", "close", "refer", "refer_ack", "review"], ct);
            item.NextDueAt = null;
            // Whether the person may be asked is decided when the question falls due (S8).
            var silent = item.AccountId is { } line && board.Snapshot.Accounts.TryGetValue(line, out var account) && kinds.Find(account.Kind) is { Traits.CanSend: false };
            if (request.Method is not null && !silent && item is { CircleId: 0, PersonId: { } person } && !await db.Surveys.AnyAsync(s => s.ItemId == item.Id, ct))
            {
                var minutes = await db.Database.SqlQuery<string>($"select value as \"Value\" from deployment where name = 'survey_after_minutes'").SingleOrDefaultAsync(ct);
                db.Surveys.Add(new Replies.Survey { ItemId = item.Id, PersonId = person, AudienceId = item.AudienceId, DueAt = texts.Now.AddMinutes(int.TryParse(minutes, System.Globalization.CultureInfo.InvariantCulture, out var m) ? m : 1440) });
            }
            return true;
        }
    }
}

/// <summary>Open again, by an officer.</summary>
public sealed record ReopenItem(Guid ItemId, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.Close;
    public Guid? AboutItem => ItemId;

    internal sealed class Handler(ItemTexts texts) : IRequestHandler<ReopenItem, bool>
    {
        public async Task<bool> Handle(ReopenItem request, CancellationToken ct)
        {
            var item = await texts.FindAsync(request.ItemId, ct);
            item.Reopen();
            texts.Event(item, "reopened");
            return true;
        }
    }
}

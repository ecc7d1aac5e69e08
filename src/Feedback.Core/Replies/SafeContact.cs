using System.Globalization;
using System.Text.Json;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Replies;

/// <summary>How the person of an item may be contacted without danger, sealed to the circle that keeps the item. It covers this circle's people only (S8).</summary>
public sealed class SafeContact
{
    /// <summary>The way of a call; every other way is the name of a line.</summary>
    public const string ByCall = "call";

    public Guid Id { get; set; }
    public Guid PersonId { get; set; }
    public Guid ItemId { get; set; }
    public int AudienceId { get; set; }
    public short CircleId { get; set; }
    public int ById { get; set; }
    public DateTimeOffset At { get; set; }
    public byte[] Sealed { get; set; } = [];

    /// <summary>What was recorded, for who holds one of the keys; null when it is sealed to others.</summary>
    public SafeContactShown? Read(IEnumerable<byte[]> circleKeys, string? by) =>
        CircleKeys.Open(Sealed, circleKeys) is { } plain && JsonSerializer.Deserialize<Details>(plain, JsonSerializerOptions.Web) is { } d ? new SafeContactShown(d.Channel, d.Hours, d.Opening, At, by) : null;

    internal static byte[] Plain(string channel, string hours, string opening) => JsonSerializer.SerializeToUtf8Bytes(new Details(channel, hours, opening), JsonSerializerOptions.Web);

    private sealed record Details(string Channel, string Hours, string Opening);
}

/// <summary>What a cleared person recorded: by which way, at which hours, with which opening words.</summary>
public sealed record SafeContactShown(string Channel, string Hours, string Opening, DateTimeOffset At, string? By);

/// <summary>Hours of the day in which it is safe, "18:00-20:30" in local time; over midnight where the end comes first, the whole day where both are the same.</summary>
public readonly record struct SafeHours(TimeOnly From, TimeOnly To)
{
    public static SafeHours? Parse(string text) =>
        text.Split('-') is [var from, var to] && TimeOnly.TryParseExact(from.Trim(), "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var f) && TimeOnly.TryParseExact(to.Trim(), "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var t)
            ? new SafeHours(f, t) : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From:HH:mm}-{To:HH:mm}");

    /// <summary>The stretch that holds now, or the next one.</summary>
    public (DateTimeOffset From, DateTimeOffset To) At(DateTimeOffset now, TimeZoneInfo zone)
    {
        if (From == To)
            return (now, now.AddDays(1));
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
        for (var day = today.AddDays(-1); ; day = day.AddDays(1)) // yesterday's may last over midnight
        {
            var (begins, ends) = (Moment(day, From, zone), Moment(To < From ? day.AddDays(1) : day, To, zone));
            if (ends > now)
                return (begins > now ? begins : now, ends);
        }
    }

    // A time that the change to summer time skips counts as the hour after.
    private static DateTimeOffset Moment(DateOnly day, TimeOnly time, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(time);
        if (zone.IsInvalidTime(local))
            local = local.AddHours(1);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }
}

/// <summary>A cleared person of the circle records how the person of an item may be contacted. Recorded again for the same way, the later one counts.</summary>
public sealed record RecordSafeContact(Guid ItemId, string Channel, string Hours, string Opening, Guid ClientId) : IWrite<bool>
{
    private const int LongestOpening = 300;

    public Right Needs => Right.Reply;
    public Guid? AboutItem => ItemId;

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, ContactGuard guard, Officer officer) : IRequestHandler<RecordSafeContact, bool>
    {
        public async Task<bool> Handle(RecordSafeContact request, CancellationToken ct)
        {
            var item = await texts.FindAsync(request.ItemId, ct);
            if (item.PersonId is not { } person || item.CircleId == Circle.Open.Id)
                throw new RuleException("item_not_found");
            if (await guard.CircleAsync(item, ct) == 0)
                throw new RuleException(ContactGuard.BySupervisor);
            var opening = request.Opening.Trim();
            var check = new FieldCheck();
            check.Need(request.Channel == SafeContact.ByCall || (request.Channel.Length > 0 && request.Channel == item.AccountId), "channel", "unknown");
            check.Need(SafeHours.Parse(request.Hours) is not null, "hours", "not_a_time");
            check.Need(opening.Length <= LongestOpening, "opening", "too_long");
            check.Refuse();
            db.SafeContacts.Add(new SafeContact
            {
                Id = Guid.CreateVersion7(texts.Now), PersonId = person, ItemId = item.Id, AudienceId = item.AudienceId, CircleId = item.CircleId, ById = officer.Id, At = texts.Now,
                Sealed = await texts.SealAsync(SafeContact.Plain(request.Channel, SafeHours.Parse(request.Hours)!.Value.ToString(), opening), item.AudienceId, ct),
            });
            texts.Event(item, "safe_contact_recorded");
            return true;
        }
    }
}

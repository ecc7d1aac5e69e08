using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Routing;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Replies;

/// <summary>Whom the line shall call, and whose telephone rings first. For the line alone: it is never shown, stored or printed.</summary>
public sealed record CallOrder(string AccountId, ContactAddress To, TypedAddress Officer, string Language)
{
    public override string ToString() => "[call]";
}

/// <summary>A call that was allowed and written down. A repeat of the same click orders nothing.</summary>
public sealed record CallOrdered([property: JsonIgnore] CallOrder? Order);

/// <summary>Lines that put an officer through to a person: his own telephone rings, he presses a key, and the person sees the line's number. Nobody sees the person's.</summary>
public sealed class LineCalls(IntakeBoard board, ChannelKinds kinds, KeyRing keys)
{
    /// <summary>The line itself where it can call, else any other that can; null: none.</summary>
    public string? LineFor(string? accountId) => board.Snapshot.Accounts.Values.Where(Calls).OrderBy(a => a.Id != accountId).ThenBy(a => a.Id, StringComparer.Ordinal).FirstOrDefault()?.Id;

    /// <summary>Whether this very line can call.</summary>
    public bool CanCall(string accountId) => board.Snapshot.Accounts.TryGetValue(accountId, out var account) && Calls(account);

    /// <summary>Places what was ordered, with no transaction open. Null: the officer's telephone will ring; else why not, a code of <see cref="SendFailure"/>.</summary>
    public async Task<string?> PlaceAsync(CallOrder order, CancellationToken ct)
    {
        if (!board.Snapshot.Accounts.TryGetValue(order.AccountId, out var account) || kinds.Find(account.Kind) is not IPlacesCalls line)
            return SendFailure.AccountBroken.Code;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(ChannelKinds.SendLimit);
        return (await line.PlaceCallAsync(order, account, limit.Token)).Match((_, _) => null, (failure, _, _) => (string?)failure.Code);
    }

    /// <param name="confirmed">Only one that he entered himself.</param>
    /// <exception cref="RuleException">no_operator_number.</exception>
    internal async Task<TypedAddress> OwnNumberAsync(FeedbackDb db, Officer officer, bool confirmed, CancellationToken ct)
    {
        var own = await db.Operators.AsNoTracking().FirstOrDefaultAsync(o => o.OfficerId == officer.Id && (!confirmed || o.NumberBy == officer.Id), ct) ?? throw new RuleException("no_operator_number");
        try
        {
            return new TypedAddress(keys.OpenText(own.Number, HelplineNumbers.Purpose));
        }
        catch (CryptographicException)
        {
            throw new RuleException("no_operator_number"); // sealed with a key that is not here: to be entered again
        }
    }

    /// <exception cref="RuleException">cannot_call_back: the address is sealed with a key that is not here.</exception>
    internal CallOrder Order(string line, byte[] sealedAddress, TypedAddress own, Officer officer)
    {
        try
        {
            return new CallOrder(line, new ContactAddress(ContactAddress.Telephone, keys.OpenText(sealedAddress, "address")), own, officer.Language);
        }
        catch (CryptographicException)
        {
            throw new RuleException("cannot_call_back");
        }
    }

    private bool Calls(ChannelAccount account) => account is { Broken: null } && kinds.Find(account.Kind) is IPlacesCalls;
}

/// <summary>Who handles an item calls its person through the line, within the hours that are safe (S8), and a few times in an hour at most: a telephone that rings without end is no help to anybody.</summary>
public sealed record CallThroughLine(Guid ItemId, Guid ClientId) : IWrite<CallOrdered>
{
    /// <summary>In <see cref="Within"/>: of an item by all officers together, and of an officer on all items.</summary>
    public const int MostOfItem = 3, MostOfOfficer = 10;

    public static readonly TimeSpan Within = TimeSpan.FromHours(1);

    /// <summary>Of a child's item: the officer says that whom he calls is a trusted adult of the child's choice (S17).</summary>
    public bool TrustedAdult { get; init; }

    public Right Needs => Right.Reply;
    public Guid? AboutItem => ItemId;

    internal sealed class Handler(FeedbackDb db, ItemTexts texts, ContactGuard guard, LineCalls lines, Officer officer) : IRequestHandler<CallThroughLine, CallOrdered>
    {
        public async Task<CallOrdered> Handle(CallThroughLine request, CancellationToken ct)
        {
            // One after the other, however many posts come at once: first the item's row, then the officer's. Not "for update": every row that names the officer, such as that of this very click, holds his lightly.
            await db.Database.ExecuteSqlAsync($"select 1 from item where id = {request.ItemId} for no key update", ct);
            var item = await texts.FindAsync(request.ItemId, ct);
            item.MustBeOpenFor("reply");
            if (item.CircleId == Circle.CheckFirst.Id)
                throw new RuleException(ContactGuard.BySupervisor); // nobody has read it yet
            var when = await guard.WhenAsync(item, SafeContact.ByCall, ct);
            if (when.From > texts.Now)
                throw new RuleException("outside_safe_hours");
            if (item.Minor && !request.TrustedAdult)
                throw new RuleException("trusted_adult_needed");
            var address = await db.Database.SqlQuery<byte[]>($"select sealed as \"Value\" from address where person_id = {item.PersonId} and space = {ContactAddress.Telephone} limit 1").SingleOrDefaultAsync(ct) ?? throw new RuleException("cannot_call_back");
            var own = await lines.OwnNumberAsync(db, officer, confirmed: item.CircleId != Circle.Open.Id || when.By is not null, ct);
            var line = lines.LineFor(item.AccountId) ?? throw new RuleException("cannot_call_through");
            await db.Database.ExecuteSqlAsync($"select 1 from officer where id = {officer.Id} for no key update", ct);
            var since = texts.Now - Within;
            var ordered = await db.Database.SqlQuery<Ordered>($"""select of_item as "OfItem", of_officer as "OfOfficer" from calls_through_line({item.Id}, {since})""").SingleAsync(ct);
            if (ordered.OfItem >= MostOfItem || ordered.OfOfficer >= MostOfOfficer)
                throw new RuleException("called_enough");
            texts.Event(item, "called_through_line", item.Minor ? new { trustedAdult = true } : null);
            return new CallOrdered(lines.Order(line, address, own, officer));
        }

        private sealed record Ordered(long OfItem, long OfOfficer);
    }
}

/// <summary>An operator calls back who was cut off, or asked for it, in the hour after the call that was put through to him: a few times at most, and each stands on the item and in the audit. Why he may not is told in one and the same way.</summary>
public sealed record CallCallerBack(Guid CallId, Guid ClientId) : IWrite<CallOrdered>
{
    /// <summary>How often for one call; call_caller_back (0019_calls.sql) has the same three.</summary>
    public const int Most = 3;

    /// <summary>From when he took the call; call_caller_back has the same hour.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromHours(1);

    public Right Needs => Right.RecordFeedback;

    public object? AuditDetail => new { call = CallId };

    internal sealed class Handler(FeedbackDb db, LineCalls lines, Officer officer) : IRequestHandler<CallCallerBack, CallOrdered>
    {
        public async Task<CallOrdered> Handle(CallCallerBack request, CancellationToken ct)
        {
            var call = (await CallDesk.CallsAsync(db, ct)).FirstOrDefault(c => c.Id == request.CallId) ?? throw new RuleException("cannot_call_back");
            // What is no secret comes first: nobody learns anything of the caller while no telephone could ring. No other line stands in: the caller may have stopped that one.
            var own = await lines.OwnNumberAsync(db, officer, confirmed: false, ct);
            if (!lines.CanCall(call.AccountId))
                throw new RuleException("cannot_call_through");
            var address = await db.Database.SqlQuery<byte[]?>($"""select call_caller_back({request.CallId}) as "Value" """).SingleAsync(ct) ?? throw new RuleException("cannot_call_back");
            return new CallOrdered(lines.Order(call.AccountId, address, own, officer));
        }
    }
}

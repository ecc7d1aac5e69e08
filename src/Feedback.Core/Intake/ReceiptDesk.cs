using System.Net;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Intake;

/// <summary>How far feedback is: the same three for open and restricted items.</summary>
public enum ReceiptState
{
    Received,
    InWork,
    Done,
}

/// <summary>What a receipt code tells. <see cref="Answer"/> only of an open item whose person has nothing restricted or unchecked; null otherwise, or when there is none.</summary>
public sealed record ReceiptStatus(ReceiptState State, PersonalText? Answer);

/// <summary>What came of a try: one of five. A code that does not exist, one that is too old and one that cannot be a code end the same.</summary>
public enum ReceiptOutcome
{
    Found,
    Added,
    Unknown,
    TooMany,

    /// <summary>The database does not answer, or too many ask at once: nothing is known and nothing stored.</summary>
    Away,
}

/// <summary>
/// What somebody may do who holds a receipt code: see how far it is, and add to it. Never read, change or erase. Wrong tries are counted in the database, so that all Hosts
/// have one limit; a code whose check symbol is wrong costs nothing and asks nobody.
/// </summary>
public sealed class ReceiptDesk(Databases databases, KeyRing keys, Inbox inbox, TimeProvider clock) : IDisposable
{
    /// <summary>Wrong codes from one address (of IPv6: one network) in <see cref="Window"/>, and of everybody in an hour: at 10^5 live codes one in a thousand that anybody hits any in 90 days.</summary>
    public const int WrongFromOne = 20, WrongOfAll = 3000;

    /// <summary>Additions with one code in a day, and from one address in an hour: many phones share an address.</summary>
    public const int AddedWithOne = 10, AddedFromOne = 60;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15), Hour = TimeSpan.FromHours(1), Day = TimeSpan.FromDays(1), Lives = TimeSpan.FromDays(90);

    /// <summary>Under which what is added is stored.</summary>
    public const string AccountId = "status";

    /// <summary>Scope of the count of everybody's wrong codes.</summary>
    internal const string OfAll = "receipt tries of all";

    // Of the worker's eight connections this page never takes more than two.
    private readonly SemaphoreSlim _seats = new(2);

    /// <summary>The status when the outcome is Found.</summary>
    public async Task<(ReceiptOutcome Outcome, ReceiptStatus? Status)> LookAsync(string? typed, IPAddress? from, CancellationToken ct)
    {
        try
        {
            var (outcome, found) = await FindAsync(typed, from, ct);
            return (outcome, found?.Status);
        }
        catch (Exception away) when (away is NpgsqlException or TimeoutException)
        {
            return (ReceiptOutcome.Away, null);
        }
    }

    /// <summary>Stored like any message; <paramref name="once"/> tells a second click from a second message.</summary>
    public async Task<ReceiptOutcome> AddAsync(string? typed, PersonalText text, string once, string language, IPAddress? from, CancellationToken ct)
    {
        try
        {
            var (outcome, found) = await FindAsync(typed, from, ct);
            if (found is null)
                return outcome;
            if (await TooManyAddedAsync(found.Code, from, ct))
                return ReceiptOutcome.TooMany;
            await StoreAsync(found, text, once, language);
            return ReceiptOutcome.Added;
        }
        catch (Exception away) when (away is NpgsqlException or TimeoutException or NotStoredException)
        {
            return ReceiptOutcome.Away;
        }
    }

    public void Dispose() => _seats.Dispose();

    private async Task<bool> TooManyAddedAsync(string code, IPAddress? from, CancellationToken ct)
    {
        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        var counts = await CountAsync(connection, [("receipt code", code, Day), ("receipt adder", CallerNetwork.Of(from), Hour)], ct);
        return counts[0] > AddedWithOne || counts[1] > AddedFromOne;
    }

    // Who hangs up has still sent it: it is stored to the end.
    private async Task StoreAsync(FoundReceipt found, PersonalText text, string once, string language) =>
        await inbox.StoreAsync(AccountId, [new MessageReceived
        {
            ExternalId = $"{found.Code} {once}", Text = text, Channel = "web", ServicePoint = found.ServicePoint, LanguageHint = language, Adds = found.Code, Acknowledged = true,
            Fields = new Dictionary<string, string> { ["keywords"] = "confidential" },
        }], default, CancellationToken.None);

    private async Task<(ReceiptOutcome Outcome, FoundReceipt? Found)> FindAsync(string? typed, IPAddress? from, CancellationToken ct)
    {
        if (ReceiptCode.Parse(typed) is not { } code)
            return (ReceiptOutcome.Unknown, null);
        if (!await _seats.WaitAsync(Inbox.Limit, ct))
            throw new TimeoutException("too many ask for a receipt code");
        try
        {
            await using var connection = await databases.Worker.OpenConnectionAsync(ct);
            // Counted first and given back: who sends a hundred at once gets no more tries than one after the other.
            // One who has had all of his tries takes none of everybody's.
            (string, string, TimeSpan)[] tries = [("receipt try", CallerNetwork.Of(from), Window), (OfAll, "", Hour)];
            if ((await CountAsync(connection, tries[..1], ct))[0] > WrongFromOne || (await CountAsync(connection, tries[1..], ct))[0] > WrongOfAll)
                return (ReceiptOutcome.TooMany, null);
            if (await ReadAsync(connection, code, ct) is not { } found)
                return (ReceiptOutcome.Unknown, null);
            await GiveBackAsync(connection, tries, ct);
            return (ReceiptOutcome.Found, found);
        }
        finally
        {
            _seats.Release();
        }
    }

    // A word of the sender's own choice guards the answer, and nothing here can ask for it: then there is none to show.
    private async Task<FoundReceipt?> ReadAsync(NpgsqlConnection connection, string code, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            select w.state, s.slug,
                   case when i.circle_id = 0 and i.checked and i.sensitivity = 0 and i.audience_id = 1 and r.word is null
                             and not exists (select 1 from person_guard g where g.person_id = i.person_id and g.ever_restricted)
                             and not exists (select 1 from item o where o.person_id = i.person_id and o.circle_id <> 0)
                        then (select a.text from message a where a.item_id = i.id and a.direction = 'out' and a.kind = 'reply' and a.audience_id = 1
                                and not exists (select 1 from outbox o where o.message_id = a.id and o.state in ('held', 'cancelled')) order by a.at desc, a.id desc limit 1) end
            from receipt r left join message m on m.id = r.message_id left join item i on i.id = m.item_id left join service_point s on s.id = i.service_point_id
            cross join lateral (select state_shown(i.id, i.status) as state) w
            where r.code = $1 and (r.created_at >= $2 or i.status = 'resolved' or w.state <> 'done')
            """, connection) { CommandTimeout = 2, Parameters = { new() { Value = code }, new() { Value = (clock.GetUtcNow() - Lives).UtcDateTime } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct))
            return null;
        var state = reader.GetString(0) switch { "in_progress" => ReceiptState.InWork, "done" => ReceiptState.Done, _ => ReceiptState.Received };
        return new FoundReceipt(code, reader.IsDBNull(1) ? null : reader.GetString(1), new ReceiptStatus(state, reader.IsDBNull(2) ? null : new PersonalText(reader.GetString(2))));
    }

    /// <summary>One more of each, in one order everywhere, so that nobody waits in a circle. Returns how many it is now.</summary>
    private async Task<int[]> CountAsync(NpgsqlConnection connection, (string Scope, string Value, TimeSpan Window)[] tries, CancellationToken ct)
    {
        var (now, who) = (clock.GetUtcNow().UtcDateTime, tries.Select(t => keys.Hash(t.Scope, t.Value)).ToArray());
        await using var command = new NpgsqlCommand("""
            insert into receipt_try as t (who, until, n) select w, u, 1 from unnest($1::bytea[], $2::timestamptz[]) x (w, u) order by w
            on conflict (who) do update set n = case when t.until <= $3 then 1 else t.n + 1 end, until = case when t.until <= $3 then excluded.until else t.until end
            returning who, n
            """, connection) { CommandTimeout = 2, Parameters = { new() { Value = who }, new() { Value = tries.Select(t => now + t.Window).ToArray() }, new() { Value = now } } };
        var counts = new int[tries.Length];
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var key = (byte[])reader[0];
            counts[Array.FindIndex(who, w => w.AsSpan().SequenceEqual(key))] = reader.GetInt32(1);
        }
        return counts;
    }

    private async Task GiveBackAsync(NpgsqlConnection connection, (string Scope, string Value, TimeSpan Window)[] tries, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            with mine as (select who from receipt_try where who = any ($1) order by who for update) update receipt_try t set n = t.n - 1 from mine where t.who = mine.who and t.n > 0
            """, connection) { CommandTimeout = 2, Parameters = { new() { Value = tries.Select(t => keys.Hash(t.Scope, t.Value)).ToArray() } } };
        await command.ExecuteNonQueryAsync(ct);
    }

    private sealed record FoundReceipt(string Code, string? ServicePoint, ReceiptStatus Status)
    {
        public override string ToString() => "[receipt]";
    }
}

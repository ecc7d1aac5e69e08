using System.Collections.Concurrent;
using System.Text.Json;
using Cea.Feedback.Classification;
using Cea.Feedback.Intake;
using Cea.Feedback.Media;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Routing;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.Texts;
using Npgsql;

namespace Cea.Feedback.Items;

/// <summary>
/// Makes items of stored messages. A lot is leased and read outside any transaction; then one transaction in the order of persons, whose rows are locked first:
/// the item is found or made, restricted, routed, its clocks started, the acknowledgement queued, counts changed, and the lease settled only if it is still ours.
/// </summary>
public sealed class Triage(Databases databases, KeyRing keys, ITextClassifier classifier, WakeUp wakeUp, TimeProvider clock, Deliveries deliveries)
{
    public const int LotSize = 50, MostAttempts = 8;

    /// <summary>Texts that one gets from the service by itself within <see cref="AutomaticWithin"/> before his words stay unanswered: two machines must not talk for ever. What is owed still goes out: the code of a
    /// new item, and what asks or confirms a stop or an erasure.</summary>
    public const int MostAutomatic = 10;
    public static readonly TimeSpan FirstContactAgain = TimeSpan.FromDays(90), FollowUpAck = TimeSpan.FromHours(24), AutomaticWithin = TimeSpan.FromHours(1);

    private TriageFacts? _facts;
    private readonly ConcurrentDictionary<string, int> _audiences = new();

    /// <summary>One lot. Returns how many rows it leased: none means nothing is due.</summary>
    public async Task<TriageRound> RunAsync(CancellationToken ct)
    {
        var (leased, keywords) = await LeaseAsync(ct);
        if (leased.Count == 0)
            return new TriageRound(0, 0, 0);
        var facts = await FactsAsync(keywords, ct);
        var presses = new List<TakenPress>();
        try
        {
            return new TriageRound(leased.Count, 0, 0) { Quieted = await SettleAsync(leased, facts, presses, ct), Presses = presses };
        }
        catch (Exception) when (!ct.IsCancellationRequested && leased.Count > 1)
        {
            // one of them spoils the lot: each alone
        }
        catch (Exception trouble) when (!ct.IsCancellationRequested)
        {
            return new TriageRound(1, 1, await FailAsync(leased[0], trouble, ct));
        }
        var (failed, dead, quieted) = (0, 0, 0);
        foreach (var row in leased)
        {
            try
            {
                quieted += await SettleAsync([row], facts, presses, ct);
            }
            catch (Exception trouble) when (!ct.IsCancellationRequested)
            {
                failed++;
                dead += await FailAsync(row, trouble, ct);
            }
        }
        return new TriageRound(leased.Count, failed, dead) { Presses = presses, Quieted = quieted };
    }

    private async Task<TriageFacts> FactsAsync(string? keywords, CancellationToken ct)
    {
        if (_facts is null || !_facts.IsFresh(clock.GetUtcNow(), keywords))
            _facts = await TriageFacts.ReadAsync(databases.Worker, clock.GetUtcNow(), ct);
        return _facts;
    }

    // With the mark of the keywords: a word that was added counts for the very next message.
    private async Task<(List<Leased> Rows, string? Keywords)> LeaseAsync(CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("""
            update inbox set due_at = now() + interval '60 seconds', attempt = attempt + 1
            where id in (select id from inbox where due_at <= now() and not dead order by due_at, id limit $1 for update skip locked)
            returning id, account_id, kind, person_key, received_at, receipt_code, sealed, attempt, (select value from deployment where name = $2)
            """);
        command.Parameters.Add(new() { Value = LotSize });
        command.Parameters.Add(new() { Value = DeploymentValues.Keywords });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<Leased>();
        string? keywords = null;
        while (await reader.ReadAsync(ct))
        {
            rows.Add(new Leased(reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.IsDBNull(3) ? null : (byte[])reader[3], reader.GetFieldValue<DateTimeOffset>(4),
                reader.IsDBNull(5) ? null : reader.GetString(5), (byte[])reader[6], reader.GetInt32(7)));
            keywords = reader.IsDBNull(8) ? null : reader.GetString(8);
        }
        return ([.. rows.OrderBy(r => r.PersonKey is null ? "" : Convert.ToHexString(r.PersonKey), StringComparer.Ordinal).ThenBy(r => r.Id)], keywords);
    }

    // How many messages got no automatic answer for being too many.
    private async Task<int> SettleAsync(IReadOnlyList<Leased> rows, TriageFacts facts, List<TakenPress> presses, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var messages = new List<Prepared>();
        var others = new List<(Leased Row, ChannelEvent Event)>();
        var calls = new List<(Prepared Silence, CallReported Report)>();
        foreach (var row in rows)
        {
            var e = JsonSerializer.Deserialize<ChannelEvent>(keys.Open(row.Sealed, "event"), JsonSerializerOptions.Web) ?? throw new FormatException("an empty event");
            if (e is MessageReceived message)
                messages.Add(await PrepareAsync(row, message, facts, now, ct));
            else if (e is CallReported call)
                calls.Add((await SilenceAsync(row, call, facts, ct), call));
            else
                others.Add((row, e));
        }

        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var writer = new TriageWriter(connection, facts, keys, now);
        var persons = await PersonState.LockAsync(connection, [.. messages.Concat(calls.Select(c => c.Silence)).Select(m => m.Address).OfType<PersonState.Address>()], now, ct);
        foreach (var message in messages.OrderBy(m => m is not { Received.Adds: null, Recorded: null })) // what is added, or was recorded, reads the rows as the others leave them
            await TakeAsync(connection, writer, message, message.Address is { } a ? persons[a.Key] : null, facts, now, ct);
        await writer.WriteAsync(ct);

        var postponed = new Dictionary<Guid, TimeSpan>();
        foreach (var (silence, report) in calls)
        {
            var person = silence.Address is { } a ? persons[a.Key] : null;
            var caller = new Calls.Caller(silence.Id, silence.AccountId, silence.ReceivedAt, report, person, silence.AudienceId, w => MakeItem(w, silence, person, facts, null, "call"));
            if (await new Calls(keys, now).ReportedAsync(connection, writer, caller, ct) is { } wait)
                postponed[silence.Id] = wait;
            await writer.WriteAsync(ct); // the next may be of the same person
        }
        foreach (var (row, e) in others)
        {
            var settled = e switch
            {
                DeliveryReported report => await deliveries.ApplyAsync(connection, row.AccountId, report, row.ReceivedAt, ct),
                ReachChanged reach => await ReachAsync(connection, row.AccountId, reach, now, ct),
                _ => true,
            };
            // Its sending may not be recorded yet: look again in a while, and give up after some hours.
            if (!settled && now - row.ReceivedAt < TimeSpan.FromHours(2))
                postponed[row.Id] = TimeSpan.FromMinutes(1);
        }
        await PostponeAsync(connection, postponed, ct);
        // What is true if we die before this commit: nothing happened, the lease runs out, another attempt does it all.
        var mine = rows.Where(r => !postponed.ContainsKey(r.Id)).ToList();
        await using var settle = new NpgsqlCommand("""
            with gone as (delete from inbox i using unnest($1::uuid[], $2::int[]) w (id, attempt) where i.id = w.id and i.attempt = w.attempt returning 1)
            select count(*) from gone
            """, connection) { Parameters = { new() { Value = mine.Select(r => r.Id).ToArray() }, new() { Value = mine.Select(r => r.Attempt).ToArray() } } };
        if ((long)(await settle.ExecuteScalarAsync(ct))! != mine.Count)
            throw new InvalidOperationException("a lease was lost"); // somebody else has it: all of this is undone
        await transaction.CommitAsync(ct);
        presses.AddRange(messages.Where(m => m.Received.Press is not null).Select(m => new TakenPress(m.AccountId, m.Received.Press!)));
        await HeardAsync([.. messages, .. calls.Select(c => c.Silence)], ct);
        if (writer.QueuedSending)
            wakeUp.Ring(WakeUp.Outbox);
        if (writer.QueuedMedia)
            wakeUp.Ring(WakeUp.Media);
        wakeUp.Ring(WakeUp.Items, writer.Audiences);
        return writer.Quieted;
    }

    private static async Task PostponeAsync(NpgsqlConnection connection, Dictionary<Guid, TimeSpan> postponed, CancellationToken ct)
    {
        if (postponed.Count == 0)
            return;
        await using var command = new NpgsqlCommand("update inbox i set due_at = now() + w.wait, attempt = 0 from unnest($1::uuid[], $2::interval[]) w (id, wait) where i.id = w.id", connection)
        {
            Parameters = { new() { Value = postponed.Keys.ToArray() }, new() { Value = postponed.Values.ToArray() } },
        };
        await command.ExecuteNonQueryAsync(ct);
    }

    // When each line was last heard, for the pages: to half a minute, so that a busy line's row is not written for every lot. Lost if we die here, and told by the next.
    private async Task HeardAsync(List<Prepared> messages, CancellationToken ct)
    {
        var heard = messages.GroupBy(m => m.AccountId).ToDictionary(g => g.Key, g => g.Max(m => m.ReceivedAt).UtcDateTime);
        if (heard.Count == 0)
            return;
        await using var command = databases.Worker.CreateCommand("""
            update channel_account a set last_received_at = h.at from unnest($1::text[], $2::timestamptz[]) as h (id, at)
            where a.id = h.id and (a.last_received_at is null or a.last_received_at < h.at - interval '30 seconds')
            """);
        command.Parameters.Add(new() { Value = heard.Keys.ToArray() });
        command.Parameters.Add(new() { Value = heard.Values.ToArray() });
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task<Prepared> PrepareAsync(Leased row, MessageReceived message, TriageFacts facts, DateTimeOffset now, CancellationToken ct)
    {
        message = StoredText.Named(message);
        var text = StoredText.Clean(message.Text.Value);
        var stated = message.StatedLanguage;
        var keyword = message.Fields.Count == 0 || message.Fields.ContainsKey("keywords") ? facts.Book.Recognise(text, stated) : null;
        if (message.Media.Count > 0 && keyword?.Kind is not Keyword.Confidential)
            keyword = null; // what comes with a photo is feedback; a wish to talk in confidence is both
        else if (message.AnsweredByProvider is "stop" or "start" && (message.AnsweredByProvider == "stop" ? Keyword.Stop : Keyword.Start) is var done && keyword?.Kind != done)
            keyword = (done, ""); // its HELP is read as it stands: here that is a cry for help
        var reader = classifier.Now;
        var reading = reader.Read(text, stated);
        var coded = Recordings.Code(Coded.Of(reading, facts.Codebook, reader.Version, keyword?.Kind, message.Fields), message, facts, reader.Version);
        var placeId = message.ServicePoint is { } slug && facts.Places.TryGetValue(slug, out var place) ? place.Id : facts.Accounts.GetValueOrDefault(row.AccountId)?.ServicePointId;
        var (alternateOnly, excluded) = Coded.Withheld(coded.Circle, placeId, text, facts.People);
        var audience = coded.Circle.Id == Circle.Open.Id ? Audience.OpenId : await AudienceAsync([coded.Circle.Id], placeId, alternateOnly, excluded, ct);
        var language = stated ?? (reading.Language.Code is "und" or "" ? message.LanguageHint?.Split('-')[0] ?? "und" : reading.Language.Code);
        var address = message.From is { } from ? new PersonState.Address(from.Space, keys.Hash(from.Space, from.Value), keys.Seal(from.Value, "address")) : null;
        return new Prepared(row.Id, row.AccountId, message.Channel ?? facts.Accounts.GetValueOrDefault(row.AccountId)?.Kind ?? row.AccountId, message, row.ReceiptCode ?? ReceiptCode.New(), address, row.ReceivedAt,
            message.At is { } at && at <= row.ReceivedAt ? at : row.ReceivedAt, placeId, text, language, coded, keyword, audience);
    }

    // A stage of a call, as the item that it would make if it and others were silent.
    private async Task<Prepared> SilenceAsync(Leased row, CallReported call, TriageFacts facts, CancellationToken ct)
    {
        var account = facts.Accounts.GetValueOrDefault(row.AccountId);
        var address = call.From is { } from ? new PersonState.Address(from.Space, keys.Hash(from.Space, from.Value), keys.Seal(from.Value, "address")) : null;
        var received = new MessageReceived { ExternalId = call.ExternalId, From = call.From, Acknowledged = true, Call = call.Call };
        return new Prepared(row.Id, row.AccountId, account?.Kind ?? row.AccountId, received, ReceiptCode.New(), address, row.ReceivedAt, row.ReceivedAt, account?.ServicePointId, "", "und",
            Calls.Silence(facts.Codebook, classifier.Version), null, await AudienceAsync([Circle.CheckFirst.Id], account?.ServicePointId, false, [], ct));
    }

    private async Task TakeAsync(NpgsqlConnection connection, TriageWriter writer, Prepared m, PersonState? person, TriageFacts facts, DateTimeOffset now, CancellationToken ct)
    {
        if (person is not null)
            writer.Heard(m, person);
        if (person?.ErasedUntil == m.ReceivedAt)
            m = m with { ReceivedAt = m.ReceivedAt.AddMicroseconds(1) }; // said after he confirmed, and stored in one breath with it
        KnownItem? added = null;
        if (m.Received.Adds is { } code)
            (person, added) = await Additions.FindAsync(connection, writer, code, ct);
        if (m.Recorded is not null)
            (m, person) = await Recordings.CallerAsync(connection, writer, m, ct);
        if (m.Received.Edits is { } original && await EditAsync(connection, writer, m, person, original, facts, ct))
            return;
        if (person is not null && m is { Received.Adds: null, Recorded: null } && await new KeywordAnswers(writer, facts, now).TakeAsync(connection, m with { Keyword = KeywordAnswers.Word(m, person, facts.Book) }, person, ct))
            return;

        var (item, reopen) = m.Received.Adds is not null ? Additions.Place(m, added, now) : person is null ? (null, false) : Joining.Place(m, person, now, i => Joining.Holds(m.Coded.Circle, i.CircleId));
        if (Handling.Unanswered(m, person) is { } same)
            (item, reopen) = (same, false);
        if (item is { CircleId: not 0 } held && await Joining.NamesReaderAsync(connection, m.Text, held.Circles, held.AudienceId, facts, ct))
            (m, item) = (await ApartAsync(m, held.CircleId, held.Sensitivity, null, facts, ct), null);
        // What a circle keeps of him may be erased too: what he says since is an item of its own there, so that he can be answered.
        if (item is null && person?.Items.LastOrDefault(i => i is { Leaves: true, CircleId: not 0 } && (m.Received.Adds is not null || m.Received.Edits is not null || Joining.Lasts(i, now)) && Joining.Holds(m.Coded.Circle, i.CircleId)) is { } kept)
            m = await ApartAsync(m, kept.CircleId, kept.Sensitivity, null, facts, ct);
        var complained = person is not null && !reopen && item is not { IsUnansweredComplaint: true } && Handling.IsAbout(m.Coded.Type, m.Coded.Topics) ? await Handling.EarlierAsync(connection, person.Id, null, openOnly: false, ct) : null;
        var about = person?.Items.FirstOrDefault(i => i.Id == complained?.ItemId && !i.Leaves);
        if (complained is { } c)
            (m, item) = (await ApartAsync(m, c.CircleId, c.Sensitivity, c.HandlerId, facts, ct), null);
        if (item is not null)
        {
            writer.Join(m, person, item, m.Coded, reopen);
            if (person is null) // added, by code, to an item of nobody: a complaint about its handling is for somebody else there too
            {
                if (!reopen && Handling.IsAbout(m.Coded.Type, m.Coded.Topics))
                    writer.Add("select assign_other($1, null::int, $2)", item.Id, item.AudienceId);
                return;
            }
            new Calls(keys, now).Said(writer, m, person, item.Id, item.AudienceId);
            Acknowledge(writer, m, person, item.Id, item.AudienceId, item.Code, first: false, facts, now);
            TellTooLarge(writer, m, person, item.Id, item.AudienceId);
            return;
        }
        // Where it would have gone with other codes: what the person is told must not show that it went elsewhere (S7).
        var usual = about ?? added ?? (person is null ? null : Joining.Place(m, person, now, _ => true).Item);
        MakeItem(writer, m, person, facts, usual, m.Recorded is { Confidential: true } ? Recordings.ConfidentialKind : "message", complained is not null);
        if (complained is { } of)
            writer.Add(m.Coded.Circle.Id == Circle.Open.Id ? "select assign_other($1, $2, $3)" : "update item set handler_before_id = $2 where id = $1 and audience_id = $3", m.Id, of.HandlerId, m.AudienceId);
        if (m.Recorded is not null)
            Recordings.Keep(writer, m, person, facts, now, mayClose: complained is null);
        new Calls(keys, now).Said(writer, m, person, m.Id, m.AudienceId);
        if (person is null)
            return;
        Acknowledge(writer, m, person, m.Id, m.AudienceId, usual?.Code ?? m.ReceiptCode!, first: usual is null, facts, now);
        TellTooLarge(writer, m, person, m.Id, m.AudienceId);
    }

    private static void MakeItem(TriageWriter writer, Prepared m, PersonState? person, TriageFacts facts, KnownItem? linked, string kind, bool complains = false)
    {
        var team = Router.TeamOf(facts.Rules, facts.Codebook, m.Coded.Topics, m.ServicePointId, m.Language, m.Coded.Urgency, m.Coded.Circle.Id, m.Channel);
        writer.NewItem(m, person, m.Coded, team, linked?.Id, kind);
        person?.Items.Add(new KnownItem
        {
            Id = m.Id, Code = linked?.Code ?? m.ReceiptCode!, Status = "new", AudienceId = m.AudienceId, Circles = [m.Coded.Circle.Id], CircleId = m.Coded.Circle.Id, Sensitivity = m.Coded.Sensitivity, Urgency = m.Coded.Urgency,
            Topics = m.Coded.Topics, SuggestedUrgency = m.Coded.Urgency, SuggestedTopics = m.Coded.Topics, LastMessageAt = m.SpokenAt, TeamId = team, SpokenAt = m.SpokenAt, IsUnansweredComplaint = complains,
        });
    }

    // Whatever the codes (S7): it says what the sender knows already, that a file was sent, and nothing of what is in it.
    private static void TellTooLarge(TriageWriter writer, Prepared m, PersonState person, Guid itemId, int audienceId)
    {
        if (m.Received.Media.FirstOrDefault(f => f.Limit is not null)?.Limit is not { } limit || person.OptedOut.Contains(m.AccountId) || writer.IsEnough(person))
            return;
        var said = TextBook.Default.Say(LanguageFor(m, person), "file_too_large", TooLarge.Values(limit));
        writer.Say(m, person, itemId, audienceId, said.Text, said.Language, "word", Outgoing.AckLane);
    }

    // An item of its own, of the circle that keeps the other, without whom it names and without whom it complains of.
    private async Task<Prepared> ApartAsync(Prepared m, short circleId, short sensitivity, int? handler, TriageFacts facts, CancellationToken ct)
    {
        var own = m.Coded.Circle.Id != Circle.Open.Id;
        var circle = own ? m.Coded.Circle : facts.Circles[circleId];
        if (circle.Id == Circle.Open.Id || (own && handler is null))
            return m; // its own circle has been looked through already
        var (alternateOnly, excluded) = Coded.Withheld(circle, m.ServicePointId, m.Text, facts.People);
        if (handler is { } who && facts.People.Any(p => p.CircleId == circle.Id && p.OfficerId == who))
            excluded = [.. excluded.Append(who).Distinct().Order()];
        var coded = own ? m.Coded : m.Coded with { Circle = circle, Sensitivity = Math.Max(sensitivity, m.Coded.Sensitivity), Urgency = Coded.Higher(m.Coded.Urgency, sensitivity == 2 ? "high" : "low") };
        return m with { Coded = coded, AudienceId = await AudienceAsync([circle.Id], m.ServicePointId, alternateOnly, excluded, ct) };
    }

    private static void Acknowledge(TriageWriter writer, Prepared m, PersonState person, Guid itemId, int audienceId, string code, bool first, TriageFacts facts, DateTimeOffset now)
    {
        // Never to who asked for silence, never twice for what the provider answered, and not more than once a day for follow-ups.
        if (person.OptedOut.Contains(m.AccountId) || m.Received.AnsweredByProvider is not null || m.Received.Acknowledged)
            return;
        if (person.LastAck is { } last && now - last < FollowUpAck && !first)
            return;
        if (person.LastAck is { } before && first && now - before < TimeSpan.FromMinutes(1))
            return;
        var notice = person.NoticeAt is null || now - person.NoticeAt > FirstContactAgain;
        var said = TextBook.Default.Say(LanguageFor(m, person), notice ? "ack_first" : "ack_later", facts.Told(ReceiptCode.Read(code)));
        writer.Say(m, person, itemId, audienceId, said.Text, said.Language, "ack", Outgoing.AckLane);
        if (notice)
        {
            writer.Add("update person set notice_at = $2, notice_version = $3 where id = $1", person.Id, now, TextBook.NoticeVersion);
            person.NoticeAt = now;
        }
        person.LastAck = now;
    }

    internal static string LanguageFor(Prepared m, PersonState person) => person.StatedLang ?? (m.Language == "und" ? "en" : m.Language);

    private async Task<bool> EditAsync(NpgsqlConnection connection, TriageWriter writer, Prepared m, PersonState? person, string original, TriageFacts facts, CancellationToken ct)
    {
        await writer.WriteAsync(ct); // the original may be of this very lot
        await using var find = new NpgsqlCommand($"""
            select m.id, m.item_id, i.audience_id, a.circles, i.circle_id, i.sensitivity
            from seen s join message m on m.id = s.message_id join item i on i.id = m.item_id join audience a on a.id = i.audience_id where s.account_id = $1 and s.key = $2 and m.item_id is not null
              and i.anonymised_at is null and not {PersonState.Leaves}
            """, connection) { Parameters = { new() { Value = m.AccountId }, new() { Value = keys.Hash($"seen {m.AccountId}", original) } } };
        await using var reader = await find.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct))
            return false; // its first version never reached us, or is erased: a message like any other
        var (id, item, audience, circles, circle, sensitivity) = (reader.GetGuid(0), reader.GetGuid(1), reader.GetInt32(2), (short[])reader[3], reader.GetInt16(4), reader.GetInt16(5));
        await reader.CloseAsync();
        if (!Joining.Holds(m.Coded.Circle, circle))
            return false; // the new version says more than the old one: an item of its own, restricted
        if (circle != 0 && await Joining.NamesReaderAsync(connection, m.Text, circles, audience, facts, ct))
        {
            MakeItem(writer, await ApartAsync(m, circle, sensitivity, null, facts, ct), person, facts, person?.Items.FirstOrDefault(i => i.Id == item), "message");
            return true;
        }
        writer.Message(m, item, person, audience, circles, "edit", id);
        writer.Event(item, audience, "edited");
        if (person?.Items.FirstOrDefault(i => i.Id == item) is { } known)
            writer.More(m, known, m.Coded, reopen: !known.IsOpen && Joining.Reopens(m));
        return true;
    }

    private async Task<bool> ReachAsync(NpgsqlConnection connection, string accountId, ReachChanged reach, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(reach.Reachable
            ? "with back as (delete from unreachable where account_id = $1 and hash = $2) delete from opt_out where account_id = $1 and hash = $2 and $3 > at"
            : "insert into opt_out (account_id, hash, at) values ($1, $2, $3) on conflict do nothing", connection)
        {
            Parameters = { new() { Value = accountId }, new() { Value = keys.Hash(reach.Address.Space, reach.Address.Value) }, new() { Value = (reach.At ?? now).UtcDateTime } },
        };
        await command.ExecuteNonQueryAsync(ct);
        return true;
    }

    private async Task<int> FailAsync(Leased row, Exception trouble, CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("update inbox set due_at = now() + make_interval(secs => least(600, 5 * 2 ^ attempt)), error = $3, dead = attempt >= $4 where id = $1 and attempt = $2 returning dead");
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = row.Id }, new() { Value = row.Attempt }, new() { Value = trouble is PostgresException p ? $"{p.SqlState} {p.TableName}" : trouble.GetType().Name }, new() { Value = MostAttempts } });
        return await command.ExecuteScalarAsync(ct) is true ? 1 : 0;
    }

    // Made outside the lot's transaction: a new one changes what officers may see, and that must not wait for the lot.
    private async Task<int> AudienceAsync(short[] circles, int? servicePointId, bool alternateOnly, int[] excluded, CancellationToken ct)
    {
        var key = $"{string.Join(',', circles)}/{servicePointId}/{alternateOnly}/{string.Join(',', excluded)}";
        if (_audiences.TryGetValue(key, out var known))
            return known;
        return _audiences[key] = await AudienceIds.FindOrMakeAsync(databases.Worker, circles, servicePointId, alternateOnly, excluded, ct);
    }

    private sealed record Leased(Guid Id, string AccountId, string Kind, byte[]? PersonKey, DateTimeOffset ReceivedAt, string? ReceiptCode, byte[] Sealed, int Attempt);
}

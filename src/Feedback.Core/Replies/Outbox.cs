using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Replies;

/// <summary>A row taken for sending. Without text it was settled at once (held, opted out, unreachable) and nothing is to be sent.</summary>
public sealed record OutboxClaim(Guid Id, int Attempt, Guid? PersonId, ContactAddress? Address, PersonalText? Text, string Language, string Purpose, TemplateUse? Template = null)
{
    public short Lane { get; init; }
}

/// <summary>The queue of what goes out. Each method is one short transaction; the provider's call stands between two of them.</summary>
public sealed class Outbox(Databases databases, KeyRing keys, Deliveries deliveries, ChannelKinds kinds, TimeProvider clock)
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(60), AccountLease = TimeSpan.FromSeconds(20);
    private const int MostTries = 6;

    // Of a long text: the part before it has gone out.
    private const string PartIsNext = "(o.part = 0 or exists (select 1 from outbox p where p.message_id = o.message_id and p.part = o.part - 1 and p.state in ('sent', 'delivered', 'read')))";
    private static readonly TimeSpan HoursKnown = TimeSpan.FromSeconds(5);
    private KnownHours? _hours;

    public async Task<IReadOnlyList<string>> AccountsWithDueAsync(CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand($"""
            select a.id from channel_account a where (a.paused_until is null or a.paused_until <= now()) and (a.broken is null)
              and exists (select 1 from outbox o where o.account_id = a.id and o.state = 'due' and o.due_at <= now() and o.lane <= $1 and {PartIsNext})
            """);
        command.Parameters.Add(new() { Value = await LastLaneAsync(ct) });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var accounts = new List<string>();
        while (await reader.ReadAsync(ct))
            accounts.Add(reader.GetString(0));
        return accounts;
    }

    /// <summary>Takes or keeps the right to send for this account; false while another node has it.</summary>
    public async Task<bool> TakeAccountAsync(string accountId, string node, CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("""
            update channel_account set sender_node = $2, sender_until = now() + $3 where id = $1 and (sender_node is null or sender_node = $2 or sender_until < now()) returning 1
            """);
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = accountId }, new() { Value = node }, new() { Value = AccountLease } });
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    /// <summary>Gives the right back at stop, so that another node need not wait for the lease to end.</summary>
    public async Task ReleaseAsync(string node, CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("update channel_account set sender_node = null, sender_until = null where sender_node = $1");
        command.Parameters.Add(new() { Value = node });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Sendings whose lease ended: whoever had them died on the way. Nobody knows whether they went out.</summary>
    public async Task<IReadOnlyList<(string AccountId, int Count)>> DoubtExpiredAsync(CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("""
            with expired as (update outbox set state = 'in_doubt', lease_until = null, error_code = 'in_doubt' where state = 'sending' and lease_until < now() returning account_id)
            select account_id, count(*)::int from expired group by 1
            """);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<(string, int)>();
        while (await reader.ReadAsync(ct))
            found.Add((reader.GetString(0), reader.GetInt32(1)));
        return found;
    }

    /// <summary>
    /// The next row of the account: lanes first, then age; never two at once to one person, of a long text never a part before the last; surveys and tellings in their hours only. What may not go out is settled here: to who opted out nothing but the
    /// confirmation of it; to an address that the line does not reach nothing; to a number with a restricted item nothing but acknowledgements and what a cleared person sends, in the hours that are safe (S8). Outside the line's
    /// window what is no template becomes the one approved for its purpose, or fails.
    /// </summary>
    public async Task<OutboxClaim?> ClaimAsync(string accountId, string node, Guid[] resting, ChannelTraits traits, CancellationToken ct, short upTo = Outgoing.TellingLane)
    {
        var lastLane = Math.Min(upTo, await LastLaneAsync(ct));
        var space = traits.AddressSpace;
        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var claim = new NpgsqlCommand($"""
            update outbox u set state = 'sending', attempt = u.attempt + 1, attempted_at = now(), lease_until = now() + $3, node = $2
            where u.id = (
                select o.id from outbox o
                where o.account_id = $1 and o.state = 'due' and o.due_at <= now() and o.lane <= $7 and (o.person_id is null or not (o.person_id = any ($4)))
                  and not exists (select 1 from outbox s where s.person_id = o.person_id and s.account_id = o.account_id and s.state = 'sending')
                  and {PartIsNext}
                order by o.lane, o.due_at, o.id limit 1 for update skip locked)
              and exists (select 1 from channel_account a where a.id = $1 and a.sender_node = $2 and a.sender_until > now() and (a.paused_until is null or a.paused_until <= now()) and a.broken is null)
            returning u.id, u.attempt, u.person_id, u.officer_id, u.purpose, u.body, coalesce((select lang from message m where m.id = u.message_id), ''),
                (select a.hash from address a where a.person_id = u.person_id and a.space = $5 limit 1), (select a.sealed from address a where a.person_id = u.person_id and a.space = $5 limit 1),
                (u.released_by is null and (exists (select 1 from person_guard g where g.person_id = u.person_id and g.ever_restricted)
                    or exists (select 1 from item i where i.person_id = u.person_id and i.circle_id = 1))
                    or u.released_by is not null and exists (select 1 from item i where i.person_id = u.person_id and i.circle_id = 1 and i.recorded_at > u.created_at)), -- something was said since
                coalesce((select o.contact from officer o where o.id = u.officer_id), (select c.outside_line from circle c where c.id = u.circle_id)),
                exists (select 1 from opt_out x join address a on a.hash = x.hash where a.person_id = u.person_id and x.account_id = u.account_id),
                u.item_id, u.template_id, u.template_values, case when $6 then (select max(m.at) from message m where m.person_id = u.person_id and m.account_id = u.account_id and m.direction = 'in') end,
                (select x.code from unreachable x join address a using (space, hash) where a.person_id = u.person_id and x.account_id = u.account_id and x.space = $5 limit 1),
                coalesce(u.not_after < now(), false), u.lane
            """, connection)
        {
            Parameters = { new() { Value = accountId }, new() { Value = node }, new() { Value = Lease }, new() { Value = resting }, new() { Value = space }, new() { Value = traits.Window is not null }, new() { Value = lastLane } },
        };
        OutboxClaim taken;
        Guid? itemId;
        (int Id, byte[]? Values)? template;
        DateTimeOffset? heard;
        string? refused = null;
        await using (var reader = await claim.ExecuteReaderAsync(ct))
        {
            if (!await reader.ReadAsync(ct))
                return null;
            var purpose = reader.GetString(4);
            var address = !reader.IsDBNull(8) ? new ContactAddress(space, keys.OpenText((byte[])reader[8], "address"))
                : reader.IsDBNull(10) ? (ContactAddress?)null : OfficerContact.Open(keys, (byte[])reader[10]).Address;
            var guarded = purpose is not ("ack" or "word" or "escalation") && !reader.IsDBNull(9) && reader.GetBoolean(9);
            if (reader.GetBoolean(11) && purpose is not "word")
                refused = SendFailure.PersonOptedOut.Code;
            else if (guarded)
                refused = "held";
            else if (reader.GetBoolean(17))
                refused = SendFailure.OutsideSafeHours.Code;
            else if (address is null && purpose is not Outgoing.Test)
                refused = SendFailure.BadAddress.Code;
            else if (!reader.IsDBNull(16))
                refused = reader.GetString(16);
            var text = refused is null ? new PersonalText(keys.OpenText((byte[])reader[5], "outbox")) : (PersonalText?)null;
            taken = new OutboxClaim(reader.GetGuid(0), reader.GetInt32(1), reader.IsDBNull(2) ? null : reader.GetGuid(2), address, text, reader.GetString(6), purpose) { Lane = reader.GetInt16(18) };
            itemId = reader.IsDBNull(12) ? null : reader.GetGuid(12);
            template = reader.IsDBNull(13) ? null : (reader.GetInt32(13), reader.IsDBNull(14) ? null : (byte[])reader[14]);
            heard = reader.IsDBNull(15) ? null : reader.GetFieldValue<DateTimeOffset>(15);
        }
        if (refused is null && taken.Purpose is Outgoing.Test)
            (taken, refused) = await new TestAddress(connection, keys).FindAsync(taken, clock.GetUtcNow(), ct); // outside a window the provider refuses it: the form says so before
        else if (refused is null && template is { } chosen)
            (taken, refused) = await new TemplateWear(connection, keys).ChosenAsync(taken, chosen.Id, chosen.Values, ct);
        else if (refused is null && traits.Window is { } window && !(heard + window > clock.GetUtcNow() + ReplyTargets.Margin))
            (taken, refused) = await new TemplateWear(connection, keys).ForPurposeAsync(taken, accountId, itemId, ct);
        if (refused is not null)
        {
            await using var settle = new NpgsqlCommand("update outbox set state = $2, error_code = $3, lease_until = null, attempt = attempt - 1 where id = $1", connection)
            {
                Parameters = { new() { Value = taken.Id }, new() { Value = refused == "held" ? "held" : "failed" }, new() { Value = (object?)(refused == "held" ? null : refused) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text } },
            };
            await settle.ExecuteNonQueryAsync(ct);
            if (taken.PersonId is { } person && (refused == "held" || refused == SendFailure.OutsideSafeHours.Code))
            {
                await using var owed = new NpgsqlCommand("select answer_is_owed($1)", connection) { Parameters = { new() { Value = person } } };
                await owed.ExecuteNonQueryAsync(ct);
            }
        }
        await transaction.CommitAsync(ct);
        return taken;
    }

    // Asked for at each claim, so it is remembered for a moment.
    private async Task<short> LastLaneAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (_hours is not { } known || (now - known.At).Duration() > HoursKnown)
        {
            await using var connection = await databases.Worker.OpenConnectionAsync(ct);
            _hours = known = new KnownHours(now, await TellingHours.ReadAsync(connection, ct));
        }
        return known.Hours.LastLane(now);
    }

    private sealed record KnownHours(DateTimeOffset At, TellingHours Hours);

    /// <summary>The provider took it. A status call may have been faster: then the state is kept.</summary>
    public async Task SentAsync(OutboxClaim claim, string accountId, string externalId, string status, CancellationToken ct)
    {
        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        await using var update = new NpgsqlCommand("""
            update outbox set state = case when state in ('sending', 'in_doubt') then 'sent' else state end, provider_status = coalesce(provider_status, $2), provider_key = $3, provider_sealed = $4,
                error_code = case when state in ('sending', 'in_doubt') then null else error_code end, lease_until = null, sent_at = coalesce(sent_at, $5)
            where id = $1 returning state
            """, connection)
        {
            Parameters = { new() { Value = claim.Id }, new() { Value = status }, new() { Value = deliveries.ProviderKey(accountId, externalId) }, new() { Value = keys.Seal(externalId, "provider id") }, new() { Value = clock.GetUtcNow().UtcDateTime } },
        };
        // By itself: what the provider took must not be in doubt because its item is busy. If we die here, or lose to whoever is, the item is closed by the day's look at what was sent.
        if (await update.ExecuteScalarAsync(ct) is not string state)
            return;
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(ct);
            await deliveries.CloseLoopAsync(connection, claim.Id, state, kinds, ct);
            await transaction.CommitAsync(ct);
        }
        catch (PostgresException crossed) when (crossed.SqlState == PostgresErrorCodes.DeadlockDetected)
        {
            // whoever has the item goes first
        }
    }

    public async Task FailedAsync(OutboxClaim claim, string accountId, SendFailure failure, string code, TimeSpan? pause, CancellationToken ct)
    {
        var (state, wait, keepsTry) = failure.Retry switch
        {
            RetryRule.Never => ("failed", TimeSpan.Zero, false),
            RetryRule.BackOff when claim.Attempt >= MostTries => ("failed", TimeSpan.Zero, false),
            RetryRule.BackOff => ("due", TimeSpan.FromSeconds(Math.Min(900, 5 * Math.Pow(2, claim.Attempt))), false),
            RetryRule.AfterPause => ("due", pause ?? TimeSpan.FromSeconds(5), true),
            RetryRule.WhenMended when claim.Purpose is Outgoing.Test => ("failed", TimeSpan.Zero, false),
            RetryRule.WhenMended => ("due", TimeSpan.FromMinutes(1), true),
            RetryRule.InDoubt => ("in_doubt", TimeSpan.Zero, false),
        };
        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var update = new NpgsqlCommand("""
            update outbox set state = $3, due_at = $4, error_code = $5, provider_status = $6, lease_until = null, attempt = attempt - $7 where id = $1 and attempt = $2 and state = 'sending'
            """, connection)
        {
            Parameters =
            {
                new() { Value = claim.Id }, new() { Value = claim.Attempt }, new() { Value = state }, new() { Value = (clock.GetUtcNow() + wait).UtcDateTime }, new() { Value = failure.Code }, new() { Value = code }, new() { Value = keepsTry ? 1 : 0 },
            },
        })
            await update.ExecuteNonQueryAsync(ct);
        if (pause is { } p)
        {
            await using var account = new NpgsqlCommand("update channel_account set paused_until = greatest(paused_until, $2) where id = $1", connection) { Parameters = { new() { Value = accountId }, new() { Value = (clock.GetUtcNow() + p).UtcDateTime } } };
            await account.ExecuteNonQueryAsync(ct);
        }
        if (failure.BreaksAccount && claim.Purpose is not Outgoing.Test) // a line that breaks by a test would tell that its number is free
        {
            await using var account = new NpgsqlCommand("update channel_account set broken = $2 where id = $1", connection) { Parameters = { new() { Value = accountId }, new() { Value = code } } };
            await account.ExecuteNonQueryAsync(ct);
        }
        if (failure.Unreachable && claim is { PersonId: not null, Address: { } gone })
        {
            await using var unreachable = new NpgsqlCommand("""
                insert into unreachable (account_id, space, hash, code, at) select $1, space, hash, $4, $5 from address where space = $2 and hash = $3
                on conflict (account_id, space, hash) do update set code = excluded.code, at = excluded.at
                """, connection)
            {
                Parameters = { new() { Value = accountId }, new() { Value = gone.Space }, new() { Value = keys.Hash(gone.Space, gone.Value) }, new() { Value = failure.Code }, new() { Value = clock.GetUtcNow().UtcDateTime } },
            };
            await unreachable.ExecuteNonQueryAsync(ct);
        }
        if (failure.OptedOut && claim.Address is { } address)
        {
            await using var optOut = new NpgsqlCommand("insert into opt_out (account_id, hash, at) values ($1, $2, $3) on conflict do nothing", connection)
            {
                Parameters = { new() { Value = accountId }, new() { Value = keys.Hash(address.Space, address.Value) }, new() { Value = clock.GetUtcNow().UtcDateTime } },
            };
            await optOut.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
    }
}

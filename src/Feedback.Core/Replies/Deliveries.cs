using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Replies;

/// <summary>
/// What becomes of a sending by the provider's word. States only move forward; every word is kept once; a later word without a reason does not wipe an earlier
/// reason out; a carrier's trouble brings one more try; who opted out, or cannot be reached, is remembered; and the loop closes when the closing message has reached the person.
/// </summary>
public sealed class Deliveries(KeyRing keys, ChannelKinds kinds, TimeProvider clock)
{
    private const int MostTries = 3;

    private static int Rank(string state) => state switch
    {
        "held" => 0,
        "due" => 1,
        "sending" or "in_doubt" => 2,
        "sent" => 3,
        "delivered" => 4,
        "failed" or "cancelled" => 4,
        "read" => 5,
        _ => throw new ArgumentException(state, nameof(state)),
    };

    /// <summary>False: no sending is known by this id yet.</summary>
    public async Task<bool> ApplyAsync(NpgsqlConnection connection, string accountId, DeliveryReported report, DateTimeOffset receivedAt, CancellationToken ct)
    {
        report = report with { Status = StoredText.Clean(report.Status), ErrorCode = report.ErrorCode is { } code ? StoredText.Clean(code) : null };
        await using var find = new NpgsqlCommand("""
            select id, state, item_id, person_id, purpose, attempt, lane from outbox
            where account_id = $2 and (id = $1 or provider_key = $3) order by id = $1 desc nulls last limit 1 for update
            """, connection)
        {
            Parameters =
            {
                new() { Value = (object?)report.OutboxId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid }, new() { Value = accountId },
                new() { Value = report.ProviderId is { } p ? ProviderKey(accountId, p) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea },
            },
        };
        Guid id;
        string state, purpose;
        Guid? itemId, personId;
        int attempt;
        await using (var reader = await find.ExecuteReaderAsync(ct))
        {
            if (!await reader.ReadAsync(ct))
                return false;
            (id, state, itemId, personId, purpose, attempt) = (reader.GetGuid(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetGuid(2), reader.IsDBNull(3) ? null : reader.GetGuid(3), reader.GetString(4), reader.GetInt32(5));
        }
        await KeepAsync(connection, id, report, receivedAt, ct);
        var next = report.State switch
        {
            DeliveryState.Unknown or DeliveryState.Sending or DeliveryState.Queued => "sent", // the provider has it
            DeliveryState.Sent => "sent",
            DeliveryState.Delivered => "delivered",
            DeliveryState.Read => "read",
            DeliveryState.Failed => "failed",
        };
        if (report.State == DeliveryState.Unknown || Rank(next) <= Rank(state))
            return true;
        await using var move = new NpgsqlCommand("""
            update outbox set state = $2, provider_status = $3, error_code = case when $2 in ('sent', 'delivered', 'read') then null else coalesce($4, error_code) end, provider_key = coalesce(provider_key, $5), provider_sealed = coalesce(provider_sealed, $6),
                sent_at = case when $2 in ('sent', 'delivered', 'read') then coalesce(sent_at, $7) else sent_at end,
                delivered_at = case when $2 in ('delivered', 'read') then coalesce(delivered_at, $7) else delivered_at end,
                body = case when $2 in ('delivered', 'read') then '' else body end, lease_until = null
            where id = $1
            """, connection)
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = next }, new() { Value = report.Status }, Text(next == "failed" ? report.Failure : null),
                new() { Value = report.ProviderId is { } sid ? ProviderKey(accountId, sid) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea },
                new() { Value = report.ProviderId is { } s ? keys.Seal(s, "provider id") : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea }, new() { Value = receivedAt.UtcDateTime },
            },
        };
        await move.ExecuteNonQueryAsync(ct);
        if (next == "failed")
            await ConsequencesAsync(connection, id, accountId, personId, SendFailure.Of(report.Failure), attempt, ct);
        else
            await CloseLoopAsync(connection, id, next, kinds, ct);
        return true;
    }

    /// <summary>The item whose closing message this is closes: the person has been told. By SMS "sent" is as far as many routes ever report, so a day of it counts (see the clocks).</summary>
    public async Task CloseLoopAsync(NpgsqlConnection connection, Guid outboxId, string state, ChannelKinds known, CancellationToken ct)
    {
        await using var kind = new NpgsqlCommand("select a.kind from outbox o join channel_account a on a.id = o.account_id join item i on i.closing_outbox_id = o.id where o.id = $1", connection) { Parameters = { new() { Value = outboxId } } };
        if (await kind.ExecuteScalarAsync(ct) is not string name)
            return;
        var furthest = known.Find(name)?.Traits.FurthestState ?? "delivered";
        if (state is "sent" && furthest is not "sent")
            return;
        await CloseAsync(connection, outboxId, ct);
    }

    /// <summary>The closing message is taken as having reached the person.</summary>
    public async Task CloseAsync(NpgsqlConnection connection, Guid outboxId, CancellationToken ct)
    {
        await Sql.RunAsync(connection, "select 1 from item where closing_outbox_id = $1 for no key update", ct, outboxId); // whoever says thanks at this moment goes first, and his clock is read
        await using var close = new NpgsqlCommand("""
            with closed as (
                update item set status = 'closed', loop_closed_at = $2, loop_method = coalesce(loop_method, 'follow_up_message'),
                    next_due_at = case when unread_at is not null then (select c.due_at from clock c where c.item_id = item.id and c.step = 'seen' and c.met_at is null) end
                where closing_outbox_id = $1 and status = 'resolved' returning id, audience_id, person_id, circle_id, minor, speaks_for, type, unread_at
            ), clocks as (
                update clock set met_at = $2 from closed c where item_id = c.id and met_at is null and not (step = 'seen' and c.unread_at is not null)
            ), told as (
                insert into item_event (item_id, audience_id, at, what, detail) select id, audience_id, $2, 'loop_closed', '{"method":"follow_up_message"}' from closed
            )
            insert into survey (item_id, person_id, audience_id, due_at)
            select c.id, c.person_id, c.audience_id, $2 + make_interval(mins => coalesce((select value::int from deployment where name = 'survey_after_minutes'), 1440))
            from closed c left join person_guard g on g.person_id = c.person_id
            where c.person_id is not null and c.circle_id = 0 and not c.minor and c.speaks_for = 'self' and not coalesce(g.ever_restricted, false)
            on conflict (item_id) do nothing
            """, connection) { Parameters = { new() { Value = outboxId }, new() { Value = clock.GetUtcNow().UtcDateTime } } };
        await close.ExecuteNonQueryAsync(ct);
    }

    public byte[] ProviderKey(string accountId, string providerId) => keys.Hash($"provider {accountId}", providerId);

    private async Task ConsequencesAsync(NpgsqlConnection connection, Guid id, string accountId, Guid? personId, SendFailure? failure, int attempt, CancellationToken ct)
    {
        if (failure is { OptedOut: true } && personId is { } person)
        {
            await using var optOut = new NpgsqlCommand("insert into opt_out (account_id, hash, at) select $1, a.hash, $3 from address a where a.person_id = $2 on conflict do nothing", connection)
            {
                Parameters = { new() { Value = accountId }, new() { Value = person }, new() { Value = clock.GetUtcNow().UtcDateTime } },
            };
            await optOut.ExecuteNonQueryAsync(ct);
        }
        if (failure is { Unreachable: true })
        {
            // Unless he has written since: a late word on an earlier message says nothing of now.
            await using var unreachable = new NpgsqlCommand("""
                insert into unreachable (account_id, space, hash, code, at)
                select o.account_id, a.space, a.hash, $2, $3 from outbox o join person p on p.id = o.person_id join address a on a.person_id = p.id
                where o.id = $1 and p.last_heard_at <= coalesce(o.sent_at, o.created_at)
                on conflict (account_id, space, hash) do update set code = excluded.code, at = excluded.at
                """, connection) { Parameters = { new() { Value = id }, new() { Value = failure.Code }, new() { Value = clock.GetUtcNow().UtcDateTime } } };
            await unreachable.ExecuteNonQueryAsync(ct);
        }
        if (failure?.Retry != RetryRule.BackOff || attempt >= MostTries)
            return;
        // Another sending, with its own id: the failed one stays as it is.
        var again = Guid.CreateVersion7(clock.GetUtcNow());
        await using var retry = new NpgsqlCommand("""
            insert into outbox (id, message_id, item_id, audience_id, person_id, officer_id, circle_id, account_id, lane, purpose, body, segments, unicode, lang, state, due_at, attempt, created_at, template_id, template_values, released_by, not_after, part)
            select $2, message_id, item_id, audience_id, person_id, officer_id, circle_id, account_id, lane, purpose, body, segments, unicode, lang, 'due', $3, attempt, $4, template_id, template_values, released_by, not_after, part from outbox where id = $1 and length(body) > 0 and purpose <> 'test' -- a test has shown what it should
            """, connection)
        {
            Parameters = { new() { Value = id }, new() { Value = again }, new() { Value = clock.GetUtcNow().AddMinutes(10 * attempt).UtcDateTime }, new() { Value = clock.GetUtcNow().UtcDateTime } },
        };
        await retry.ExecuteNonQueryAsync(ct);
        await using var closing = new NpgsqlCommand("update item set closing_outbox_id = $2 where closing_outbox_id = $1", connection) { Parameters = { new() { Value = id }, new() { Value = again } } };
        await closing.ExecuteNonQueryAsync(ct);
    }

    private static async Task KeepAsync(NpgsqlConnection connection, Guid id, DeliveryReported report, DateTimeOffset receivedAt, CancellationToken ct)
    {
        await using var keep = new NpgsqlCommand("insert into delivery_event (outbox_id, received_at, status, error_code) values ($1, $2, $3, $4)", connection)
        {
            Parameters = { new() { Value = id }, new() { Value = receivedAt.UtcDateTime }, new() { Value = report.Status }, new() { Value = report.ErrorCode ?? "" } },
        };
        await keep.ExecuteNonQueryAsync(ct);
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}

using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.People;

/// <summary>Counts of what was destroyed: the proof that is kept.</summary>
public readonly record struct Purged(int Addresses, int RawCalls, int Anonymised, int Erased, int Files = 0);

/// <summary>
/// Destroys what is no longer owed (S14) and what people asked to have erased (S15). An address and its hash live while an item is open, a survey unanswered, a telling
/// promised, or a hold set; then 30 days. The number of a test lives a day at most. Raw calls live 7 days after triage, files 90 days, texts 24 months. The coded record stays.
/// </summary>
public sealed class Retention(Databases databases, TimeProvider clock)
{
    private static readonly TimeSpan AfterLastOwed = TimeSpan.FromDays(30), Raw = TimeSpan.FromDays(7), SurveyWait = TimeSpan.FromDays(14), Telling = TimeSpan.FromDays(90), Texts = TimeSpan.FromDays(730), Files = TimeSpan.FromDays(90), Tests = TimeSpan.FromDays(1), Backups = TimeSpan.FromDays(35);

    public async Task<Purged> RunAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await RecheckAsync(connection, ct);
        var erased = await EraseAsync(connection, now, ct);
        await StoppedAsync(connection, now, ct);
        var addresses = await CountAsync(connection, """
            with gone as (
                delete from address a using person p where p.id = a.person_id and p.last_heard_at < $1
                  and not exists (select 1 from item i where i.person_id = p.id and (i.status <> 'closed' or greatest(i.loop_closed_at, i.resolved_at, i.last_message_at) >= $1))
                  and not exists (select 1 from survey s where s.person_id = p.id and s.answered_at is null and (s.asked_at is null or s.asked_at >= $2))
                  and not exists (select 1 from consent c where c.person_id = p.id and c.kind = 'tell_of_changes' and c.answer = 'yes' and c.at >= $3
                                  and not exists (select 1 from consent l where l.person_id = p.id and l.kind = c.kind and l.item_id is not distinct from c.item_id and l.at > c.at and l.answer = 'no'))
                  and not exists (select 1 from hold h where h.person_id = p.id)
                  and not exists (select 1 from outbox o where o.person_id = p.id and (o.state in ('due', 'sending', 'in_doubt') or (o.state = 'held' and o.created_at >= $1)))
                  and not exists (select 1 from inbox n where n.person_key = a.hash)
                returning a.person_id
            ), ids as (update outbox set provider_key = null, provider_sealed = null, body = '', state = case when state = 'held' then 'cancelled' else state end where person_id in (select person_id from gone)),
                 ways as (delete from safe_contact where person_id in (select person_id from gone))
            select count(*)::int from gone
            """, ct, now - AfterLastOwed, now - SurveyWait, now - Telling);
        addresses += await TestsAsync(connection, now, ct);
        var raw = await CountAsync(connection, """
            with gone as (delete from raw_call r where r.received_at < $1 and not exists (select 1 from inbox i where i.id = r.id) returning 1) select count(*)::int from gone
            """, ct, now - Raw);
        var anonymised = await CountAsync(connection, """
            with old as (update item set anonymised_at = now(), referred_to = null where anonymised_at is null and status = 'closed' and recorded_at < $1 returning id),
                 texts as (update message set text = null, sealed = null, person_id = null where item_id in (select id from old)),
                 reasons as (update code_change set reason = null where reason is not null and item_id in (select id from old)),
                 ways as (delete from safe_contact where item_id in (select id from old)),
                 speakers as (delete from speaker where item_id in (select id from old)),
                 search as (delete from open_search where item_id in (select id from old))
            select count(*)::int from old
            """, ct, now - Texts);
        // Photos and sound live 90 days, unless somebody holds what belongs to the person; the row stays and says that there was one.
        var files = await CountAsync(connection, """
            with old as (
                update media m set state = 'deleted', reference = null, sha256 = null, key_sealed = null, key_circles = null, place = null, error = null where m.state <> 'deleted' and m.created_at < $1
                  and not exists (select 1 from item i join hold h on h.person_id = i.person_id where i.id = m.item_id) returning m.id
            ), gone as (delete from media_chunk where media_id in (select id from old))
            select count(*)::int from old
            """, ct, now - Files);
        await CountAsync(connection, "with gone as (delete from done where at < $1 returning 1) select count(*)::int from gone", ct, now.AddDays(-30));
        await CountAsync(connection, "with gone as (delete from receipt r where created_at < $1 and not exists (select 1 from item i where i.receipt_code = r.code and i.status <> 'closed') returning 1) select count(*)::int from gone", ct, now.AddDays(-90));
        // By then every backup that a restore could erase again is gone: whom it was is forgotten (S14). A wish that nobody confirmed ends.
        await CountAsync(connection, "with gone as (update erasure set hash = null, space = null where done_at < $1 and hash is not null returning 1) select count(*)::int from gone", ct, now - Backups);
        await CountAsync(connection, "with gone as (delete from erasure where state = 'asked' and asked_at < $1 returning 1) select count(*)::int from gone", ct, now - Backups);
        await CountAsync(connection, "with gone as (delete from phone_call where began_at < $1 returning 1) select count(*)::int from gone", ct, now.AddDays(-90));
        await CountAsync(connection, "with gone as (delete from provider_copy where gave_up_at < $1 returning 1) select count(*)::int from gone", ct, now.AddDays(-90));
        await CountAsync(connection, "with gone as (delete from sign_in_try where since < $1 returning 1) select count(*)::int from gone", ct, now.AddDays(-1));
        await CountAsync(connection, "with gone as (delete from session where started_at < $1 returning 1) select count(*)::int from gone", ct, now.AddDays(-1));
        await CountAsync(connection, "with gone as (delete from receipt_try where until < $1 returning 1) select count(*)::int from gone", ct, now);
        await CountAsync(connection, "select 1 from make_partitions($1::date, 3)", ct, now);
        if (addresses + raw + anonymised + erased + files > 0)
        {
            await using var proof = new NpgsqlCommand("insert into audit (act, detail) values ('Retention', jsonb_build_object('addresses', $1::int, 'raw_calls', $2::int, 'anonymised', $3::int, 'erased', $4::int, 'files', $5::int))", connection)
            {
                Parameters = { new() { Value = addresses }, new() { Value = raw }, new() { Value = anonymised }, new() { Value = erased }, new() { Value = files } },
            };
            await proof.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
        return new Purged(addresses, raw, anonymised, erased, files);
    }

    // A test's number lives until its state is the last one, a day at most; one that could not go out in its time never does.
    private static async Task<int> TestsAsync(NpgsqlConnection connection, DateTime now, CancellationToken ct)
    {
        await CountAsync(connection, """
            with over as (update outbox o set state = 'failed', error_code = case o.state when 'in_doubt' then 'in_doubt' else 'test_late' end from line_test t
                          where t.outbox_id = o.id and ((o.state in ('due', 'held') and t.at < $1) or (o.state = 'in_doubt' and t.at < $2)) returning 1)
            select count(*)::int from over
            """, ct, now - LineTestRow.GoesOutWithin, now - Tests);
        var gone = await CountAsync(connection, """
            with gone as (update line_test t set hash = null, sealed = null from outbox o
                          where o.id = t.outbox_id and t.sealed is not null and (o.state in ('delivered', 'read', 'failed', 'cancelled') or (t.at < $1 and o.state <> 'sending')) returning o.id),
                 ids as (update outbox set provider_key = null, provider_sealed = null, body = '' where id in (select id from gone))
            select count(*)::int from gone
            """, ct, now - Tests);
        await CountAsync(connection, "with gone as (delete from line_test where at < $1 and sealed is null returning 1) select count(*)::int from gone", ct, now - Files);
        return gone;
    }

    // Something restricted may have come since the person confirmed: then the focal point decides (S15). Locked as triage does, so that nothing comes in between; what came before shows now.
    private static async Task RecheckAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using (var wait = new NpgsqlCommand("""
            select 1 from address a join person p on p.id = a.person_id where exists (
                select 1 from erasure e where e.person_id = p.id and (e.state = 'confirmed' or e.state = 'focal_point' and e.decided_by is null
                    and not exists (select 1 from person_guard g where g.person_id = p.id and g.ever_restricted) and not exists (select 1 from item i where i.person_id = p.id and i.circle_id <> 0)))
            order by a.hash for update of p for update of a
            """, connection))
            await wait.ExecuteNonQueryAsync(ct);
        // What waited for a check, and was passed as open, is no focal point's to decide any more.
        await CountAsync(connection, """
            with back as (update erasure e set state = 'confirmed' where e.state = 'focal_point' and e.decided_by is null
                and not exists (select 1 from person_guard g where g.person_id = e.person_id and g.ever_restricted) and not exists (select 1 from item i where i.person_id = e.person_id and i.circle_id <> 0) returning 1)
            select count(*)::int from back
            """, ct);
        await using var leave = new NpgsqlCommand("""
            update erasure e set state = 'focal_point' where e.state = 'confirmed' and e.decided_by is null and e.reason is distinct from 'restore'
              and (exists (select 1 from person_guard g where g.person_id = e.person_id and g.ever_restricted) or exists (select 1 from item i where i.person_id = e.person_id and i.circle_id <> 0))
            """, connection);
        await leave.ExecuteNonQueryAsync(ct);
    }

    // What was confirmed and is not with a focal point: text, sendings, search, raw calls, receipts and addresses; what providers hold is deleted after it. Who opted out stays known by hash only.
    // It reaches what was recorded until he confirmed it. Who has said something since keeps his row and his address for that alone: what is left of the earlier goes to a token that leads to nobody.
    private static async Task<int> EraseAsync(NpgsqlConnection connection, DateTime now, CancellationToken ct) => await CountAsync(connection, """
        with due as materialized (select person_id, max(coalesce(confirmed_at, 'infinity')) as until, gen_random_uuid() as token from erasure where state = 'confirmed' group by person_id),
             later as materialized (select i.id, i.person_id from item i join due d on d.person_id = i.person_id where i.recorded_at > d.until),
             stays as materialized (select d.* from due d where d.person_id in (select person_id from later)),
             earlier as materialized (select i.id, s.token from item i join stays s on s.person_id = i.person_id where i.recorded_at <= s.until),
             asked as (update erasure e set state = 'done', done_at = $1, person_id = coalesce((select s.token from stays s where s.person_id = e.person_id), e.person_id) where state = 'confirmed' returning 1),
             mine as materialized (select i.id from item i join due d on d.person_id = i.person_id where i.circle_id = 0 and i.recorded_at <= d.until),
             said as materialized (select m.id, m.item_id from message m join due d on d.person_id = m.person_id where m.item_id is null or m.item_id not in (select id from later)),
             lines as (select distinct x.person_id, x.account_id from due d cross join lateral (
                           select i.person_id, i.account_id from item i where i.person_id = d.person_id
                           union select m.person_id, m.account_id from message m where m.person_id = d.person_id
                           union select o.person_id, o.account_id from outbox o where o.person_id = d.person_id) x where x.account_id is not null),
             talks as (insert into provider_copy (account_id, person_id, space, address, due_at, asked_at, until, kept_id)
                       select l.account_id, l.person_id, d.space, d.sealed, $2, $1, s.until, s.token from lines l join address d on d.person_id = l.person_id left join stays s on s.person_id = l.person_id),
             young as (insert into provider_copy (account_id, person_id, provider_id, due_at, asked_at)
                       select o.account_id, o.person_id, o.provider_sealed, $1, $1 from outbox o join due d on d.person_id = o.person_id
                       where o.provider_sealed is not null and o.sent_at > $3 and (o.item_id is null or o.item_id not in (select id from later))),
             raws as (delete from raw_call where id in (select id from said)),
             codes as (delete from receipt where message_id in (select id from said)),
             search as (delete from open_search where item_id in (select id from mine)),
             files as (delete from media where item_id in (select id from mine) or message_id in (select id from said where item_id is null)),
             texts as (update message set text = null, sealed = null, person_id = null where item_id in (select id from mine) or (item_id is null and person_id in (select person_id from due))),
             sendings as (update outbox o set body = '', provider_sealed = null, state = case when state in ('due', 'held') and purpose <> 'word' then 'cancelled' else state end,
                              person_id = coalesce((select e.token from earlier e where e.id = o.item_id), person_id)
                          where person_id in (select person_id from due) and (state not in ('due', 'sending') or purpose <> 'word') and (item_id is null or item_id not in (select id from later))),
             reasons as (update code_change set reason = null where reason is not null and item_id in (select id from mine)),
             ways as (delete from safe_contact where person_id in (select person_id from due) and item_id not in (select id from later)),
             speakers as (delete from speaker where item_id in (select id from mine)),
             items as (update item set person_id = null, anonymised_at = $1, referred_to = null, unread_at = null, next_due_at = null, status = case when status = 'closed' then status else 'closed' end, loop_impossible = coalesce(loop_impossible, case when status <> 'closed' then 'withdrawn' end)
                       where id in (select id from mine)),
             events as (insert into item_event (item_id, audience_id, at, what) select id, 1, $1, 'erased' from mine),
             nobody as (insert into person (id, created_at, last_heard_at) select s.token, p.created_at, p.last_heard_at from stays s join person p on p.id = s.person_id),
             reports as (update item i set person_id = e.token from earlier e where i.id = e.id and i.circle_id <> 0),
             told as (update message m set person_id = e.token from earlier e where m.item_id = e.id and m.item_id not in (select id from mine) and m.person_id is not null),
             questions as (delete from survey where item_id in (select id from mine) and answered_at is null),
             answers as (update survey s set person_id = e.token from earlier e where s.item_id = e.id and (s.answered_at is not null or e.id not in (select id from mine))),
             consents as (update consent c set person_id = s.token from stays s where c.person_id = s.person_id and c.at <= s.until and (c.item_id is null or c.item_id not in (select id from later))),
             holds as (update hold h set person_id = s.token from stays s where h.person_id = s.person_id),
             calls as (update phone_call c set person_id = e.token from earlier e where c.item_id = e.id and c.person_id is not null),
             links as (update item set linked_item_id = null where id in (select id from later) and linked_item_id in (select id from earlier)),
             places as (delete from address where person_id in (select person_id from due) and person_id not in (select person_id from stays)
                        and not exists (select 1 from outbox o where o.person_id = address.person_id and o.purpose = 'word' and o.state in ('due', 'sending')))
        select count(*)::int from asked
        """, ct, now, now + ProviderCopies.First, now - ProviderCopies.Young);

    // The rest of a text whose beginning failed waits for whoever sends that again; after a month nobody does, and it must not keep the address.
    private static async Task StoppedAsync(NpgsqlConnection connection, DateTime now, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            update outbox o set state = 'cancelled', body = '' where o.state = 'due' and o.part > 0 and o.created_at < $1
              and not exists (select 1 from outbox p where p.message_id = o.message_id and p.part = o.part - 1 and (p.state in ('due', 'sending', 'in_doubt', 'sent', 'delivered', 'read') or (p.state = 'held' and p.created_at >= $1)))
            """, connection) { Parameters = { new() { Value = now - AfterLastOwed } } };
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task<int> CountAsync(NpgsqlConnection connection, string sql, CancellationToken ct, params DateTime[] times)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        foreach (var time in times)
            command.Parameters.Add(new() { Value = time });
        return await command.ExecuteScalarAsync(ct) is int count ? count : 0;
    }
}

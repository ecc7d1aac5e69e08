-- Lines: when one was first opened, who confirmed its risk note, what its provider said when it was asked, what it costs; messages that test one.
alter table channel_account
    add column opened_at      timestamptz,             -- null: was never open
    add column risk_noted_at  timestamptz,
    add column risk_noted_by  int references officer,
    add column checked_at     timestamptz,
    add column check_found    jsonb,                   -- what is wrong, codes and addresses of ours; null: no answer came
    add column price_outbound numeric(12, 5),          -- a segment, or a message where the kind counts none
    add column price_inbound  numeric(12, 5),
    add column price_minute   numeric(12, 5),
    add column price_month    numeric(12, 2),
    add column price_currency text check (price_currency ~ '^[A-Z]{3}$');
update channel_account set opened_at = now() where enabled or risk_note is not null or last_received_at is not null;

alter table outbox add column lang text, add column unicode boolean; -- what it was written in; null: of before this was kept
alter table outbox drop constraint outbox_purpose_check;
alter table outbox add constraint outbox_purpose_check check (purpose in ('reply', 'ack', 'survey', 'word', 'escalation', 'reminder', 'notice', 'test')) not valid; -- nobody waits while all rows are read: 0025 does that

create table line_test (                               -- where a test message goes: an address like any other, destroyed when the test is over
    outbox_id  uuid primary key references outbox on delete cascade,
    account_id text not null,
    officer_id int not null references officer,
    at         timestamptz not null,
    space      text not null,
    hash       bytea,
    sealed     bytea,                                  -- null: destroyed
    shown_from timestamptz                             -- the line has taken it, and from then on says so; null: not yet
);
create index line_test_account on line_test (account_id, at desc);
create index line_test_officer on line_test (officer_id, at);
grant select, insert, update, delete on line_test to cea_worker;

-- Queues a test message of who asks. Null: done; else why not. Works as the worker: an administrator sees no outbox. Ten in an hour: enough to try, too few to search; his row is
-- locked, so that of two at once the second counts the first.
create function queue_line_test(p_id uuid, p_account text, p_body bytea, p_segments smallint, p_unicode boolean, p_lang text, p_space text, p_hash bytea, p_sealed bytea) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform 1 from officer where id = me() and active and 'administrator' = any (roles) for no key update;
    if not found then return 'not_allowed'; end if;
    if (select count(*) from line_test where officer_id = me() and at > now() - interval '1 hour') >= 10 then return 'too_many_tests'; end if;
    insert into outbox (id, audience_id, account_id, lane, purpose, body, segments, unicode, lang, state, due_at, created_at) values (p_id, 1, p_account, 0, 'test', p_body, p_segments, p_unicode, p_lang, 'due', now(), now());
    insert into line_test (outbox_id, account_id, officer_id, at, space, hash, sealed) values (p_id, p_account, me(), now(), p_space, p_hash, p_sealed);
    return null;
end $$;

-- The last three tests of each line. Nothing of it comes from the outbox: a number that gets nothing (S8, or asked for nothing) must look like one that got it (S2).
create function line_tests(p_now timestamptz) returns table (account_id text, id uuid, officer text, at timestamptz, state text, code text) language sql stable security definer set search_path = public, pg_temp as $$
    select t.account_id, t.outbox_id, f.display_name, t.at, s.state, case s.state when 'failed' then 'test_late' else '' end
    from channel_account a cross join lateral (select * from line_test l where l.account_id = a.id order by l.at desc limit 3) t join officer f on f.id = t.officer_id
    cross join lateral (select case when t.shown_from <= p_now then 'sent' when t.shown_from is null and t.at < p_now - interval '1 hour' then 'failed' else 'due' end) s (state)
    order by t.at desc
$$;

-- How each line does. Of open items only: what circles hold is in no count that others see (S2). Tests are in none either: what became of one would tell of its number.
create function line_facts(p_now timestamptz) returns table (account_id text, sent_at timestamptz, delivered_at timestamptz, sent_minute bigint, sent_hour bigint, sent_week bigint, waiting bigint, waiting_since timestamptz, in_doubt bigint)
language sql stable security definer set search_path = public, pg_temp as $$
    select a.id, (select o.sent_at from outbox o where o.account_id = a.id and o.audience_id = 1 and o.purpose <> 'test' and o.sent_at is not null order by o.sent_at desc limit 1),
        w.delivered, coalesce(w.minute, 0), coalesce(w.hour, 0), coalesce(w.week, 0), coalesce(q.n, 0), q.since,
        (select count(*) from outbox o where o.account_id = a.id and o.state = 'in_doubt' and o.audience_id = 1 and o.purpose <> 'test')
    from channel_account a
    cross join lateral (select max(o.delivered_at) as delivered, count(*) as week, count(*) filter (where o.sent_at > p_now - interval '1 hour') as hour, count(*) filter (where o.sent_at > p_now - interval '1 minute') as minute
                        from outbox o where o.account_id = a.id and o.audience_id = 1 and o.purpose <> 'test' and o.sent_at > p_now - interval '7 days') w
    cross join lateral (select count(*) as n, min(o.due_at) filter (where o.due_at <= p_now) as since from outbox o where o.account_id = a.id and o.audience_id = 1 and o.purpose <> 'test' and o.state = 'due') q
$$;

-- As before, without tests.
create or replace function account_failures() returns table (account_id text, state text, code text, count bigint) language sql stable security definer set search_path = public, pg_temp as $$
    select o.account_id, o.state, coalesce(o.error_code, ''), count(*) from outbox o
    where o.state in ('failed', 'in_doubt') and o.audience_id = 1 and o.purpose <> 'test' and o.created_at > now() - interval '7 days' group by 1, 2, 3 order by 4 desc
$$;

-- What went over each line since then, by language and script; of open items only, and without tests. Calls in whole minutes, as they are billed.
create function line_volumes(p_since timestamptz) returns table (account_id text, way text, lang text, unicode boolean, messages bigint, segments bigint) language sql stable security definer set search_path = public, pg_temp as $$
    select o.account_id, 'out', coalesce(o.lang, m.lang, ''), coalesce(o.unicode, false), count(*), sum(o.segments)::bigint
    from outbox o left join message m on m.id = o.message_id where o.sent_at > p_since and o.audience_id = 1 and o.purpose <> 'test' group by 1, 3, 4
    union all
    select m.account_id, 'in', '', false, count(*), count(*) from message m where m.direction = 'in' and m.recorded_at > p_since and m.audience_id = 1 and m.account_id is not null group by 1
    union all
    select c.account_id, 'call', '', false, count(*), sum(ceil(extract(epoch from greatest(c.ended_at - c.began_at, interval '1 second')) / 60))::bigint
    from phone_call c left join item i on i.id = c.item_id where c.began_at > p_since and c.ended_at is not null and (c.item_id is null or i.audience_id = 1) group by 1
$$;

do $$ declare f record; begin
    for f in select p.oid::regprocedure as name from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname in ('queue_line_test', 'line_tests', 'line_facts', 'line_volumes') loop
        execute format('alter function %s owner to cea_worker; revoke execute on function %s from public; grant execute on function %s to cea_worker, cea_pages;', f.name, f.name, f.name);
    end loop;
end $$;

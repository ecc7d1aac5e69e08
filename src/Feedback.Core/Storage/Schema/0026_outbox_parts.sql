-- A long text goes out part after part. A column with a constant default rewrites no row.
alter table outbox add column part smallint not null default 0;
-- A queue whose rows all pass through several states: dead ones are cleared away early, so that the next one to send is found at once.
alter table outbox set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

-- As before, but how long something waits is told of what should go out at once: a telling to thousands takes its time, and waits for the morning.
create or replace function line_facts(p_now timestamptz) returns table (account_id text, sent_at timestamptz, delivered_at timestamptz, sent_minute bigint, sent_hour bigint, sent_week bigint, waiting bigint, waiting_since timestamptz, in_doubt bigint)
language sql stable security definer set search_path = public, pg_temp as $$
    select a.id, (select o.sent_at from outbox o where o.account_id = a.id and o.audience_id = 1 and o.purpose <> 'test' and o.sent_at is not null order by o.sent_at desc limit 1),
        w.delivered, coalesce(w.minute, 0), coalesce(w.hour, 0), coalesce(w.week, 0), coalesce(q.n, 0), q.since,
        (select count(*) from outbox o where o.account_id = a.id and o.state = 'in_doubt' and o.audience_id = 1 and o.purpose <> 'test')
    from channel_account a
    cross join lateral (select max(o.delivered_at) as delivered, count(*) as week, count(*) filter (where o.sent_at > p_now - interval '1 hour') as hour, count(*) filter (where o.sent_at > p_now - interval '1 minute') as minute
                        from outbox o where o.account_id = a.id and o.audience_id = 1 and o.purpose <> 'test' and o.sent_at > p_now - interval '7 days') w
    cross join lateral (select count(*) as n, min(o.due_at) filter (where o.due_at <= p_now and o.lane < 2 and o.part = 0) as since
                        from outbox o where o.account_id = a.id and o.audience_id = 1 and o.purpose <> 'test' and o.state = 'due') q
$$;

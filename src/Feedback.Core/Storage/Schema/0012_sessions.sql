-- Sign-in: every try is counted before it is judged, and a session is a row, so that it can be ended for all Hosts at once.
create table sign_in_try (
    kind  text not null check (kind in ('name', 'address')),
    hash  bytea not null,                              -- keyed: neither the names that were tried nor where from
    count int not null,
    since timestamptz not null,                        -- of the last that counted
    primary key (kind, hash)
);
create table session (
    id          uuid primary key,
    officer_id  int not null references officer,
    stamp       text not null,                         -- the officer's at that time: a new one ends them all
    started_at  timestamptz not null default now(),
    seen_at     timestamptz not null default now(),
    wrong_tries int not null default 0                 -- of codes and passwords, typed on a page of the session
);
grant select, insert, update, delete on sign_in_try, session to cea_worker, cea_pages;

-- Whoever gave a member a new password may not be the one who grants him the circle's key again.
alter table circle_member add column reset_by int references officer;

-- With a new password ends what an officer sees because he has recorded it (S6): somebody else may have set it.
create function end_recorder_sight(p_officer int) returns void language sql security definer set search_path = public, pg_temp as $$
    update item set recorder_sees_until = now() where recorded_by = p_officer and recorder_sees_until > now()
$$;
alter function end_recorder_sight(int) owner to cea_worker;
revoke execute on function end_recorder_sight(int) from public;
grant execute on function end_recorder_sight(int) to cea_pages, cea_worker;

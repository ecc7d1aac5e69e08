-- Files that came with messages: fetched later, stripped, scanned, encrypted in chunks; the file's own key is sealed like the text of its item.
create table media (
    id           uuid primary key,
    message_id   uuid not null references message on delete cascade,
    item_id      uuid references item on delete cascade,
    audience_id  int not null,
    account_id   text not null,
    position     smallint not null,
    kind         text,                                 -- photo, voice, video...: the provider's word
    said_type    text,
    said_bytes   bigint,
    reference    bytea,                                -- sealed: the provider's address or id of it; gone when there is nothing more to fetch, or to delete there
    state        text not null check (state in ('pending', 'kept', 'failed', 'too_large', 'not_allowed', 'infected', 'not_kept', 'deleted')),
    due_at       timestamptz not null,
    attempt      int not null default 0,
    error        text,                                 -- a stable code
    content_type text,                                 -- by its content, never by its name
    bytes        bigint,
    sha256       bytea,
    key_sealed   bytea,                                -- the file's key under the master key,
    key_circles  bytea,                                -- or to the keys of the circles that its text is sealed to
    created_at   timestamptz not null,
    kept_at      timestamptz,
    unique (message_id, position),
    check (state <> 'kept' or ((key_sealed is null) <> (key_circles is null)))
);
create index media_due on media (due_at) where reference is not null;
create index media_item on media (item_id);
create index media_old on media (created_at) where state <> 'deleted';
create table media_chunk (
    media_id uuid not null references media on delete cascade,
    n        int not null,
    sealed   bytea not null,
    primary key (media_id, n)
);
alter table media_chunk alter column sealed set storage external; -- what is encrypted does not compress

grant select, insert, update, delete on media, media_chunk to cea_worker;
grant select, update on media to cea_pages;
grant select on media_chunk to cea_pages;
alter table media enable row level security;
alter table media force row level security;
create policy worker on media to cea_worker using (true) with check (true);
create policy pages on media to cea_pages using (audience_id = any ((select my_audiences())::int[])) with check (true);
alter table media_chunk enable row level security;
alter table media_chunk force row level security;
create policy worker on media_chunk to cea_worker using (true) with check (true);
create policy pages on media_chunk for select to cea_pages using (media_id in (select m.id from media m));

-- A file goes where its item goes, whoever moves it.
create function media_follows() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin update media set audience_id = new.audience_id where item_id = new.id; return null; end $$;
alter function media_follows() owner to cea_worker;
revoke execute on function media_follows() from public;
create trigger media_follows after update of audience_id on item for each row when (old.audience_id is distinct from new.audience_id) execute function media_follows();

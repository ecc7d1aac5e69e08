-- Files that lie outside of the database, sealed, each under a random name. A name is on the list of what is to be taken away before anything is written under it, and again when its row lets it go:
-- whoever dies in between leaves nothing that nobody knows of.
alter table media add column place text check (place ~ '^[0-9a-f]{32}$');
create table media_gone (
    place  text primary key check (place ~ '^[0-9a-f]{32}$'),
    due_at timestamptz not null
);
create index media_gone_due on media_gone (due_at);
alter table media_gone enable row level security;
alter table media_gone force row level security;
create policy worker on media_gone to cea_worker using (true) with check (true);
grant select, insert, update, delete on media_gone to cea_worker;

create function media_let_go() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into media_gone (place, due_at) values (old.place, now()) on conflict (place) do update set due_at = excluded.due_at;
    if tg_op = 'DELETE' then
        return old;
    end if;
    if new.place is not distinct from old.place then
        new.place := null;
    end if;
    return new;
end $$;
alter function media_let_go() owner to cea_worker;
revoke execute on function media_let_go() from public;
create trigger media_let_go_deleted before delete on media for each row when (old.place is not null) execute function media_let_go();
create trigger media_let_go before update on media for each row when (old.place is not null and (new.place is distinct from old.place or new.state = 'deleted')) execute function media_let_go();

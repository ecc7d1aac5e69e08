-- What providers still hold of somebody whose data was erased (S15): a talk is looked up by the address, or a message of ours by its id. The address lives here until the provider has deleted, or will not.
create table provider_copy (
    id          bigint generated always as identity primary key,
    account_id  text not null,
    person_id   uuid not null,                         -- the random token: what is on its way to him goes out first
    space       text,                                  -- of the address
    address     bytea,                                 -- sealed
    provider_id bytea,                                 -- sealed
    due_at      timestamptz not null,
    attempt     int not null default 0,
    asked_at    timestamptz not null,
    gave_up_at  timestamptz,                           -- both of the above are gone then
    check (num_nonnulls(address, provider_id) = case when gave_up_at is null then 1 else 0 end)
);
create index provider_copy_due on provider_copy (due_at) where gave_up_at is null;
alter table provider_copy enable row level security;
alter table provider_copy force row level security;
create policy worker on provider_copy to cea_worker using (true) with check (true);
grant select, insert, update, delete on provider_copy to cea_worker;

-- How many talks wait for a provider, and where it would not delete: for who answers for erasures. Of no person.
create function provider_copies() returns table (account_id text, waiting bigint, gave_up bigint) language sql stable security definer set search_path = public, pg_temp as $$
    select c.account_id, count(distinct c.person_id) filter (where c.gave_up_at is null), count(distinct c.person_id) filter (where c.gave_up_at is not null)
    from provider_copy c where exists (select 1 from officer o where o.id = me() and o.active and o.roles && array['administrator', 'data_protection', 'supervisor'])
    group by c.account_id order by c.account_id
$$;
do $$ begin
    alter function provider_copies() owner to cea_worker;
    revoke execute on function provider_copies() from public;
    grant execute on function provider_copies() to cea_pages, cea_worker;
end $$;

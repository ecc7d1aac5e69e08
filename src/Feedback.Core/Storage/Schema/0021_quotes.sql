-- What somebody said, as it may leave: masked by one officer, approved by another (S12). Of checked items of class 0 only, and never longer than that holds.
create table quote (
    item_id     uuid primary key references item on delete cascade,
    id          uuid not null unique default gen_random_uuid(), -- tells nothing of when: stands for the item's own id where a quote leaves
    audience_id int not null default 1 check (audience_id = 1),
    text        text not null check (char_length(text) between 1 and 500),
    written_by  int not null references officer,
    written_at  timestamptz not null,
    approved_by int references officer,
    approved_at timestamptz,
    check (approved_by is distinct from written_by),
    check ((approved_by is null) = (approved_at is null))
);
create index quote_waiting on quote (written_at) where approved_at is null;

-- Why what was said here may not be quoted; null: it may. One rule for who proposes, who approves, and what leaves (S12, S16, S17).
create function quote_refusal(p_item uuid) returns text language sql stable security definer set search_path = public, pg_temp as $$
    select case
        when i.id is null then 'item_not_found'
        when i.circle_id <> 0 or i.sensitivity <> 0 or not i.checked or i.audience_id <> 1 or i.anonymised_at is not null then 'quote_not_open'
        when i.minor then 'minors_are_not_quoted'
        when i.person_id is null
          or coalesce((select c.answer from consent c where c.kind = 'quote' and (c.item_id = i.id or (c.item_id is null and c.person_id = i.person_id)) order by c.at desc, c.id desc limit 1), 'no') <> 'yes' then 'quote_consent' end
    from (select p_item) asked (id) left join item i on i.id = asked.id and i_see(i.id)
$$;

-- A quote goes when its item is restricted, unchecked, of a minor, anonymous or erased; and when the person takes back the consent.
create function quote_follows() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin delete from quote where item_id = new.id; return null; end $$;
create trigger quote_follows after update on item for each row
    when ((old.circle_id, old.sensitivity, old.checked, old.audience_id, old.minor, old.anonymised_at, old.person_id) is distinct from (new.circle_id, new.sensitivity, new.checked, new.audience_id, new.minor, new.anonymised_at, new.person_id)
          and (new.circle_id <> 0 or new.sensitivity <> 0 or not new.checked or new.audience_id <> 1 or new.minor or new.anonymised_at is not null or new.person_id is null)) execute function quote_follows();
create function quote_needs_consent() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    -- Who proposes locks the item before he looks at the consents: one of the two comes second and sees the other.
    perform 1 from item where id = new.item_id or (new.item_id is null and person_id = new.person_id) order by id for update;
    delete from quote q using item i where i.id = q.item_id and (i.id = new.item_id or (new.item_id is null and i.person_id = new.person_id))
      and 'yes' is distinct from (select c.answer from consent c where c.kind = 'quote' and (c.item_id = i.id or (c.item_id is null and c.person_id = i.person_id)) order by c.at desc, c.id desc limit 1);
    return null;
end $$;
create trigger quote_needs_consent after insert or update on consent for each row when (new.kind = 'quote') execute function quote_needs_consent();
-- Who asks to be erased takes it back, whether or not somebody has to decide on the rest first: on the page of an open item the two look the same.
create function erased_is_not_quoted() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into consent (person_id, item_id, kind, answer, version, at)
    select i.person_id, i.id, 'quote', 'no', c.version, greatest(c.at, now()) from item i
    cross join lateral (select answer, version, at from consent where kind = 'quote' and (item_id = i.id or (item_id is null and person_id = i.person_id)) order by at desc, id desc limit 1) c
    where i.person_id = new.person_id and c.answer = 'yes' order by i.id;
    return null;
end $$;
create trigger erased_is_not_quoted after insert or update of state on erasure for each row when (new.state <> 'asked') execute function erased_is_not_quoted();

grant select, insert, update, delete on quote to cea_worker, cea_pages;
alter table quote enable row level security;
alter table quote force row level security;
create policy worker on quote to cea_worker using (true) with check (true);
create policy pages on quote for select to cea_pages using (audience_id = any ((select my_audiences())::int[]));
create policy pages_write on quote for insert to cea_pages with check (written_by = (select me()) and approved_by is null and quote_refusal(item_id) is null);
create policy pages_approve on quote for update to cea_pages using (audience_id = any ((select my_audiences())::int[]))
    with check (approved_by = (select me()) and quote_refusal(item_id) is null
                and exists (select 1 from officer o where o.id = (select me()) and o.active and o.roles && array['supervisor', 'data_protection']));
create policy pages_delete on quote for delete to cea_pages using (audience_id = any ((select my_audiences())::int[]));

do $$ declare f record; begin
    for f in select p.oid::regprocedure as name, p.proname = 'quote_refusal' as pages from pg_proc p
             where p.pronamespace = 'public'::regnamespace and p.proname in ('quote_refusal', 'quote_follows', 'quote_needs_consent', 'erased_is_not_quoted') loop
        execute format('alter function %s owner to cea_worker; revoke execute on function %s from public; grant execute on function %s to cea_worker;', f.name, f.name, f.name);
        if f.pages then execute format('grant execute on function %s to cea_pages', f.name); end if;
    end loop;
end $$;

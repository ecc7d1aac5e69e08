-- Who may contact a person, what a circle writes about its items, who handled what, and what a recorder sees (docs/decisions/0003-who-sees-what.md).

-- ---------------------------------------------------------------- safe to contact: of an item, for its circle, sealed to it (S8)
alter table person_guard add column circles smallint[] not null default '{}'; -- that hold or held an item of the person
update person_guard g set circles = found.circles from (select person_id, array_agg(distinct circle_id) as circles from item where circle_id > 1 group by 1) found where found.person_id = g.person_id;
update person_guard set circles = (select coalesce(array_agg(id), '{}') from circle where id > 1) where ever_restricted and circles = '{}'; -- which one is not known: the strictest decides
update person_guard set safe_to_contact = null;        -- lay in the clear and freed everybody: recorded anew
drop function must_record_safe_contact(uuid), record_safe_contact(uuid, jsonb);
create table safe_contact (
    id          uuid primary key,
    person_id   uuid not null references person on delete cascade,
    item_id     uuid not null references item on delete cascade,
    audience_id int not null,
    circle_id   smallint not null,
    by_id       int not null references officer,
    at          timestamptz not null,
    sealed      bytea not null                         -- way, hours, opening words: to the keys of the circles
);
create index safe_contact_person on safe_contact (person_id);
create index safe_contact_item on safe_contact (item_id);
grant select, insert, update, delete on safe_contact to cea_worker;
grant select, insert, update on safe_contact to cea_pages;
alter table safe_contact enable row level security;
alter table safe_contact force row level security;
create policy worker on safe_contact to cea_worker using (true) with check (true);
create policy pages on safe_contact to cea_pages using (audience_id = any ((select my_audiences())::int[])) with check (true);

alter table outbox add column released_by int references officer; -- the cleared person who sends it on a guarded number
alter table outbox add column not_after timestamptz;              -- the end of the hours in which it is safe

-- Whoever recorded an item handles nothing of it.
create or replace function i_see(p_item uuid) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
    select exists (select 1 from item where id = p_item and audience_id = any (my_audiences()))
$$;

-- By which circle the officer may contact the person of this item, once it is recorded how: null: the number is free; 0: he may not. On an item of a circle its members may; on an
-- open one the members of the strictest circle that has or had anything of the person, unless there is something in their circles that is kept from them. Who asked for quiet meets
-- the same 0 as a number that is guarded, so that it tells nothing.
create function contact_circle(p_item uuid) returns smallint language plpgsql stable security definer set search_path = public, pg_temp as $$
declare v_person uuid; v_audience int; v_circle smallint; v_account text; v_concerned smallint[];
begin
    select person_id, audience_id, circle_id, account_id into v_person, v_audience, v_circle, v_account from item where id = p_item and i_see(p_item);
    if v_person is null then return null; end if;
    if v_circle = 0 then
        v_concerned := coalesce((select circles from person_guard where person_id = v_person and ever_restricted), '{}') || array(select distinct circle_id from item where person_id = v_person and circle_id > 0);
        if cardinality(v_concerned) = 0 then
            return case when exists (select 1 from opt_out x join address a on a.hash = x.hash where a.person_id = v_person and x.account_id = v_account) then 0 end;
        end if;
        select id into v_circle from circle where id = any (v_concerned) order by strictness desc limit 1;
    end if;
    return case when exists (select 1 from circle_member m where m.officer_id = me() and m.confirmed_at is not null
                             and (m.circle_id = v_circle or (v_audience <> 1 and m.circle_id = any ((select circles from audience where id = v_audience)::smallint[]))))
                 and not exists (select 1 from item i join audience a on a.id = i.audience_id join circle_member m on m.circle_id = any (a.circles)
                                 where i.person_id = v_person and i.circle_id > 0 and m.officer_id = me() and m.confirmed_at is not null and not (i.audience_id = any (my_audiences())))
           then v_circle else 0 end;
end $$;

-- An item changes its audience with what was said. What its circle noted, did and coded goes along to another circle, and stays behind when the item is opened; its clocks are started anew.
create or replace function move_item(p_item uuid, p_audience int, p_circle smallint, p_sensitivity smallint, p_checked boolean, p_team int, p_steps text[], p_due timestamptz[]) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare v_old int; v_person uuid; v_inside boolean;
begin
    if not i_see(p_item) then return false; end if;
    select audience_id, person_id into v_old, v_person from item where id = p_item;
    v_inside := p_circle = 0 and v_old <> 1;
    perform count_item(p_item, -1);
    update item set audience_id = p_audience, circle_id = p_circle, sensitivity = p_sensitivity, checked = p_checked, team_id = p_team,
        assignee_id = case when exists (select 1 from officer_access x where x.officer_id = assignee_id and p_audience = any (x.audiences)) then assignee_id end
    where id = p_item;
    update message set audience_id = p_audience where item_id = p_item and audience_id = v_old and not (v_inside and direction = 'note');
    delete from clock where item_id = p_item and met_at is null;
    if not v_inside then
        update item_event set audience_id = p_audience where item_id = p_item and audience_id = v_old;
        update code_change set audience_id = p_audience where item_id = p_item and audience_id = v_old;
        update safe_contact set audience_id = p_audience, circle_id = p_circle where item_id = p_item and audience_id = v_old;
        update clock set audience_id = p_audience where item_id = p_item and audience_id = v_old;
    end if;
    update survey set audience_id = p_audience where item_id = p_item;
    update outbox set audience_id = p_audience where item_id = p_item;
    insert into clock (item_id, step, audience_id, due_at, next_at) select p_item, s, p_audience, d, d from unnest(p_steps, p_due) c (s, d)
    on conflict (item_id, step) do update set audience_id = excluded.audience_id, due_at = excluded.due_at, next_at = excluded.next_at, met_at = null, escalated = 0;
    update item set next_due_at = (select min(due_at) from clock where item_id = p_item and met_at is null) where id = p_item;
    perform count_item(p_item, 1);
    delete from open_search where item_id = p_item and p_audience <> 1;
    if p_circle > 1 then
        insert into person_guard (person_id, ever_restricted, circles) select v_person, true, array[p_circle] where v_person is not null
        on conflict (person_id) do update set ever_restricted = true, circles = array(select distinct c from unnest(person_guard.circles || excluded.circles) c);
        delete from raw_call where id in (select id from message where item_id = p_item and sealed is not null);
        if v_old = 1 then -- who sent it before did not know
            update outbox set released_by = null where person_id = v_person and state in ('due', 'held');
            update erasure set state = 'focal_point', decided_by = null, reason = null where person_id = v_person and state = 'confirmed' and reason is distinct from 'restore';
        end if;
    end if;
    if p_circle = 0 then -- passed the check: what waited for it goes out; the sender looks again at everything else
        update outbox set state = 'due' where state = 'held' and person_id = v_person;
    end if;
    return true;
end $$;

-- ---------------------------------------------------------------- a complaint about handling goes to somebody else (S4)
alter table item add column handler_before_id int references officer; -- who handled what is complained of: handles this no more

-- The person's latest earlier item that somebody handles, or handled within 14 days.
create function earlier_handler(p_person uuid, p_item uuid, out item_id uuid, out handler_id int) language sql stable security definer set search_path = public, pg_temp as $$
    select h.id, h.handler from (
        select i.id, i.recorded_at, coalesce(i.assignee_id, (select m.author_id from message m where m.item_id = i.id and m.author_id is not null order by m.at desc limit 1)) as handler
        from item i where i.person_id = p_person and i.id is distinct from p_item and (i.status in ('new', 'in_progress', 'referred') or greatest(i.resolved_at, i.loop_closed_at) > now() - interval '14 days')
          and i.recorded_at <= coalesce((select recorded_at from item where id = p_item), i.recorded_at)) h
    where h.handler is not null and (me() is null or (i_see(p_item) and p_person = (select person_id from item where id = p_item)))
    order by h.recorded_at desc limit 1
$$;

-- Gives an item to somebody of its team who is not the handler and has least to do, else to a supervisor; with neither it waits unassigned, and the handler still does not get it.
create function assign_other(p_item uuid, p_handler int, p_audience int) returns int language plpgsql security definer set search_path = public, pg_temp as $$
declare v_handler int; v_team int; v_other int;
begin
    if me() is not null and not i_see(p_item) then return null; end if;
    select coalesce(p_handler, assignee_id, (select m.author_id from message m where m.item_id = p_item and m.author_id is not null order by m.at desc limit 1)), team_id into v_handler, v_team from item where id = p_item;
    if v_handler is null then return null; end if;
    select o.id into v_other from officer o join officer_access x on x.officer_id = o.id left join team_member t on t.officer_id = o.id and t.team_id = v_team
    where o.active and o.password_hash is not null and o.id <> v_handler and p_audience = any (x.audiences) and o.roles && array['officer', 'circle', 'supervisor']
      and (t.officer_id is not null or 'supervisor' = any (o.roles) or p_audience <> 1)
    order by t.officer_id is null, (select count(*) from item w where w.assignee_id = o.id and w.status in ('new', 'in_progress', 'referred')), o.id limit 1;
    update item set handler_before_id = v_handler, assignee_id = v_other where id = p_item;
    if v_other is not null then
        insert into item_event (item_id, audience_id, at, what, detail) values (p_item, p_audience, now(), 'assigned', jsonb_build_object('to', v_other));
    end if;
    return v_other;
end $$;

-- ---------------------------------------------------------------- whoever recorded an item (S6)
create index item_recorder on item (recorded_by) where recorded_by is not null;
drop policy pages on item;                             -- moving an item out of one's own sight is allowed: check (true)
create policy pages on item to cea_pages using (audience_id = any ((select my_audiences())::int[])) with check (true);
-- His own words, until his shift ends.
create function recorded_words() returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
    select m.id from item i join message m on m.item_id = i.id where i.recorded_by = me() and i.recorder_sees_until > now() and m.direction = 'in' and (m.id = i.id or m.author_id = me())
$$;
drop policy recorder on message;
create policy recorder on message for select to cea_pages using (id in (select recorded_words()));
-- How what he recorded stands, the same words for open and restricted items.
create function my_recorded() returns table (item_id uuid, receipt_code text, recorded_at timestamptz, state text) language sql stable security definer set search_path = public, pg_temp as $$
    select i.id, i.receipt_code, i.recorded_at, case i.status when 'new' then 'received' when 'in_progress' then 'in_progress' when 'referred' then 'in_progress' else 'done' end
    from item i where i.recorded_by = me() order by i.recorded_at desc limit 200
$$;

-- ---------------------------------------------------------------- audit
-- What was done to an item shows to who sees the item now; and what was done while a circle had it, to the circle only.
drop policy pages on audit;
create policy pages on audit for select to cea_pages
    using (audience_id = any ((select my_audiences())::int[]) and (item_id is null or exists (select 1 from item i where i.id = audit.item_id)));

do $$ begin
    execute (select string_agg(format('alter function %s owner to cea_worker; revoke execute on function %s from public; grant execute on function %s to cea_pages, cea_worker;', f.oid::regprocedure, f.oid::regprocedure, f.oid::regprocedure), ' ')
             from pg_proc f where f.proname in ('contact_circle', 'earlier_handler', 'assign_other', 'recorded_words', 'my_recorded') and f.pronamespace = 'public'::regnamespace);
end $$;

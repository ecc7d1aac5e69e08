-- What 0013 and 0015 made, mended.

-- Beside the function of two arguments that Hosts of the version before still call: it goes with the next version.
-- The person's latest earlier item that somebody handles, or handled within 14 days, and the circle that it lies in; of open ones only, for an item that everybody will see (S2).
create function earlier_handler(p_person uuid, p_item uuid, p_open_only boolean, out item_id uuid, out handler_id int, out circle_id smallint, out sensitivity smallint)
language sql stable security definer set search_path = public, pg_temp as $$
    select h.id, h.handler, h.circle_id, h.sensitivity from (
        select i.id, i.recorded_at, i.circle_id, i.sensitivity, coalesce(i.assignee_id, (select m.author_id from message m where m.item_id = i.id and m.author_id is not null order by m.at desc limit 1)) as handler
        from item i where i.person_id = p_person and i.id is distinct from p_item and (i.status in ('new', 'in_progress', 'referred') or greatest(i.resolved_at, i.loop_closed_at) > now() - interval '14 days')
          and i.recorded_at <= coalesce((select recorded_at from item where id = p_item), i.recorded_at) and not (p_open_only and i.circle_id > 0)) h
    where h.handler is not null and (me() is null or (i_see(p_item) and p_person = (select person_id from item where id = p_item)))
    order by h.recorded_at desc limit 1
$$;

-- A reply on a circle's item that was taken back, or missed the hours that are safe, is still owed: its clock runs again. Of an open item nothing shows.
create function answer_is_owed(p_person uuid) returns void language plpgsql as $$
declare v_item uuid;
begin
    for v_item in
        update clock c set met_at = null, next_at = greatest(c.due_at, now()), escalated = 0 from item i
        where i.id = c.item_id and i.person_id = p_person and i.circle_id > 0 and i.status in ('new', 'in_progress', 'referred') and c.step = 'answer' and c.met_at is not null
          and exists (select 1 from outbox o where o.item_id = i.id and o.purpose = 'reply' and (o.state = 'held' or o.error_code = 'outside_safe_hours'))
          and not exists (select 1 from outbox o where o.item_id = i.id and o.purpose = 'reply' and o.state not in ('held', 'failed', 'cancelled'))
        returning c.item_id
    loop
        update item set next_due_at = (select min(due_at) from clock where item_id = v_item and met_at is null) where id = v_item;
    end loop;
end $$;

-- What moving an item does (as in 0015), and who sent a reply before something restricted was said is asked again whatever its state.
create or replace function shift_item(p_item uuid, p_audience int, p_circle smallint, p_sensitivity smallint, p_checked boolean, p_team int, p_steps text[], p_due timestamptz[]) returns void
language plpgsql set search_path = public, pg_temp as $$
declare v_old int; v_person uuid; v_inside boolean;
begin
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
            update outbox set released_by = null where person_id = v_person and released_by is not null;
            update erasure set state = 'focal_point', decided_by = null, reason = null where person_id = v_person and state = 'confirmed' and reason is distinct from 'restore';
        end if;
    end if;
    if p_circle = 0 then -- passed the check: what waited for it goes out; the sender looks again at everything else
        update outbox set state = 'due' where state = 'held' and person_id = v_person;
    end if;
end $$;

-- Whether a model has learned from what is no longer kept, or from texts of a circle that no longer allows it.
create or replace function holds_erased(p_model int) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
    select exists (select 1 from learned_item l left join item i on i.id = l.item_id where l.model_id = p_model and (i.id is null or i.anonymised_at is not null
        or exists (select 1 from erasure e where e.person_id = i.person_id and e.state <> 'asked')
        or exists (select 1 from circle c where c.id = i.circle_id and c.seals) and not exists (select 1 from training_consent t where t.circle_id = i.circle_id and t.allowed_at is not null)))
$$;

do $$ begin
    execute (select string_agg(format('alter function %s owner to cea_worker; revoke execute on function %s from public; grant execute on function %s to cea_worker;', f.oid::regprocedure, f.oid::regprocedure, f.oid::regprocedure), ' ')
             from pg_proc f where f.proname in ('earlier_handler', 'answer_is_owed') and f.pronamespace = 'public'::regnamespace);
    grant execute on function earlier_handler(uuid, uuid, boolean) to cea_pages;
end $$;

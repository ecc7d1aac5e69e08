-- Who handled what is complained of, with the circle that it lies in (S4): a complaint about a circle's item goes to that circle, and an open item names only who handled open ones (S2).
drop function earlier_handler(uuid, uuid);
create function earlier_handler(p_person uuid, p_item uuid, p_open_only boolean, out item_id uuid, out handler_id int, out circle_id smallint, out sensitivity smallint)
language sql stable security definer set search_path = public, pg_temp as $$
    select h.id, h.handler, h.circle_id, h.sensitivity from (
        select i.id, i.recorded_at, i.circle_id, i.sensitivity, coalesce(i.assignee_id, (select m.author_id from message m where m.item_id = i.id and m.author_id is not null order by m.at desc limit 1)) as handler
        from item i where i.person_id = p_person and i.id is distinct from p_item and (i.status in ('new', 'in_progress', 'referred') or greatest(i.resolved_at, i.loop_closed_at) > now() - interval '14 days')
          and i.recorded_at <= coalesce((select recorded_at from item where id = p_item), i.recorded_at) and not (p_open_only and i.circle_id > 0)) h
    where h.handler is not null and (me() is null or (i_see(p_item) and p_person = (select person_id from item where id = p_item)))
    order by h.recorded_at desc limit 1
$$;

-- Whether a model has learned from what is no longer kept, or from texts of a circle that no longer allows it.
create or replace function holds_erased(p_model int) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
    select exists (select 1 from learned_item l left join item i on i.id = l.item_id where l.model_id = p_model and (i.id is null or i.anonymised_at is not null
        or exists (select 1 from erasure e where e.person_id = i.person_id and e.state <> 'asked')
        or exists (select 1 from circle c where c.id = i.circle_id and c.seals) and not exists (select 1 from training_consent t where t.circle_id = i.circle_id and t.allowed_at is not null)))
$$;

do $$ begin
    execute (select format('alter function %s owner to cea_worker; revoke execute on function %s from public; grant execute on function %s to cea_pages, cea_worker;', f.oid::regprocedure, f.oid::regprocedure, f.oid::regprocedure)
             from pg_proc f where f.proname = 'earlier_handler' and f.pronamespace = 'public'::regnamespace);
end $$;

-- A reply on a circle's item that was taken back, or missed the hours that are safe, is still owed: its clock runs again. Of a long one the first part decides: the others wait for it, and never go alone.
create or replace function answer_is_owed(p_person uuid) returns void language plpgsql as $$
declare v_item uuid;
begin
    for v_item in
        update clock c set met_at = null, next_at = greatest(c.due_at, now()), escalated = 0 from item i
        where i.id = c.item_id and i.person_id = p_person and i.circle_id > 0 and i.status in ('new', 'in_progress', 'referred') and c.step = 'answer' and c.met_at is not null
          and exists (select 1 from outbox o where o.item_id = i.id and o.purpose = 'reply' and o.part = 0 and (o.state = 'held' or o.error_code = 'outside_safe_hours'))
          and not exists (select 1 from outbox o where o.item_id = i.id and o.purpose = 'reply' and o.part = 0 and o.state not in ('held', 'failed', 'cancelled'))
        returning c.item_id
    loop
        update item set next_due_at = (select min(due_at) from clock where item_id = v_item and met_at is null) where id = v_item;
    end loop;
end $$;

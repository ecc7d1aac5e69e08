-- Since when an operator's telephone is the one that it is: its owner sees when somebody else has changed it.
alter table helpline_operator add column number_at timestamptz;

create index item_event_called on item_event (at) where what = 'called_through_line';

-- How many calls through the line were ordered since a moment: to the item's person by anybody, and by the officer who asks to anybody. Also those on items that he no longer sees: handing one on gives
-- nobody a fresh count.
create function calls_through_line(p_item uuid, p_since timestamptz) returns table (of_item bigint, of_officer bigint)
language sql stable security definer set search_path = public, pg_temp as $$
    select count(*) filter (where e.item_id = p_item), count(*) filter (where e.officer_id = me())
    from item_event e where e.what = 'called_through_line' and e.at > p_since and (e.item_id = p_item or e.officer_id = me())
$$;
alter function calls_through_line(uuid, timestamptz) owner to cea_worker;
revoke execute on function calls_through_line(uuid, timestamptz) from public;
grant execute on function calls_through_line(uuid, timestamptz) to cea_pages, cea_worker;

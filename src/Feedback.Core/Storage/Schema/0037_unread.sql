-- What the person said after an officer had looked is to be looked at too: since when something waits. Whoever opens the item, or works on it with all of it before him, has read it.
alter table item add column unread_at timestamptz;

-- Closed items on which something waits to be read stand in the lists like open ones.
drop index item_waiting;
drop index item_mine;
drop index item_check_first;
create index item_waiting on item (next_due_at, id) where status <> 'closed' or unread_at is not null;
create index item_mine on item (assignee_id, next_due_at, id) where (status <> 'closed' or unread_at is not null) and assignee_id is not null;
create index item_check_first on item (next_due_at, id) where circle_id = 1 and (status <> 'closed' or unread_at is not null);

-- What could not be made an item is told to everybody who works on items.
create index inbox_dead on inbox (received_at) where dead;
create function dead_letter_count() returns int language sql stable security definer set search_path = public, pg_temp as $$
    select count(*)::int from inbox where dead and kind in ('message', 'edit', 'call')
$$;
alter function dead_letter_count() owner to cea_worker;
create function retry_dead_letters() returns int language sql security definer set search_path = public, pg_temp as $$
    with again as (update inbox set dead = false, attempt = 0, error = null, due_at = now() where dead and kind <> 'unreadable' returning 1)
    select count(*)::int from again
$$;
alter function retry_dead_letters() owner to cea_worker;
revoke execute on function dead_letter_count(), retry_dead_letters() from public;
grant execute on function dead_letter_count(), retry_dead_letters() to cea_pages;

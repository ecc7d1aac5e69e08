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

-- The item list's views in the order in which they are shown, whatever lies closed beneath them.
create index item_by_due on item (next_due_at, id);
create index item_waiting on item (next_due_at, id) where status <> 'closed';
create index item_mine on item (assignee_id, next_due_at, id) where status <> 'closed' and assignee_id is not null;
create index item_check_first on item (next_due_at, id) where circle_id = 1 and status <> 'closed';

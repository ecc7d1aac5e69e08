-- When nobody of a circle is left, a notice without content goes to its contact outside: where to.
alter table circle add column outside_line bytea;      -- sealed: account and address
alter table outbox add column circle_id smallint references circle; -- a notice to that contact

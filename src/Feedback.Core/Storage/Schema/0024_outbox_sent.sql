-- What went out lately, by line. Alone in its script: while it is built the outbox is read but not written, and nothing else is held.
create index outbox_sent on outbox (account_id, sent_at) where sent_at is not null;

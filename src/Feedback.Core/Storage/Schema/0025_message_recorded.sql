-- What came in lately; rows lie in the order of time. While it is built messages are read but not written; the outbox, whose purposes are looked through, is open to all.
alter table outbox validate constraint outbox_purpose_check;
create index message_recorded on message using brin (recorded_at);

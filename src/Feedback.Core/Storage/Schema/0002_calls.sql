-- Telephone calls: one row a call, in whatever order and how often its parts are told. For triage alone; no page reads it.
create table phone_call (
    account_id text not null,
    key        bytea not null,                         -- keyed hash of the provider's id of the call
    person_id  uuid,                                   -- null: a withheld number
    began_at   timestamptz not null,
    ended_at   timestamptz,
    outcome    text check (outcome in ('answered', 'message')), -- null: nobody has said anything
    item_id    uuid,                                   -- of what was said in it, or of several silent ones
    primary key (account_id, key)
);
create index phone_call_person on phone_call (person_id, began_at);
grant select, insert, update, delete on phone_call to cea_worker;

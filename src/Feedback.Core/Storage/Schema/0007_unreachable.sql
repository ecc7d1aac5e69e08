-- Addresses that a line does not reach (blocked, a landline, gone): nothing is tried until the person writes on it again. Goes with the address.
create table unreachable (
    account_id text not null,
    space      text not null,
    hash       bytea not null,
    code       text not null,                          -- of the failure that told
    at         timestamptz not null,
    primary key (account_id, space, hash),
    foreign key (space, hash) references address on delete cascade
);
create index unreachable_address on unreachable (space, hash);
grant select, insert, update, delete on unreachable to cea_worker;
grant select on unreachable to cea_pages;

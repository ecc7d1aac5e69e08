-- How often somebody has tried a receipt code that is none, or added with one: counted for all Hosts together, by keyed hash only.
create table receipt_try (
    who   bytea primary key,                           -- of a network address, of a code, or of everybody
    until timestamptz not null,                        -- when counting begins anew
    n     int not null
);
create index receipt_try_until on receipt_try (until);
grant select, insert, update, delete on receipt_try to cea_worker;

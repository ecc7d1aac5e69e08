-- A second step at sign-in: a code of the officer's own phone, and codes on paper for the day it is lost.
alter table officer add column totp bytea;             -- sealed: the secret that the phone shares
alter table officer add column totp_confirmed_at timestamptz; -- null: shown, not yet in force
alter table officer add column totp_step bigint not null default 0; -- the last step that was used: a code counts once
create table recovery_code (
    officer_id int not null references officer,
    hash       bytea not null,                         -- keyed, so that the few symbols cannot be tried out
    used_at    timestamptz,
    primary key (officer_id, hash)
);
grant select, insert, update, delete on recovery_code to cea_worker, cea_pages;

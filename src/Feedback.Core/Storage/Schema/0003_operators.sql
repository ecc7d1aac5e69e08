-- Whom callers of a helpline can be put through to, while the rota has them on duty.
create table helpline_operator (
    officer_id int primary key references officer,
    number     bytea not null,                         -- sealed
    languages  text[] not null,
    gender     text not null default '' check (gender in ('', 'female', 'male'))
);
grant select, insert, update, delete on helpline_operator to cea_worker, cea_pages;

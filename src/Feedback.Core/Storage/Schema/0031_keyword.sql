-- Words that officers added to those that the service understands by itself.
create table keyword (
    id       int generated always as identity primary key,
    lang     text not null,
    kind     text not null check (kind in ('stop', 'start', 'info', 'erase', 'confidential', 'language', 'yes', 'no')),
    word     text not null check (length(word) between 1 and 30),
    folded   text not null,                            -- as it is compared
    added_by int references officer,
    added_at timestamptz not null,
    unique (folded, lang)
);
grant select on keyword to cea_worker;
grant select, insert, delete on keyword to cea_pages;

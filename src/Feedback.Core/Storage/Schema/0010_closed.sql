-- A partition is a table of its own: what pages may not read of the whole they may not read of its parts.
revoke select on raw_call_other from cea_pages;
revoke execute on function audience_of(uuid) from public;

-- A hold tells that somebody has something restricted: shown only with an item of that person.
alter table hold enable row level security;
alter table hold force row level security;
create policy worker on hold to cea_worker using (true) with check (true);
create policy pages on hold to cea_pages using (person_id in (select i.person_id from item i)) with check (true);

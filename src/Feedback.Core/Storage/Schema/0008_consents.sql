-- A consent is given about one matter: one number is not one person, and what was said to a circle shows on no other item.
alter table consent add column item_id uuid references item on delete cascade; -- null: given before items were named
create index consent_item on consent (item_id);
create index consent_person on consent (person_id);
drop policy pages on consent;
create policy pages on consent to cea_pages
    using (case when item_id is null then person_id in (select i.person_id from item i) else item_id in (select i.id from item i) end);

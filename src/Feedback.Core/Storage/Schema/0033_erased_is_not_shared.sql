-- Who asks to be erased takes back that it is shared outside, too (as 0021 does for quotes): who spoke leaves in no file from then on, whether or not somebody has to decide on the rest first.
create function erased_is_not_shared() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into consent (person_id, item_id, kind, answer, version, at)
    select i.person_id, i.id, 'share', 'no', c.version, greatest(c.at, now()) from item i
    cross join lateral (select answer, version, at from consent where kind = 'share' and (item_id = i.id or (item_id is null and person_id = i.person_id)) order by at desc, id desc limit 1) c
    where i.person_id = new.person_id and c.answer <> 'no' order by i.id;
    return null;
end $$;
alter function erased_is_not_shared() owner to cea_worker;
revoke execute on function erased_is_not_shared() from public;
grant execute on function erased_is_not_shared() to cea_worker;
create trigger erased_is_not_shared after insert or update of state on erasure for each row when (new.state <> 'asked') execute function erased_is_not_shared();
update erasure set state = state where state in ('confirmed', 'focal_point', 'held'); -- who asked before

-- What is said on an item is for whom the item is at that moment. Who moves it holds it, so that whoever writes meanwhile waits, and begins again when it went elsewhere.
create function message_is_with_its_item() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform 1 from item where id = new.item_id and audience_id = new.audience_id for no key update;
    if not found then raise exception 'the item has another audience now' using errcode = 'serialization_failure'; end if;
    return new;
end $$;
alter function message_is_with_its_item() owner to cea_worker;
revoke execute on function message_is_with_its_item() from public;

create trigger message_is_with_its_item before insert on message for each row when (new.item_id is not null) execute function message_is_with_its_item();

-- An erasure reaches what was recorded until the person confirmed it: what he says after that he has not asked to be erased, and nobody has read it. Null: confirmed by an older build, everything.
alter table erasure add column confirmed_at timestamptz;
update erasure e set confirmed_at = (select max(m.recorded_at) from message m
                                     where m.person_id = e.person_id and m.direction = 'in' and m.kind = 'word' and m.recorded_at between e.asked_at and e.asked_at + interval '1 day')
where state in ('confirmed', 'focal_point', 'held');

-- Of who has said something since, providers delete what is older only; and what is kept of the older (the focal point may keep it) has a token of its own.
alter table provider_copy add column until timestamptz, add column kept_id uuid;

-- A bare number answers the menu of languages only while that is the last text that the person got: the text itself is sealed, and emptied.
alter table outbox add column menu boolean not null default false;

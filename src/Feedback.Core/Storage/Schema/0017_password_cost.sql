-- What the lock on an officer's private key costs is kept with it, so that it may rise.
alter table officer add private_key_iterations int not null default 600000 check (private_key_iterations > 0);

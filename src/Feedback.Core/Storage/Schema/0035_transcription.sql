-- Recordings that wait for the machine that hears them (Cea:SpeechToText), a day at most: what it writes down is a message of the kind machine_transcript, what an officer types one of the kind transcript.
-- Where the recording's key is sealed to a circle, a copy of it lies here under the master key for so long; no backup takes it along.
create table transcription (
    media_id   uuid primary key references media on delete cascade,
    message_id uuid not null unique references message on delete cascade,
    key_sealed bytea,                                  -- null: the file's own lies under the master key anyway
    due_at     timestamptz not null,
    attempt    int not null default 0,
    created_at timestamptz not null
);
create index transcription_due on transcription (due_at);
alter table transcription enable row level security;
alter table transcription force row level security;
create policy worker on transcription to cea_worker using (true) with check (true);
grant select, insert, update, delete on transcription to cea_worker;

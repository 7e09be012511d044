-- Who can sign in. None is ever deleted: once there was one, the local reader stays out.
create table users (
    name           text primary key,          -- the name the history keeps
    role           text not null,             -- viewer, officer, supervisor, administrator
    units          text not null,             -- the ids of the units, a line each
    mail           text,                      -- in small letters: by which a proxy or a provider knows them
    password       text,                      -- argon2id; null: no password lets them in
    added_at       text not null,
    added_by       text not null,
    removed_at     text,
    removed_by     text
) strict, without rowid;
create unique index users_by_mail on users (mail) where mail is not null and removed_at is null;

-- Who is signed in: a browser holds a word, of which this is a hash.
create table sessions (
    hash           text primary key,          -- SHA-256 of the word
    name           text not null,             -- whose
    role           text,                      -- where a provider said what they are; null: as `users` has it
    units          text,
    begun_at       text not null,
    seen_at        text not null,             -- to the minute
    ends_at        text not null
) strict, without rowid;
create index sessions_by_name on sessions (name);

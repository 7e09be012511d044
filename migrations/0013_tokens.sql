-- Tokens by which programs ask: only a hash of each is kept. None is ever deleted: once there was one,
-- somebody can sign in.
create table tokens (
    hash           text primary key,          -- SHA-256 of the token
    name           text not null,             -- what the history calls who uses it
    scope          text not null,             -- read, act, calendar
    role           text not null,             -- viewer, officer, supervisor, administrator
    units          text not null,             -- the ids of the units, a line each
    added_at       text not null,
    added_by       text not null,
    expires_at     text not null,
    used_at        text,                      -- to the hour
    revoked_at     text,
    revoked_by     text
) strict, without rowid;
create unique index tokens_in_force on tokens (name) where revoked_at is null;

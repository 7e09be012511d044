-- A unit is not reminded for some days, for a reason: who wanted it, and who ended it early.
create table silences (
    id             integer primary key,
    unit           text not null,             -- the unit's id
    until          text not null,             -- the last day, 2026-02-11
    reason         text not null,
    actor          text not null,             -- who wanted it
    since          text not null,
    ended_at       text,                      -- null while nobody ended it before its time
    ended_by       text
) strict;
create index silences_in_force on silences (unit) where ended_at is null;

-- The calendar's own history: what it said at any earlier instant, who changed it, and from what.

-- Every file that was ever in force, byte for byte, under its SHA-256.
create table calendar_contents (
    sha256         text primary key,
    content        blob not null
) strict;

-- One row each time the calendar in force changed; the newest is the one in force.
create table calendar_versions (
    id             integer primary key,
    in_force_at    text not null,
    actor          text not null,             -- a person, hand (an edit of the files), start, fetch
    reason         text not null,             -- what was done, and from which file
    closures_count integer not null,          -- the policy of that time
    half_closures_count integer not null
) strict;

-- The files of a version: all of them, so that a version can be read by itself.
create table calendar_version_files (
    version_id     integer not null references calendar_versions (id),
    name           text not null,             -- 2026.csv, closures.toml
    sha256         text not null references calendar_contents (sha256),
    primary key (version_id, name)
) strict, without rowid;

-- A publication found on the platform that differs from the calendar in force: one a year.
create table calendar_proposals (
    year           integer primary key,
    sha256         text not null references calendar_contents (sha256),
    source         text not null,             -- where it was found
    proposed_at    text not null
) strict;

-- Open cases by what decides their deadline: an edit finds those it moves without reading all.
create index cases_clock on cases (kind, agency, starts_on, number, state)
    where state in ('open', 'acknowledged', 'on_hold');

-- Put back from a backup: what was sent after the backup was made is not known here. While a
-- restoration lasts, what is queued anew may have arrived already: it counts as broken off.
create table restorations (
    id             integer primary key,
    known_until    text not null,             -- the newest instant that the backup knew
    restored_at    text not null,
    over_at        text                       -- since when everything due was looked up or said
) strict;
create unique index restorations_active on restorations (over_at is null) where over_at is null;

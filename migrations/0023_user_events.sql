-- Whoever was let in, changed or removed, when and by whom: what `users` says only of the last time.
create table user_events (
    id             integer primary key,
    at             text not null,
    name           text not null,
    by             text not null,
    event          text not null check (event in ('added', 'password', 'regranted', 'removed')),
    role           text not null,             -- what they are after it, or were
    units          text not null
) strict;
create trigger user_events_are_append_only_update before update on user_events
begin select raise(abort, 'who was let in is append-only'); end;
create trigger user_events_are_append_only_delete before delete on user_events
begin select raise(abort, 'who was let in is append-only'); end;

insert into user_events (at, name, by, event, role, units)
    select added_at, name, added_by, 'added', role, units from users order by added_at;
insert into user_events (at, name, by, event, role, units)
    select removed_at, name, removed_by, 'removed', role, units from users
    where removed_at is not null order by removed_at;

-- Answers that wait for their follow-up are looked for by when they were given.
drop index follow_ups_waiting;
create index follow_ups_waiting on follow_ups (answered_at) where outcome is null;

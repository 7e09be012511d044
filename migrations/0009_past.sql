-- A round that was brought in as history (`jicui cases import`): answered before jicui watched.
alter table cases add column imported integer not null default 0;

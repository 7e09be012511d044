-- Duties that open by themselves: what is known of the datasets, what a case was opened for, and goals.

alter table datasets add column listed integer not null default 1;  -- by the last whole look
alter table datasets add column gone_on text;                       -- the platform said so since it was listed
alter table datasets add column badge text;                         -- 標章, where it is shown
alter table datasets add column frequency text;                     -- 更新頻率, where it is shown
alter table datasets add column updated_on text;                    -- where it is shown

-- What a case was opened for. One subject of a kind has one case at a time.
create table openings (
    case_number    text primary key,
    kind           text not null,
    subject        text not null,             -- `dataset 6100`
    joined         integer not null,          -- a person had opened the case beforehand
    opened_at      text not null,
    ended_at       text                       -- the subject is over: should it come again, it is another case
) strict, without rowid;
create unique index openings_running on openings (kind, subject) where ended_at is null;

-- 目標: a number to be reached, and how far it is.
create table goals (
    case_number    text primary key,
    number         integer not null,
    value          integer,                   -- null: not known yet
    measured_on    text,
    measured_by    text                       -- null: by the platform's list
) strict, without rowid;

-- When a list was last read whole, where that is not each time.
create table readings (
    list           text primary key,
    read_at        text not null
) strict, without rowid;

create index cases_duties on cases (kind, number) where kind not in ('comment', 'request');

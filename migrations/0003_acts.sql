-- What people do to a case: its unit, its extensions, its holds, and what became of the question.

alter table cases add column given_to text;                         -- the unit a person gave it to
alter table cases add column reply_unconfirmed integer not null default 0; -- answered by hand, not shown yet
alter table cases add column own_clock integer not null default 0;  -- its deadline is not its neighbours'
alter table history add column reason text not null default '';

-- 展延: asked for, and decided on. Those of earlier rounds stay.
create table extensions (
    case_number    text not null,
    round          integer not null,
    ordinal        integer not null,          -- 1, and one more for each in the round
    workdays       integer not null,
    reason         text not null,
    asked_by       text not null,
    asked_at       text not null,
    state          text not null,             -- asked, confirmed, refused
    decided_by     text,
    decided_at     text,
    primary key (case_number, round, ordinal)
) strict, without rowid;

-- 暫停計時: the workdays after from_on, up to and with ended_on, do not count.
create table holds (
    case_number    text not null,
    round          integer not null,
    ordinal        integer not null,
    from_on        text not null,
    reason         text not null,
    held_by        text not null,
    held_at        text not null,
    was_acknowledged integer not null,
    ended_on       text,
    ended_by       text,
    ended_at       text,
    primary key (case_number, round, ordinal)
) strict, without rowid;

-- 延伸精進: one row for each answer; without an outcome it waits for one.
create table follow_ups (
    case_number    text not null,
    round          integer not null,
    answered_at    text not null,
    outcome        text,                      -- adjusted, added, planned, not_needed
    reason         text,
    recorded_by    text,
    recorded_at    text,
    primary key (case_number, round)
) strict, without rowid;
create index follow_ups_waiting on follow_ups (case_number) where outcome is null;

-- Cases with a clock of their own are looked at one by one; the others by what decides their deadline.
update cases set own_clock = 1 where round > 1;
drop index cases_clock;
create index cases_clock on cases (kind, agency, starts_on, number, state)
    where own_clock = 0 and state in ('open', 'acknowledged', 'on_hold');
create index cases_own_clock on cases (number)
    where own_clock = 1 and state in ('open', 'acknowledged', 'on_hold');
create index cases_unconfirmed on cases (number) where reply_unconfirmed = 1;

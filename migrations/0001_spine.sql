-- The spine: cases with their history, the outbox, the runs of every stage, and the alarms.
-- Days are `2026-02-11` (Taipei), instants `2026-02-11T01:00:00Z`: sortable and readable at night.

-- One citizen's question. The body is never stored. The deadline is never stored either:
-- it is computed from starts_on, the limit and the calendar.
create table cases (
    number         text primary key,          -- C-558380, S-136936
    kind           text not null,             -- comment, request
    title          text not null,             -- the citizen's words: for the unit, never for a log
    agency         text not null,             -- as the platform writes it
    dataset_nid    integer,                   -- a comment's dataset
    dataset_title  text,
    url            text not null,             -- its page for people
    posted_at      text,                      -- Taipei wall clock, 2024-11-06T14:42:00
    assigned_on    text not null,             -- the day of the first assignment
    starts_on      text not null,             -- day zero of the current round
    start_origin   text not null,             -- given, observed, posted, by_hand
    round          integer not null,          -- 1, and one more for each 再回復
    state          text not null,             -- open, acknowledged, on_hold, replied, closed, withdrawn
    replied_at     text,
    first_seen_at  text not null,             -- first sight, or the beginning of the current round
    vanished_at    text                       -- since when the platform no longer shows it
) strict;
create index cases_open on cases (state) where state in ('open', 'acknowledged', 'on_hold');

-- Requests seen before anybody was given them: what makes "observed" an honest origin.
create table awaiting (
    number         text primary key,
    first_seen_at  text not null
) strict;

-- What happened to a case: who, when, what, before, after. Only ever appended to.
create table history (
    id             integer primary key,
    case_number    text not null,
    at             text not null,
    actor          text not null,             -- platform, folder, or a person
    event          text not null,
    before         text not null,
    after          text not null
) strict;
create index history_by_case on history (case_number, id);
create trigger history_is_append_only_update before update on history
begin select raise(abort, 'the history is append-only'); end;
create trigger history_is_append_only_delete before delete on history
begin select raise(abort, 'the history is append-only'); end;

-- Datasets of our agencies, as last seen: which comments need reading again.
create table datasets (
    nid            integer primary key,
    title          text not null,
    agency         text not null,
    comments       integer not null,
    read_at        text
) strict;

-- Every message is a row before it is sent. The key is the promise: it is queued once.
create table outbox (
    id              integer primary key,
    key             text not null unique,
    case_number     text,
    round           integer,
    occasion        text not null,            -- stage, answered, mark_answered, alarm, alarm_over
    stage           text not null,            -- the stage's label, or the alarm's code
    due_on          text,                     -- the due day it speaks of
    channel         text not null,            -- slack:C0123456789
    recipient       text not null,            -- unit:wda-training, administrators
    detail          text not null,
    state           text not null,            -- queued, sending, sent, overtaken, failed
    attempts        integer not null default 0,
    queued_at       text not null,
    next_attempt_at text not null,
    last_attempt_at text,
    sent_at         text,
    reason          text,                     -- why it failed or was overtaken
    text            text,                     -- the line people read, as it was sent
    receipt_channel text,                     -- what the provider gave back
    receipt_ts      text
) strict;
create index outbox_waiting on outbox (next_attempt_at) where state in ('queued', 'sending');
create index outbox_by_case on outbox (case_number, channel, id);

-- Every run of a stage leaves its report; status and the self-alarm read this, and only this.
create table runs (
    id             integer primary key,
    stage          text not null,             -- poll, remind, deliver
    started_at     text not null,
    took_ms        integer not null,
    good           integer not null,          -- 0 if there was a fault
    report         text not null,             -- counts, for people
    fault          text                       -- what went wrong, without a citizen's words
) strict;
create index runs_by_stage on runs (stage, good, id);

-- What the administrators were told: once when it starts, once when it is over.
create table alarms (
    id             integer primary key,
    code           text not null,
    subject        text not null,
    detail         text not null,
    raised_at      text not null,
    over_at        text
) strict;
create unique index alarms_active on alarms (code, subject) where over_at is null;

-- What was done by a link or a click is done once: written with the act itself.
create table tickets (
    key            text primary key,          -- link/<sha256>, slack/<click>
    used_at        text not null,
    used_by        text not null,
    act            text not null,
    case_number    text not null
) strict, without rowid;
create index tickets_by_age on tickets (used_at);

-- Clicks in Slack: written before Slack is told that they were heard.
create table clicks (
    id             text primary key,          -- the same for the same click, however often told
    heard_at       text not null,
    user           text not null,             -- Slack's member id
    offer          text not null,             -- acknowledge, extend, ...
    case_number    text not null,
    round          integer not null,
    channel        text not null,             -- the message with the button
    ts             text not null,
    workdays       integer,
    unit           text,
    reason         text not null,
    done_at        text                       -- when it was worked off
) strict;
create index clicks_waiting on clicks (heard_at) where done_at is null;
create index clicks_done on clicks (done_at) where done_at is not null;

-- Whose message it was that somebody clicked.
create index outbox_by_receipt on outbox (receipt_channel, receipt_ts) where receipt_ts is not null;

-- Delivery that survives anything: destinations side by side, bursts as one message, and how often
-- the outcome of an attempt stayed unknown.

-- The message that carries this one together with others (彙整); null: it goes by itself.
alter table outbox add column bundle text;
-- Attempts that the other side never answered: where it cannot be asked, one repeat is enough.
alter table outbox add column unknown_outcomes integer not null default 0;

-- What waits is looked at destination by destination: a slow one is stepped over, not waded through.
drop index outbox_waiting;
create index outbox_waiting on outbox (channel, next_attempt_at, id)
    where state in ('queued', 'sending');
create index outbox_bundles on outbox (bundle, id) where bundle is not null;
-- How much reached a channel lately.
create index outbox_sent on outbox (channel, sent_at) where sent_at is not null;

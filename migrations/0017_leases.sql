-- A lease moves a row of this index from what is queued to what is on its way: the latter is little, and lies
-- together, so that many leases write few pages.
drop index outbox_waiting;
create index outbox_waiting on outbox (state, channel, next_attempt_at, id)
    where state in ('queued', 'sending');

-- A message that a person took back: it does not come back by itself, however long it is due.
alter table outbox add column is_cancelled integer not null default 0;
update outbox set is_cancelled = 1 where state = 'overtaken' and reason like 'cancelled by %';

-- That a message may have arrived by the channel before is no longer said in the place of its reason.
alter table outbox add column may_have_arrived integer not null default 0;
update outbox set may_have_arrived = 1, detail = ''
    where detail = 'may have arrived by the channel before';

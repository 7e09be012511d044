-- A message that ended, overtaken or refused, while the outcome of an attempt was in doubt: should it
-- come back, it is looked up first. Until now the words of its reason said so.
alter table outbox add column in_doubt integer not null default 0;
update outbox set in_doubt = 1
    where state in ('overtaken', 'failed') and reason like '%may have arrived%';

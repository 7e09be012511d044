-- When a message ended: what was refused for good is queued again some time after that, and not after an attempt
-- whose instant is kept to look it up.
alter table outbox add column ended_at text;
update outbox set ended_at = last_attempt_at where state = 'failed';

-- Since when a provider asks for patience with a message that it could have had.
alter table outbox add column put_off_since text;

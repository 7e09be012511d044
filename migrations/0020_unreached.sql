-- Of whom nothing reaches, each recipient has an alarm of their own: the subject names them, no longer the detail.
update alarms set subject = subject || ' ' || substr(detail, 1, instr(detail, ' by ') - 1),
        detail = substr(detail, instr(detail, ' by ') + length(' by '))
    where code = 'message_undelivered' and over_at is null and instr(detail, ' by ') > 0;

-- An edit of a first message has one name.
update outbox set occasion = 'mark_acted' where occasion = 'mark_answered';

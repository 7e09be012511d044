-- Rows of the nineteenth schema: a round that ended, with a due day that a person had given.
insert into ended_rounds values ('S-136937', 1, '勞動部勞工保險局', 'bli', '2026-02-02', 'given', '2026-02-20',
    '2026-02-11T02:00:00.000Z');
-- Whom nothing reaches stood in the detail.
insert into alarms (code, subject, detail, raised_at) values
    ('message_undelivered', 'S-136937', 'unit:bli by slack:C00BLI0001: channel_not_found', '2026-02-11T02:00:00.000Z');

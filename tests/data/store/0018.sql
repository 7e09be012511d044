-- Rows of the eighteenth schema: one message that was refused for good, and one that a provider put off.
insert into outbox (key, case_number, round, occasion, stage, due_on, channel, recipient, detail, state,
    queued_at, next_attempt_at, attempts, last_attempt_at, ended_at, put_off_since) values
    ('alarm/4 > mail:b@example.gov.tw', null, null, 'alarm', 'disk_low', null,
        'mail:b@example.gov.tw', 'administrators', '/var/lib/jicui', 'failed',
        '2026-03-02T01:00:00.000Z', '2026-03-02T01:00:00.000Z', 8, '2026-03-02T01:50:00.000Z',
        '2026-03-02T01:50:01.000Z', null),
    ('alarm/5 > mail:b@example.gov.tw', null, null, 'alarm', 'clock_jumped', null,
        'mail:b@example.gov.tw', 'administrators', '', 'queued',
        '2026-03-02T01:00:00.000Z', '2026-03-02T01:05:00.000Z', 0, '2026-03-02T01:00:00.000Z', null,
        '2026-03-02T01:00:00.000Z');

-- A case in its second round, whose day zero was corrected in the first; and a question that was asked by a second
-- channel after the first had refused it.
insert into history (case_number, at, actor, event, before, after) values
    ('S-136936', '2026-02-02T01:00:00.000Z', 'platform', 'new', '', '2026-02-02 posted'),
    ('S-136936', '2026-02-03T01:00:00.000Z', '王小明', 'start_corrected', '2026-02-02 posted', '2026-02-01 by_hand'),
    ('S-136936', '2026-02-26T17:00:00.000Z', 'platform', 'new_round', '1', '2');
insert into outbox (key, case_number, round, occasion, stage, channel, recipient, detail, state, queued_at,
    next_attempt_at) values
    ('S-136936/2/follow_up_asked/once/slack:C1/unit:bli', 'S-136936', 2, 'follow_up_asked', 'follow_up_asked',
        'slack:C1', 'unit:bli', '', 'failed', '2026-03-09T01:00:00.000Z', '2026-03-09T01:00:00.000Z'),
    ('S-136936/2/follow_up_asked/once/slack:C1/unit:bli > mail:b@example.gov.tw', 'S-136936', 2,
        'follow_up_asked', 'follow_up_asked', 'mail:b@example.gov.tw', 'unit:bli', '', 'sent',
        '2026-03-09T01:00:00.000Z', '2026-03-09T01:00:00.000Z');

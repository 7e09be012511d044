-- Rows of the sixteenth schema: a message that a person took back, and one that may have arrived before.
insert into outbox (key, case_number, round, occasion, stage, due_on, channel, recipient, detail, state,
    queued_at, next_attempt_at, reason, is_cancelled, may_have_arrived) values
    ('report/monthly/2026-02', null, null, 'report', 'monthly', null, 'mail:a@example.gov.tw',
        'administrators', '2026-02-01/2026-02-28', 'overtaken', '2026-03-02T01:00:00.000Z',
        '2026-03-02T01:00:00.000Z', 'cancelled by 王小明: 不需要', 1, 0),
    ('alarm/1 > mail:b@example.gov.tw', null, null, 'alarm', 'disk_low', null,
        'mail:b@example.gov.tw', 'administrators', '/var/lib/jicui', 'sent',
        '2026-03-02T01:00:00.000Z', '2026-03-02T01:00:00.000Z', null, 0, 1);

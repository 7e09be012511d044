-- Rows of the seventeenth schema: one message that waits, and one whose sending broke off.
insert into outbox (key, case_number, round, occasion, stage, due_on, channel, recipient, detail, state,
    queued_at, next_attempt_at, attempts, last_attempt_at) values
    ('alarm/2 > mail:b@example.gov.tw', null, null, 'alarm', 'disk_low', null,
        'mail:b@example.gov.tw', 'administrators', '/var/lib/jicui', 'queued',
        '2026-03-02T01:00:00.000Z', '2026-03-02T01:00:00.000Z', 0, null),
    ('alarm/3 > mail:b@example.gov.tw', null, null, 'alarm', 'clock_jumped', null,
        'mail:b@example.gov.tw', 'administrators', '', 'sending',
        '2026-03-02T01:00:00.000Z', '2026-03-02T01:05:00.000Z', 1, '2026-03-02T01:00:00.000Z');

-- Rows of the eighteenth schema: one message that was refused for good, and one that a provider put off.
insert into outbox (key, case_number, round, occasion, stage, due_on, channel, recipient, detail, state,
    queued_at, next_attempt_at, attempts, last_attempt_at, ended_at, put_off_since) values
    ('alarm/4 > email:b@example.gov.tw', null, null, 'alarm', 'disk_low', null,
        'email:b@example.gov.tw', 'administrators', '/var/lib/jicui', 'failed',
        '2026-03-02T01:00:00.000Z', '2026-03-02T01:00:00.000Z', 8, '2026-03-02T01:50:00.000Z',
        '2026-03-02T01:50:01.000Z', null),
    ('alarm/5 > email:b@example.gov.tw', null, null, 'alarm', 'clock_jumped', null,
        'email:b@example.gov.tw', 'administrators', '', 'queued',
        '2026-03-02T01:00:00.000Z', '2026-03-02T01:05:00.000Z', 0, '2026-03-02T01:00:00.000Z', null,
        '2026-03-02T01:00:00.000Z');

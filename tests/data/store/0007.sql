-- Rows of the seventh schema: a reminder refused for good after an attempt that nobody answered.
insert into outbox (key, case_number, round, occasion, stage, due_on, channel, recipient, detail,
    state, attempts, queued_at, next_attempt_at, last_attempt_at, reason, in_doubt) values
    ('S-136936/1/before-1/2026-03-17/slack:C00BLI0001/unit:bli', 'S-136936', 1, 'stage', 'before-1',
     '2026-03-17', 'slack:C00BLI0001', 'unit:bli', '', 'failed', 2, '2026-02-28T01:30:00.000Z',
     '2026-02-28T01:40:00.000Z', '2026-02-28T01:38:00.000Z', 'token_revoked; it may have arrived', 1);

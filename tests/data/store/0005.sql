-- Rows of the fifth schema: two reminders that went out as one, and one that nobody answered twice.
insert into outbox (key, case_number, round, occasion, stage, due_on, channel, recipient, detail,
    state, attempts, queued_at, next_attempt_at, last_attempt_at, sent_at, text, bundle,
    unknown_outcomes) values
    ('S-136936/1/assigned/2026-03-17/slack:C00BLI0001/unit:bli', 'S-136936', 1, 'stage', 'assigned',
     '2026-03-17', 'slack:C00BLI0001', 'unit:bli', '', 'sent', 1, '2026-02-26T01:30:00.000Z',
     '2026-02-26T01:32:00.000Z', '2026-02-26T01:30:00.000Z', '2026-02-26T01:30:01.000Z',
     '【新案分派】', 'burst/3/2026-02-26T01:30:00.000Z', 0),
    ('S-136936/1/before-3/2026-03-17/teams:flow/unit:bli', 'S-136936', 1, 'stage', 'before-3',
     '2026-03-17', 'teams:flow', 'unit:bli', '', 'sending', 2, '2026-02-27T01:30:00.000Z',
     '2026-02-27T01:40:00.000Z', '2026-02-27T01:38:00.000Z', null, null, null, 2);

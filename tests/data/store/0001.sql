-- Rows as the first schema holds them: an open comment, an answered request, what was said of them.
insert into cases values
    ('C-558380', 'comment', '題', '勞動部勞工保險局', 6100, '勞保統計', 'https://data.gov.tw/dataset/6100',
     '2026-03-02T09:00:00', '2026-03-02', '2026-03-02', 'posted', 1, 'open', null,
     '2026-03-02T01:30:00.000Z', null),
    ('S-136936', 'request', '希望開放', '勞動部勞工保險局', null, null, 'https://data.gov.tw/suggests/136936',
     '2026-02-24T00:00:00', '2026-02-25', '2026-02-26', 'observed', 2, 'replied',
     '2026-03-02T02:00:00.000Z', '2026-02-26T01:30:00.000Z', null);
insert into awaiting values ('S-136940', '2026-03-02T01:30:00.000Z');
insert into history (case_number, at, actor, event, before, after) values
    ('C-558380', '2026-03-02T01:30:00.000Z', 'platform', 'new', '', '勞動部勞工保險局');
insert into datasets values (6100, '勞保統計', '勞動部勞工保險局', 1, '2026-03-02T01:30:00.000Z');
insert into outbox (key, case_number, round, occasion, stage, due_on, channel, recipient, detail,
    state, attempts, queued_at, next_attempt_at, last_attempt_at, sent_at, text, receipt_channel,
    receipt_ts) values
    ('C-558380/1/assigned/2026-03-20/slack:C00BLI0001/unit:bli', 'C-558380', 1, 'stage', 'assigned',
     '2026-03-20', 'slack:C00BLI0001', 'unit:bli', '', 'sent', 1, '2026-03-02T01:30:00.000Z',
     '2026-03-02T01:32:00.000Z', '2026-03-02T01:30:00.000Z', '2026-03-02T01:30:01.000Z', '【新案分派】',
     'C00BLI0001', '1772415001.000100'),
    ('C-558380/1/after-5/2026-03-20/slack:C00BLI0001/unit:bli', 'C-558380', 1, 'stage', 'after-5',
     '2026-03-20', 'slack:C00BLI0001', 'unit:bli', '', 'queued', 0, '2026-03-09T01:00:00.000Z',
     '2026-03-09T01:00:00.000Z', null, null, null, null, null);
insert into runs (stage, started_at, took_ms, good, report) values
    ('poll', '2026-03-02T01:30:00.000Z', 812, 1, 'platform: 1 changes');
insert into alarms (code, subject, detail, raised_at) values
    ('case_vanished', 'C-558380', 'kept', '2026-03-02T03:00:00.000Z');

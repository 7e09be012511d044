-- Rows of the fourteenth schema: a user who is signed in, and one who was removed.
insert into users (name, role, units, mail, password, added_at, added_by) values
    ('王小明', 'administrator', '', 'wang@example.gov.tw', null, '2026-03-02T01:00:00.000Z', 'root');
insert into users (name, role, units, added_at, added_by, removed_at, removed_by) values
    ('李訓練', 'officer', 'wda-training', '2026-03-02T01:00:00.000Z', 'root',
        '2026-03-03T01:00:00.000Z', 'root');
insert into sessions (hash, name, begun_at, seen_at, ends_at) values
    ('5f2b', '王小明', '2026-03-02T01:00:00.000Z', '2026-03-02T01:00:00.000Z',
        '2026-03-02T11:00:00.000Z');

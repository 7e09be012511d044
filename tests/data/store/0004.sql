-- Rows of the fourth schema: a silence that runs, and one that was ended early.
insert into silences (unit, until, reason, actor, since, ended_at, ended_by) values
    ('bli', '2026-03-06', '辦公室搬遷', '王小明', '2026-03-02T01:00:00.000Z', null, null),
    ('wda', '2026-03-06', '系統維護', '王小明', '2026-03-02T01:00:00.000Z', '2026-03-03T01:00:00.000Z', '李訓練');

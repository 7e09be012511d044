-- Rows of the twenty-third schema: somebody whose password was changed.
insert into user_events (at, name, by, event, role, units)
    values ('2026-03-03T01:00:00.000Z', '王小明', '李資訊', 'password', 'administrator', '');

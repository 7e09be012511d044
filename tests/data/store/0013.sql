-- Rows of the thirteenth schema: a token in force, and one that was revoked.
insert into tokens (hash, name, scope, role, units, added_at, added_by, expires_at) values
    ('4f2b', '儀表板', 'read', 'viewer', '', '2026-03-02T01:00:00.000Z', '王小明',
        '2027-03-02T01:00:00.000Z');
insert into tokens (hash, name, scope, role, units, added_at, added_by, expires_at, revoked_at,
    revoked_by) values
    ('4f2c', '行事曆', 'calendar', 'officer', 'bli-planning', '2026-03-02T01:00:00.000Z', '王小明',
        '2027-03-02T01:00:00.000Z', '2026-03-03T01:00:00.000Z', '王小明');

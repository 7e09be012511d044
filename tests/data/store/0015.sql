-- Rows of the fifteenth schema: a session as it is since nobody but `users` says what its owner may do.
insert into sessions (hash, name, begun_at, seen_at, ends_at) values
    ('6a3c', '王小明', '2026-03-02T02:00:00.000Z', '2026-03-02T02:00:00.000Z',
        '2026-03-02T12:00:00.000Z');

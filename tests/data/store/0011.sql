-- Rows of the eleventh schema: a restoration that is over.
insert into restorations (known_until, restored_at, over_at) values
    ('2026-02-27T18:00:00.000Z', '2026-02-28T01:00:00.000Z', '2026-03-02T01:00:00.000Z');

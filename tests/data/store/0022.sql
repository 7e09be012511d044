-- Rows of the twenty-second schema: a dataset whose comments were read, and cannot be had any more.
insert into datasets (nid, title, agency, comments, read_at, tried_at, failing_since)
    values (6109, '題', '勞動部勞工保險局', 3, '2026-02-10T02:00:00.000Z', '2026-02-11T02:00:00.000Z', '2026-02-11T01:00:00.000Z');

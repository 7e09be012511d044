-- Rows of the twelfth schema: a dataset that is gone, a list that was read.
insert into datasets (nid, title, agency, comments, read_at, listed, gone_on, badge, frequency,
    updated_on) values
    (6101, '職業災害統計', '勞動部職業安全衛生署', 0, null, 0, '2026-03-04', '金', '每月', '2026-02-10');
insert into readings values ('datasets changed', '2026-03-05T01:00:00.000Z');

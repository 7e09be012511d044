-- Rows of the second schema: a calendar that was changed once, and a proposal.
insert into calendar_contents values ('aa', x'41'), ('bb', x'42');
insert into calendar_versions values
    (1, '2026-03-01T00:00:00.000Z', 'start', 'first start', 0, 1),
    (2, '2026-03-02T00:00:00.000Z', '王小明', 'closed 2026-03-17', 0, 1);
insert into calendar_version_files values (1, '2026.csv', 'aa'), (2, '2026.csv', 'aa'), (2, 'closures.toml', 'bb');
insert into calendar_proposals values (2027, 'bb', 'https://www.dgpa.gov.tw/116.csv', '2026-03-02T00:00:00.000Z');

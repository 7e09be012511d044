-- Rows of the third schema: an extension that waits, a hold that ended, an answer to be followed up.
insert into extensions values
    ('C-558380', 1, 1, 5, '等候廠商', '王小明', '2026-03-05T01:00:00.000Z', 'asked', null, null);
insert into holds values
    ('C-558380', 1, 1, '2026-03-05', '請民眾補充', '王小明', '2026-03-05T01:00:00.000Z', 0,
     '2026-03-06', '王小明', '2026-03-06T01:00:00.000Z');
insert into follow_ups values ('S-136936', 2, '2026-03-02T02:00:00.000Z', null, null, null, null);
update cases set own_clock = 1 where number = 'C-558380';

-- Rows of the eighth schema: a link that was used, a click that waits.
insert into tickets values
    ('link/00', '2026-03-05T01:00:00.000Z', '王小明', 'acknowledge', 'C-558380');
insert into clicks values
    ('U1/acknowledge/C-558380/1/1.1', '2026-03-05T01:00:00.000Z', 'U1', 'acknowledge', 'C-558380', 1,
     'C1', '1.000100', null, null, '', null);

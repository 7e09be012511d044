-- Rows of the tenth schema: a due day that a person gave, an item ticked, an item of the case's own.
update cases set due_given = '2026-04-30', own_clock = 1 where number = 'C-558380';
insert into checklist_items values
    ('C-558380', 1, 'approval', null, '2026-03-05', '勞資字第1150000001號', '王小明',
     '2026-03-05T01:00:00.000Z'),
    ('C-558380', 2, '6100', '勞保統計', null, null, null, null);

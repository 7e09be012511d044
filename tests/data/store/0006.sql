-- Rows of the sixth schema: what became of an earlier question.
insert into follow_ups values ('S-136936', 1, '2026-02-25T02:00:00.000Z', 'planned', '下半年',
    '吳保險', '2026-03-02T02:00:00.000Z');

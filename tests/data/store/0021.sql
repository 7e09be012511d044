-- Rows of the twenty-first schema: a round that ended with the answer it was brought in with.
insert into ended_rounds values ('S-136938', 2, '勞動部勞工保險局', null, '2026-02-02', 'given', null,
    '2026-02-11T02:00:00.000Z', 1);

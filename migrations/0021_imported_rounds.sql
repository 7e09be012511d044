-- The answer that a case was brought in with is its first round's, whichever round it was in by then.
alter table ended_rounds add column imported integer not null default 0 check (imported in (0, 1));
update ended_rounds set imported = 1
    where exists (select 1 from history as h where h.case_number = ended_rounds.case_number and h.event = 'imported')
        and round = (select min(round) from ended_rounds as first where first.case_number = ended_rounds.case_number);

-- How each round of a case stood when the next one began (再回復). Its extensions and holds stand in their tables.
create table ended_rounds (
    case_number    text not null,
    round          integer not null,
    agency         text not null,             -- which had it then, as the platform wrote it
    given_to       text,                      -- the unit a person had given it to
    starts_on      text not null,             -- day zero
    start_origin   text not null,
    due_given      text,                      -- the due day, where no limit decided
    replied_at     text,                      -- null: nobody saw when
    primary key (case_number, round)
) strict, without rowid;

-- Of those that ended before this, by what the history and the follow-ups say.
insert into ended_rounds
select ended.case_number, cast(ended.before as integer), c.agency, c.given_to,
    coalesce(iif(began.event = 'new_round', date(began.at, '+8 hours'), substr(began.after, 1, 10)), c.assigned_on),
    coalesce(iif(began.event = 'new_round', 'observed', nullif(substr(began.after, 12), '')), 'given'),
    null,
    (select answered_at from follow_ups as f where f.case_number = ended.case_number
        and f.round = cast(ended.before as integer))
from history as ended join cases as c on c.number = ended.case_number
    left join history as began on began.id = (select max(id) from history
        where case_number = ended.case_number and id < ended.id
            and event in ('new', 'added', 'new_round', 'start_corrected', 'start_given')
            and (event = 'new_round' or after glob '[12][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'))
where ended.event = 'new_round' and cast(ended.before as integer) > 0
on conflict do nothing;

-- What these are asked of is the recipient's, by whichever channel: the key says so.
update or ignore outbox set key = (select replace(first.key, '/' || first.channel || '/' || first.recipient,
            '/' || first.recipient) || substr(outbox.key, length(first.key) + 1)
        from outbox as first where first.key = substr(outbox.key, 1, instr(outbox.key, ' > ') - 1))
    where occasion in ('reply_not_shown', 'follow_up_asked') and key like '% > %'
        and exists (select 1 from outbox as first
            where first.key = substr(outbox.key, 1, instr(outbox.key, ' > ') - 1));
update or ignore outbox set key = replace(key, '/' || channel || '/' || recipient, '/' || recipient)
    where occasion in ('reply_not_shown', 'follow_up_asked') and key not like '% > %';

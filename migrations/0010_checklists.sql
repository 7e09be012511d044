-- What must be done and signed for before a case is done, and due days that a person gave.

alter table cases add column due_given text;                        -- the due day, where no limit decides

-- Items that were ticked, and those that only this case has. Those its kind asks for stand in the config.
create table checklist_items (
    case_number    text not null,
    ordinal        integer not null,          -- 1, and one more for each
    item           text not null,             -- its short name
    name           text,                      -- null: its kind names it
    done_on        text,                      -- null: not done, with all that follows
    document       text,
    ticked_by      text,
    ticked_at      text,
    primary key (case_number, item)
) strict, without rowid;

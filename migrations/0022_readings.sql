-- When the comments of a dataset were last asked for, whatever came of it, and since when they cannot be had.
alter table datasets add column tried_at text;
alter table datasets add column failing_since text;
update datasets set tried_at = read_at,
    failing_since = (select max(read_at) from readings
        where list = 'comments of dataset ' || nid || ' unanswered' and read_at > coalesce(datasets.read_at, ''));
delete from readings where list glob 'comments of dataset * unanswered';

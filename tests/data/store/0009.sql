-- Rows of the ninth schema: what a past case leaves in the history of one that is there.
update cases set imported = 1 where number = 'S-136936';

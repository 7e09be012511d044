-- What somebody signed in may do is what `users` says, and only that: nobody else ever said it.
alter table sessions drop column role;
alter table sessions drop column units;

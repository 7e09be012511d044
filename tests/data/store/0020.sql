-- Rows of the twentieth schema: the supervisor is not reached, and nor is the unit.
insert into alarms (code, subject, detail, raised_at) values
    ('message_undelivered', 'S-136937 supervisor:bli', 'mail:boss@example.gov.tw: 5.1.1', '2026-02-12T02:00:00.000Z');

-- 0003: the deadline of a conversation's wait. Its row in the mailbox may be due earlier and is then written anew (runtime/deadline.c).
-- Conversations that are made together have their first turns together: their pages need room for all of these at once.
ALTER TABLE funnel.conv ADD COLUMN deadline int8 NOT NULL DEFAULT 0;
ALTER TABLE funnel.conv SET (fillfactor = 60);

-- 0003: the deadline of a conversation's wait. Its row in the mailbox may be due earlier and is then written anew (runtime/deadline.c).
ALTER TABLE funnel.conv ADD COLUMN deadline int8 NOT NULL DEFAULT 0;

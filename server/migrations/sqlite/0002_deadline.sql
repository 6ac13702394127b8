-- The deadline of a conversation's wait. Its row in the mailbox may be due earlier and is then written anew (runtime/deadline.c).
ALTER TABLE conv ADD COLUMN deadline INTEGER NOT NULL DEFAULT 0;

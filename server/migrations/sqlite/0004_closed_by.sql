-- Who closed an effect (runtime/closers.def): of a dead letter in effect, of what was sent in message.
ALTER TABLE effect ADD COLUMN closed_by INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN closed_by INTEGER NOT NULL DEFAULT 0;

-- 0005: who closed an effect (runtime/closers.def): of a dead letter in effect, of what was sent in sent. A constant default: no row is written.
ALTER TABLE funnel.effect ADD COLUMN closed_by int2 NOT NULL DEFAULT 0;
ALTER TABLE funnel.sent ADD COLUMN closed_by int2 NOT NULL DEFAULT 0;

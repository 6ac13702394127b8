-- 0004: messages are listed by conversation only; the index by time was two insertions a turn for nobody. Retention finds old ones by blocks.
DROP INDEX funnel.message_at;
CREATE INDEX message_at ON funnel.message USING brin (at);

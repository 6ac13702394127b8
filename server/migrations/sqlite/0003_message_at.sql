-- Messages are listed by conversation only; the index by time was two insertions a turn for nobody.
DROP INDEX message_at;

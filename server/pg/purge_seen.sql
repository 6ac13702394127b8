-- PURGE, a piece at a time: no statement runs long.
WITH d AS (
    DELETE FROM funnel.seen WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM funnel.seen WHERE day < $1::int8 AND ($2::int8 = 0 OR tenant_id = $2::int8) LIMIT $3::int8))
    RETURNING 1)
SELECT count(*) FROM d

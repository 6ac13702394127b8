-- REPLAY: a dead letter lives again (epoch 0: whoever owns the shard adopts it), or is forgotten.
WITH gone AS (
    DELETE FROM funnel.effect WHERE tenant_id = $1::int8 AND conv_id = $2::int8 AND eff_id = $3::int8 AND state = 4 AND $4::int8 = 1
    RETURNING 1),
back AS (
    UPDATE funnel.effect SET state = 1, epoch = 0, attempts = 0, resent = 0, next_at = 0, closed_by = 0
    WHERE tenant_id = $1::int8 AND conv_id = $2::int8 AND eff_id = $3::int8 AND state = 4 AND $4::int8 = 0
    RETURNING 1)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM back)

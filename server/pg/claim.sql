-- CLAIM. States: 1 READY, 2 STARTED, 3 UNKNOWN, 4 DEAD. The state it gets tells what it was: RETURNING knows only the new row.
WITH t AS MATERIALIZED (
    SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[]) AS t(k, tenant, conv, effect, epoch, attempts))
UPDATE funnel.effect e SET state = CASE e.state WHEN 1 THEN 2 ELSE 3 END, epoch = t.epoch, attempts = e.attempts + 1
FROM t WHERE e.tenant_id = t.tenant AND e.conv_id = t.conv AND e.eff_id = t.effect
    AND e.state <> 4 AND (e.epoch < t.epoch OR (e.epoch = t.epoch AND e.state = 1 AND e.attempts = t.attempts))
RETURNING t.k, e.state, e.epoch, e.attempts, e.resent

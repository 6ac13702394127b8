-- CLAIM. States: 1 READY, 2 STARTED, 4 DEAD.
WITH t AS MATERIALIZED (
    SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[]) AS t(k, tenant, conv, effect, epoch, attempts))
UPDATE funnel.effect e SET state = 2, epoch = t.epoch, attempts = t.attempts + 1
FROM t WHERE e.tenant_id = t.tenant AND e.conv_id = t.conv AND e.eff_id = t.effect
    AND e.state <> 4 AND e.epoch <= t.epoch AND (e.state = 1 OR e.epoch < t.epoch)
RETURNING t.k

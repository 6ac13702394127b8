-- How the effects stand that CLAIM or DONE did not change.
SELECT t.k, e.state, e.epoch, e.attempts, e.resent
FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[]) AS t(k, tenant, conv, effect)
JOIN funnel.effect e ON e.tenant_id = t.tenant AND e.conv_id = t.conv AND e.eff_id = t.effect

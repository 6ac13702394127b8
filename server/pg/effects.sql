SELECT tenant_id, conv_id, eff_id, channel_id, contact_id, host, policy, lane, state, attempts, resent, call, epoch, next_at, created_at,
       payload, funnel, ext_id, reason, closed_by
FROM funnel.effect
WHERE tenant_id = $1::int8 AND ($2::int8 = 0 OR conv_id = $2::int8) AND (state = 4) = ($3::int8 = 1)
  AND (conv_id, eff_id) > ($4::int8, $5::int8)
ORDER BY conv_id, eff_id LIMIT $6::int8

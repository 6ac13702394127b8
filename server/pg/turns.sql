SELECT seq, at, record FROM funnel.turn_log
WHERE tenant_id = $1::int8 AND conv_id = $2::int8 AND seq > $3::int8 ORDER BY seq LIMIT $4::int8

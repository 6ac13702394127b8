SELECT msg_id, conv_id, at, dir, delivery, kind, body, ext_id FROM funnel.message
WHERE tenant_id = $1::int8 AND conv_id = $2::int8 AND ($3::int8 = 0 OR (at, msg_id) < ($3::int8, $4::int8))
ORDER BY at DESC, msg_id DESC LIMIT $5::int8

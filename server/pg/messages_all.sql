SELECT msg_id, conv_id, at, dir, delivery, kind, body, ext_id FROM funnel.message
WHERE tenant_id = $1::int8 AND (at, msg_id) < (CASE WHEN $2::int8 = 0 THEN 9223372036854775807 ELSE $2::int8 END, $3::int8)
ORDER BY at DESC, msg_id DESC LIMIT $4::int8

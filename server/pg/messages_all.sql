-- MESSAGES of a tenant, newest first.
SELECT m.msg_id, m.conv_id, m.at, m.dir, COALESCE(s.delivery, m.delivery), m.kind, m.body,
       CASE WHEN s.ext_id <> '' THEN s.ext_id ELSE m.ext_id END
FROM (SELECT * FROM funnel.message WHERE tenant_id = $1::int8
      AND (at, msg_id) < (CASE WHEN $2::int8 = 0 THEN 9223372036854775807 ELSE $2::int8 END, $3::int8)
      ORDER BY at DESC, msg_id DESC LIMIT $4::int8) m
LEFT JOIN funnel.sent s ON s.tenant_id = m.tenant_id AND s.conv_id = m.conv_id AND s.msg_id = m.msg_id
ORDER BY m.at DESC, m.msg_id DESC

-- MESSAGES of a conversation, newest first.
SELECT m.msg_id, m.conv_id, m.at, m.dir, COALESCE(s.delivery, m.delivery), m.kind, m.body,
       CASE WHEN s.ext_id <> '' THEN s.ext_id ELSE m.ext_id END, COALESCE(s.closed_by, 0)
FROM (SELECT * FROM funnel.message WHERE tenant_id = $1::int8 AND conv_id = $2::int8 AND ($3::int8 = 0 OR (at, msg_id) < ($3::int8, $4::int8))
      ORDER BY at DESC, msg_id DESC LIMIT $5::int8) m
LEFT JOIN funnel.sent s ON s.tenant_id = m.tenant_id AND s.conv_id = m.conv_id AND s.msg_id = m.msg_id
ORDER BY m.at DESC, m.msg_id DESC

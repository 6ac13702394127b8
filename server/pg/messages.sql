-- MESSAGES of a conversation, newest first; $6: only what went out and has the provider's id, without its body.
SELECT m.msg_id, m.conv_id, m.at, m.dir, COALESCE(s.delivery, m.delivery), m.kind, CASE WHEN $6::int8 = 0 THEN m.body ELSE '' END,
       CASE WHEN s.ext_id <> '' THEN s.ext_id ELSE m.ext_id END, COALESCE(s.closed_by, 0)
FROM (SELECT * FROM funnel.message a WHERE tenant_id = $1::int8 AND conv_id = $2::int8 AND ($3::int8 = 0 OR (at, msg_id) < ($3::int8, $4::int8))
          AND ($6::int8 = 0 OR (dir <> 1 AND EXISTS (
              SELECT FROM funnel.sent b WHERE b.tenant_id = $1::int8 AND b.conv_id = $2::int8 AND b.msg_id = a.msg_id AND b.ext_id <> '')))
      ORDER BY at DESC, msg_id DESC LIMIT $5::int8) m
LEFT JOIN funnel.sent s ON s.tenant_id = m.tenant_id AND s.conv_id = m.conv_id AND s.msg_id = m.msg_id
ORDER BY m.at DESC, m.msg_id DESC

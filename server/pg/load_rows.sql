-- LOAD, the mailboxes, oldest first. known: an echo (kind 2) of a message that we sent.
SELECT t.k, i.in_id, i.kind, i.due_at, i.received_at, i.ref, i.payload,
       CASE WHEN i.kind = 2 AND i.ref <> '' THEN EXISTS (
           SELECT FROM funnel.sent s WHERE s.tenant_id = t.tenant AND s.ext_id = i.ref AND s.conv_id = t.conv) ELSE false END::int::int8
FROM unnest($1::int8[], $2::int8[], $3::int8[]) AS t(k, tenant, conv)
CROSS JOIN LATERAL (
    SELECT * FROM funnel.inbox x WHERE x.tenant_id = t.tenant AND x.conv_id = t.conv ORDER BY x.received_at, x.in_id LIMIT $4::int8) i
ORDER BY t.k, i.received_at, i.in_id

-- DOC_GET: one key, or those behind `after` in the order of their bytes.
SELECT collection, key, body, rev FROM funnel.doc
WHERE tenant_id = $1::int8 AND collection = $2::bytea AND key >= CASE WHEN $3::bytea <> '' THEN $3::bytea ELSE $4::bytea END
  AND CASE WHEN $3::bytea <> '' THEN key = $3::bytea ELSE key > $4::bytea END
ORDER BY key LIMIT $5::int8

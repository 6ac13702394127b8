-- PUBLISH. A repetition (same hash) changes neither version nor previous. No row: there is no such image.
INSERT INTO funnel.pub (tenant_id, funnel, hash, previous, channel_id, version, at, inflight, canary, percent)
SELECT $1::int8, $2::bytea, $3::bytea, ''::bytea, $4::int8, CASE WHEN $3::bytea = '' THEN 0 ELSE 1 END, $5::int8, $6::int8::int2, $7::bytea, $8::int8
WHERE ($3::bytea = '' OR EXISTS (SELECT FROM funnel.image i WHERE i.tenant_id = $1::int8 AND i.hash = $3::bytea))
  AND ($7::bytea = '' OR EXISTS (SELECT FROM funnel.image i WHERE i.tenant_id = $1::int8 AND i.hash = $7::bytea))
ON CONFLICT (tenant_id, funnel) DO UPDATE SET
    previous = CASE WHEN pub.hash = excluded.hash THEN pub.previous ELSE pub.hash END,
    version = pub.version + CASE WHEN pub.hash = excluded.hash THEN 0 ELSE 1 END,
    hash = excluded.hash, channel_id = excluded.channel_id, at = excluded.at, inflight = excluded.inflight, canary = excluded.canary,
    percent = excluded.percent
RETURNING version, previous

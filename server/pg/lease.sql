-- LEASE, on the database's clock. $1 node, $2 ttl ms, $3 take every shard, $4 give mine back, $5 shards wanted (1024 numbers).
WITH c AS MATERIALIZED (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::int8 AS now),
o AS MATERIALIZED (SELECT s.shard, s.node, s.expires_at FROM funnel.shard_owner s ORDER BY s.shard FOR UPDATE),
mine AS (
    UPDATE funnel.shard_owner s SET
        node = CASE WHEN $4::int8 = 1 THEN ''::bytea ELSE $1::bytea END,
        epoch = s.epoch + CASE WHEN $4::int8 = 1 OR o.node = $1::bytea THEN 0 ELSE 1 END,
        expires_at = CASE WHEN $4::int8 = 1 THEN c.now ELSE c.now + $2::int8 END
    FROM o, c
    WHERE s.shard = o.shard AND
          CASE WHEN $4::int8 = 1 THEN o.node = $1::bytea
               ELSE o.node = $1::bytea OR (($5::int8[])[o.shard + 1] <> 0 AND ($3::int8 = 1 OR o.expires_at <= c.now)) END
    RETURNING s.shard, s.epoch),
beat AS (
    INSERT INTO funnel.node (node, expires_at) SELECT $1::bytea, CASE WHEN $4::int8 = 1 THEN 0 ELSE c.now + $2::int8 END FROM c
    ON CONFLICT (node) DO UPDATE SET expires_at = excluded.expires_at),
dead AS (DELETE FROM funnel.node n USING c WHERE n.expires_at < c.now - 86400000 AND n.node <> $1::bytea)
SELECT -1::int8, c.now, (SELECT count(*) FROM funnel.node n WHERE n.expires_at > c.now AND n.node <> $1::bytea) + 1 - $4::int8 FROM c
UNION ALL SELECT shard, epoch, 0 FROM mine WHERE $4::int8 = 0

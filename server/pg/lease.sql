-- LEASE, on the database's clock. $1 node, $2 ttl ms, $3 take every shard, $4 give mine back, $5 for each of the 1024
-- shards: 1 take it when it is free, 2 give it back. Answers -1: clock and number of nodes; -2: name of another living node; else a shard of mine.
WITH c AS MATERIALIZED (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::int8 AS now),
o AS MATERIALIZED (SELECT s.shard, s.node, s.expires_at, $4::int8 = 1 OR ($5::int8[])[s.shard + 1] = 2 AS give
                     FROM funnel.shard_owner s ORDER BY s.shard FOR UPDATE),
mine AS (
    UPDATE funnel.shard_owner s SET
        node = CASE WHEN o.give THEN ''::bytea ELSE $1::bytea END,
        epoch = s.epoch + CASE WHEN o.give OR o.node = $1::bytea THEN 0 ELSE 1 END,
        expires_at = CASE WHEN o.give THEN c.now ELSE c.now + $2::int8 END
    FROM o, c
    WHERE s.shard = o.shard AND
          (o.node = $1::bytea OR (NOT o.give AND ($5::int8[])[o.shard + 1] = 1 AND ($3::int8 = 1 OR o.expires_at <= c.now)))
    RETURNING s.shard, s.epoch, o.give),
beat AS (
    INSERT INTO funnel.node (node, expires_at) SELECT $1::bytea, CASE WHEN $4::int8 = 1 THEN 0 ELSE c.now + $2::int8 END FROM c
    ON CONFLICT (node) DO UPDATE SET expires_at = excluded.expires_at),
dead AS (DELETE FROM funnel.node n USING c WHERE n.expires_at < c.now - 86400000 AND n.node <> $1::bytea)
SELECT -1::int8, c.now, (SELECT count(*) FROM funnel.node n WHERE n.expires_at > c.now AND n.node <> $1::bytea) + 1 - $4::int8, ''::bytea FROM c
UNION ALL SELECT -2, 0, 0, n.node FROM funnel.node n, c WHERE n.expires_at > c.now AND n.node <> $1::bytea
UNION ALL SELECT shard, epoch, 0, ''::bytea FROM mine WHERE NOT give

-- DUE: open effects of an epoch below their shard's, of whole conversations behind ($2, $3). The conversation that crosses
-- the limit is given whole; the last column tells whether there are more.
WITH x AS MATERIALIZED (
    SELECT e.tenant_id, e.conv_id, count(*) AS n FROM funnel.effect e
    WHERE (e.tenant_id, e.conv_id) > ($2::int8, $3::int8) AND e.state <> 4 AND e.epoch < ($1::int8[])[e.shard + 1]
    GROUP BY 1, 2 ORDER BY 1, 2 LIMIT $4::int8 + 1),
y AS MATERIALIZED (SELECT x.*, sum(n) OVER (ORDER BY tenant_id, conv_id) - n AS before FROM x)
SELECT e.tenant_id, e.conv_id, e.eff_id, e.channel_id, e.contact_id, e.host, e.policy, e.lane, e.state, e.attempts, e.resent, e.call,
       e.epoch, e.next_at, e.created_at, e.payload, e.funnel, e.ext_id, e.reason,
       (EXISTS (SELECT FROM y WHERE before >= $4::int8))::int::int8
FROM y JOIN funnel.effect e ON e.tenant_id = y.tenant_id AND e.conv_id = y.conv_id
WHERE y.before < $4::int8 AND e.state <> 4 AND e.epoch < ($1::int8[])[e.shard + 1]
ORDER BY 1, 2, 3

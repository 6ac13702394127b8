-- RECEIPT: statuses of sent messages; they never go back (the highest of a batch counts).
WITH t AS MATERIALIZED (SELECT * FROM unnest($1::int8[], $2::int8[], $3::bytea[], $4::int8[]) AS t(k, tenant, ext_id, delivery)),
f AS MATERIALIZED (
    SELECT DISTINCT ON (t.k) t.k, t.tenant, t.delivery, s.conv_id, s.msg_id FROM t
    JOIN funnel.sent s ON s.tenant_id = t.tenant AND s.ext_id = t.ext_id WHERE t.ext_id <> '' ORDER BY t.k, s.conv_id, s.msg_id),
g AS MATERIALIZED (SELECT tenant, conv_id, msg_id, max(delivery) AS delivery FROM f GROUP BY 1, 2, 3 ORDER BY 1, 2, 3),
u AS (
    UPDATE funnel.sent s SET delivery = g.delivery FROM g
    WHERE s.tenant_id = g.tenant AND s.conv_id = g.conv_id AND s.msg_id = g.msg_id AND s.delivery < g.delivery)
SELECT k, conv_id FROM f

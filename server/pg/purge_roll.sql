-- PURGE adds up the metric deltas of past hours ($1) that are still in parts.
WITH d AS (
    DELETE FROM funnel.metric_delta WHERE bucket < $1::int8 AND part <> 0 RETURNING tenant_id, key, bucket, n)
INSERT INTO funnel.metric_delta (tenant_id, key, bucket, part, n)
SELECT tenant_id, key, bucket, 0, sum(n) FROM d GROUP BY 1, 2, 3
ON CONFLICT (tenant_id, key, bucket, part) DO UPDATE SET n = metric_delta.n + excluded.n

SELECT key, CASE WHEN $5::int8 = 1 THEN bucket ELSE 0 END, sum(n)::int8 FROM funnel.metric_delta
WHERE tenant_id = $1::int8 AND key >= $4::bytea AND substr(key, 1, length($4::bytea)) = $4::bytea AND bucket >= $2::int8 AND bucket < $3::int8
GROUP BY 1, 2 ORDER BY 1, 2 LIMIT $6::int8

SELECT funnel, prog, stage, status, count(*) FROM funnel.conv
WHERE tenant_id = $1::int8 AND status IN (1, 2) AND ($2::bytea = '' OR funnel = $2::bytea)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4

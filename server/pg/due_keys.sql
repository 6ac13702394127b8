-- DUE: conversations with due rows among the $4 most overdue rows; epochs 0 are not mine.
SELECT x.tenant_id, x.conv_id, min(x.due_at), sum(count(*)) OVER () :: int8
FROM (SELECT i.tenant_id, i.conv_id, i.due_at FROM funnel.inbox i
      WHERE i.due_at <= $1::int8 AND ($2::int8[])[i.shard + 1] <> 0 ORDER BY i.due_at LIMIT $4::int8) x
GROUP BY 1, 2 ORDER BY 3, 2 LIMIT $3::int8

-- DUE: the earliest instant behind now.
SELECT i.due_at FROM funnel.inbox i WHERE i.due_at > $1::int8 AND i.due_at < 9223372036854775807 AND ($2::int8[])[i.shard + 1] <> 0
ORDER BY i.due_at LIMIT 1

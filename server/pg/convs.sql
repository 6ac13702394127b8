SELECT conv_id, channel_id, contact_id, seq, epoch, token, run_seq, clock, timer, deadline, last_in_at, created_at, updated_at, status, owner,
       address, funnel, stage, prog, CASE WHEN $2::int8 <> 0 THEN snap ELSE ''::bytea END, team, reason
FROM funnel.conv
WHERE tenant_id = $1::int8 AND conv_id > CASE WHEN $2::int8 <> 0 THEN $2::int8 - 1 ELSE $3::int8 END
  AND ($2::int8 = 0 OR conv_id = $2::int8) AND ($4::int8 = 0 OR channel_id = $4::int8)
  AND ($5::int8 < 0 OR status = $5::int8) AND ($6::int8 < 0 OR owner = $6::int8)
ORDER BY conv_id LIMIT $7::int8

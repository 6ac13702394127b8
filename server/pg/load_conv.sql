-- LOAD, the conversations with what is known about their contacts. Read before the rows: a turn that commits in between makes our compare-and-set fail.
-- The last column is the newest open effect of an earlier owner, in the snapshot of seq: what a late COMMIT of his adds behind it makes ours fail.
-- It is asked only for the first turn of an epoch: behind it no earlier one comes in.
SELECT t.k, c.channel_id, c.contact_id, c.seq, c.epoch, c.token, c.run_seq, c.clock, c.timer, c.deadline, c.last_in_at, c.created_at, c.updated_at,
       c.status, c.owner, c.address, c.funnel, c.stage, c.prog, c.snap, c.team, c.reason,
       COALESCE((SELECT string_agg(int4send(length(p.name)) || p.name || int4send(length(p.value)) || p.value, ''::bytea)
                 FROM funnel.contact_pair p WHERE p.tenant_id = c.tenant_id AND p.contact_id = c.contact_id), ''),
       COALESCE((SELECT substr(a.alias, 7) FROM funnel.contact_alias a WHERE a.tenant_id = c.tenant_id AND a.contact_id = c.contact_id
                 AND substr(a.alias, 1, 6) = 'phone:'::bytea LIMIT 1), ''),
       CASE WHEN c.epoch < t.epoch THEN COALESCE((
           SELECT e.eff_id FROM funnel.effect e WHERE e.tenant_id = c.tenant_id AND e.conv_id = c.conv_id
               AND e.epoch < t.epoch AND e.state <> 4 ORDER BY e.eff_id DESC LIMIT 1), -1) ELSE -1 END
FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[]) AS t(k, tenant, conv, epoch)
JOIN funnel.conv c ON c.tenant_id = t.tenant AND c.conv_id = t.conv

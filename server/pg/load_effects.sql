-- LOAD, their open effects (4: DEAD). Behind the conversations: a turn that is in them has its effects here.
SELECT e.tenant_id, e.conv_id, e.eff_id, e.channel_id, e.contact_id, e.host, e.policy, e.lane, e.state, e.attempts, e.resent, e.call,
       e.epoch, e.next_at, e.created_at, e.payload, e.funnel, e.ext_id, e.reason
FROM unnest($1::int8[], $2::int8[], $3::int8[]) AS t(k, tenant, conv)
JOIN funnel.effect e ON e.tenant_id = t.tenant AND e.conv_id = t.conv AND e.state <> 4
ORDER BY t.k, e.eff_id

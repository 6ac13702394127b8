SELECT funnel, hash, previous, channel_id, version, at, inflight, canary, percent FROM funnel.pub
WHERE tenant_id = $1::int8 AND hash <> '' ORDER BY funnel

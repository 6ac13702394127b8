-- What became of the turns that COMMIT did not count: a snapshot of its own, for the one of COMMIT is older than what it waited for.
SELECT t.k, c.seq, c.token
FROM unnest($1::int8[], $2::int8[], $3::int8[]) AS t(k, tenant, conv)
JOIN funnel.conv c ON c.tenant_id = t.tenant AND c.conv_id = t.conv

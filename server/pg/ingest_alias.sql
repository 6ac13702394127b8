-- The further aliases of contacts that INGEST found or made, in the same transaction.
WITH a AS MATERIALIZED (SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::bytea[], $5::int8[]) AS a(k, n, tenant, alias, new_id)),
found AS MATERIALIZED (
    SELECT DISTINCT ON (a.k) a.k, x.contact_id FROM a JOIN funnel.contact_alias x ON x.tenant_id = a.tenant AND x.alias = a.alias
    ORDER BY a.k, a.n)
INSERT INTO funnel.contact_alias (tenant_id, alias, contact_id)
SELECT DISTINCT ON (a.tenant, a.alias) a.tenant, a.alias, f.contact_id FROM a JOIN found f ON f.k = a.k
WHERE NOT EXISTS (SELECT FROM funnel.contact_alias x WHERE x.tenant_id = a.tenant AND x.alias = a.alias)
ORDER BY a.tenant, a.alias, a.k
ON CONFLICT DO NOTHING

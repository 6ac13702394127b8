-- LOAD, what is known about the contacts, by name.
SELECT t.k, p.name, p.value
FROM unnest($1::int8[], $2::int8[], $3::int8[]) AS t(k, tenant, conv)
JOIN funnel.conv c ON c.tenant_id = t.tenant AND c.conv_id = t.conv
JOIN funnel.contact_pair p ON p.tenant_id = c.tenant_id AND p.contact_id = c.contact_id
ORDER BY t.k, p.name

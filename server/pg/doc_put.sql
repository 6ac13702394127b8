-- DOC_PUT: all or none. The rows are locked first; a document that is not there yet is held by its key when it goes in, and a
-- loser of that race makes the statement fail with a unique violation, which is tried again.
WITH t AS MATERIALIZED (
    SELECT * FROM unnest($2::int8[], $3::bytea[], $4::bytea[], $5::bytea[], $6::int8[]) AS t(k, collection, key, body, rev)),
o AS MATERIALIZED (
    SELECT d.collection, d.key, d.rev FROM funnel.doc d JOIN t ON d.tenant_id = $1::int8 AND d.collection = t.collection AND d.key = t.key
    ORDER BY d.collection, d.key FOR UPDATE OF d),
n AS MATERIALIZED (
    SELECT t.*, COALESCE(o.rev, 0) AS old FROM t LEFT JOIN o ON o.collection = t.collection AND o.key = t.key),
good AS MATERIALIZED (SELECT NOT EXISTS (SELECT FROM n WHERE n.rev >= 0 AND n.rev <> n.old) AS ok),
del AS (
    DELETE FROM funnel.doc d USING n, good
    WHERE good.ok AND d.tenant_id = $1::int8 AND d.collection = n.collection AND d.key = n.key AND n.body = ''),
upd AS (
    UPDATE funnel.doc d SET body = n.body, rev = n.old + 1 FROM n, good
    WHERE good.ok AND d.tenant_id = $1::int8 AND d.collection = n.collection AND d.key = n.key AND n.body <> '' AND n.old <> 0),
ins AS (
    INSERT INTO funnel.doc (tenant_id, collection, key, rev, body)
    SELECT $1::int8, n.collection, n.key, 1, n.body FROM n, good WHERE good.ok AND n.body <> '' AND n.old = 0)
SELECT n.k, good.ok::int::int8, CASE WHEN n.body = '' THEN 0 ELSE n.old + 1 END::int8 FROM n, good

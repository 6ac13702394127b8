-- INGEST into conversations that are known by their number: most of what arrives. The dedupe key is the first thing written; who finds it
-- there is a duplicate. With $21 it also tells what LOAD would (frt_store.h, `told`), as of before this statement. No two items share a conversation or a dedupe key (store_pg_ingest.c sees to it).
-- state: 1 done, 2 duplicate, 3 mailbox full, 4 no such conversation
WITH t AS MATERIALIZED (
    SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::bytea[], $6::bytea[], $7::bytea[], $8::int8[], $9::int8[],
                         $10::int8[], $11::int8[], $12::bytea[], $13::bytea[], $14::int8[], $15::int8[], $16::int8[], $17::bytea[],
                         $18::bytea[], $19::bytea[])
        AS t(k, tenant, conv_id, day, dedupe, address, name, in_id, kind, due_at, received_at, ref, payload,
             log_at, log_dir, log_delivery, log_kind, log_body, log_ext)),
here AS MATERIALIZED (
    SELECT t.*, c.contact_id, c.shard, c.seq, c.address AS old_address,
           t.kind <> 1 AND
           (SELECT count(*) FROM (SELECT FROM funnel.inbox i WHERE i.tenant_id = t.tenant AND i.conv_id = t.conv_id LIMIT $20::int8) x) >= $20::int8
               AS crowded
    FROM t JOIN funnel.conv c ON c.tenant_id = t.tenant AND c.conv_id = t.conv_id),
new_seen AS (
    INSERT INTO funnel.seen (tenant_id, day, key) SELECT tenant, day, dedupe FROM here WHERE dedupe <> '' AND NOT crowded
    ON CONFLICT DO NOTHING RETURNING tenant_id, key),
ok AS MATERIALIZED (
    SELECT h.*, false AS made, last.in_id IS NULL AND h.kind = 1 AND $21::int8 <> 0 AS told,
           GREATEST(h.received_at, COALESCE(last.received_at, 0)) - h.received_at AS later,
           GREATEST(h.in_id,
               1 + COALESCE(last.in_id, 0),
               1 + COALESCE((SELECT m.msg_id FROM funnel.message m WHERE m.tenant_id = h.tenant AND m.conv_id = h.conv_id
                             AND m.msg_id < 4611686018427387904 ORDER BY m.msg_id DESC LIMIT 1), 0)) AS row_id
    FROM here h
    LEFT JOIN LATERAL (SELECT i.in_id, i.received_at FROM funnel.inbox i WHERE i.tenant_id = h.tenant AND i.conv_id = h.conv_id
                       AND i.in_id < 4611686018427387904 ORDER BY i.in_id DESC LIMIT 1) last ON true
    WHERE NOT h.crowded AND (h.dedupe = '' OR COALESCE((h.tenant, h.dedupe) IN (SELECT tenant_id, key FROM new_seen), false))),
-- include ingest_write.part.sql
SELECT t.k,
       CASE WHEN ok.k IS NOT NULL THEN 1
            WHEN h.k IS NULL THEN 4
            WHEN h.crowded AND NOT EXISTS (SELECT FROM funnel.seen s WHERE s.tenant_id = t.tenant AND s.day = t.day AND s.key = t.dedupe) THEN 3
            ELSE 2 END::int8,
       t.conv_id, COALESCE(h.contact_id, 0), COALESCE(ok.row_id, t.in_id), 0::int8,
       COALESCE(ok.told, false)::int::int8, COALESCE(ok.seq, 0),
       CASE WHEN ok.told THEN (
           SELECT count(*) FROM funnel.inbox i WHERE i.tenant_id = ok.tenant AND i.conv_id = ok.conv_id
           AND i.in_id >= 4611686018427387904) ELSE 0 END,
       CASE WHEN ok.told THEN COALESCE((
           SELECT string_agg(int4send(length(p.name)) || p.name || int4send(length(p.value)) || p.value, ''::bytea)
           FROM funnel.contact_pair p WHERE p.tenant_id = ok.tenant AND p.contact_id = ok.contact_id), '') ELSE '' END
FROM t LEFT JOIN here h ON h.k = t.k LEFT JOIN ok ON ok.k = t.k

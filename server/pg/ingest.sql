-- INGEST by a contact's aliases: contact and conversation are found or made; then the dedupe key, the mailbox row and the log line. An item
-- that lost a race against another node does nothing and comes back with state 0: a new snapshot will show what the other made.
-- Two nodes may have drawn the same number for theirs (ten bits of it are the node's): a new id that is taken makes nobody, and the item comes back
-- with state 0 until it is refused; both at once break the key of conv, and the statement begins anew. Never is one contact led to another's.
-- That is asked once for each item, and with an order that only the key of conv has: planned while conv was empty, other ways read all of a tenant's
-- conversations for each new contact.
-- What is known by its conversation's number is ingest_known.sql's. No two items share an alias or a dedupe key (store_pg_ingest.c sees to it).
-- state: 0 again, 1 done, 2 duplicate, 3 mailbox full
WITH t AS MATERIALIZED (
    SELECT *, (SELECT c.conv_id FROM funnel.conv c WHERE c.tenant_id = t.tenant AND c.conv_id BETWEEN t.new_id AND t.new_id
               ORDER BY c.conv_id LIMIT 1) IS NOT NULL AS taken
    FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::bytea[], $8::bytea[],
                         $9::bytea[], $10::int8[], $11::int8[], $12::int8[], $13::int8[], $14::bytea[], $15::bytea[], $16::int8[],
                         $17::int8[], $18::int8[], $19::bytea[], $20::bytea[], $21::bytea[])
        AS t(k, tenant, channel, new_id, new_shard, day, dedupe, address, name, in_id, kind, due_at, received_at, ref, payload,
             log_at, log_dir, log_delivery, log_kind, log_body, log_ext)),
a AS MATERIALIZED (SELECT * FROM unnest($22::int8[], $23::int8[], $24::int8[], $25::bytea[], $26::int8[]) AS a(k, n, tenant, alias, new_id)),
dup AS MATERIALIZED (
    SELECT t.k FROM t JOIN funnel.seen s ON s.tenant_id = t.tenant AND s.day = t.day AND s.key = t.dedupe WHERE t.dedupe <> ''),
found AS MATERIALIZED (
    SELECT DISTINCT ON (a.k) a.k, x.contact_id FROM a JOIN funnel.contact_alias x ON x.tenant_id = a.tenant AND x.alias = a.alias
    ORDER BY a.k, a.n),
new_alias AS (
    INSERT INTO funnel.contact_alias (tenant_id, alias, contact_id)
    SELECT a.tenant, a.alias, a.new_id FROM a
    WHERE a.n = 0 AND NOT COALESCE(a.k IN (SELECT k FROM found), false) AND NOT COALESCE(a.k IN (SELECT k FROM dup), false) AND
          NOT COALESCE(a.k IN (SELECT k FROM t WHERE taken), false)
    ON CONFLICT DO NOTHING RETURNING contact_id),
who AS MATERIALIZED (
    SELECT t.k, t.tenant, t.channel, f.contact_id FROM t JOIN found f ON f.k = t.k
    UNION ALL
    SELECT t.k, t.tenant, t.channel, t.new_id FROM t JOIN new_alias n ON n.contact_id = t.new_id),
old_conv AS MATERIALIZED (
    SELECT w.k, c.conv_id, c.contact_id, c.shard, c.address FROM who w
    JOIN funnel.conv c ON c.tenant_id = w.tenant AND c.channel_id = w.channel AND c.contact_id = w.contact_id),
new_conv AS (
    INSERT INTO funnel.conv (tenant_id, conv_id, channel_id, contact_id, shard, created_at, updated_at, address, room)
    SELECT t.tenant, t.new_id, t.channel, w.contact_id, t.new_shard, t.received_at, t.received_at, t.address,
           decode(repeat('00', 320), 'hex')
    FROM who w JOIN t ON t.k = w.k
    WHERE NOT COALESCE(w.k IN (SELECT k FROM old_conv), false) AND NOT COALESCE(w.k IN (SELECT k FROM dup), false) AND
          NOT t.taken
    ON CONFLICT (tenant_id, channel_id, contact_id) DO NOTHING RETURNING conv_id, contact_id, shard, address),
here AS MATERIALIZED (
    SELECT o.k, o.conv_id, o.contact_id, o.shard, o.address, false AS made FROM old_conv o
    UNION ALL
    SELECT t.k, n.conv_id, n.contact_id, n.shard, n.address, true FROM t JOIN new_conv n ON n.conv_id = t.new_id),
checked AS MATERIALIZED (
    SELECT h.*, t.kind <> 1 AND NOT h.made AND
           (SELECT count(*) FROM (SELECT FROM funnel.inbox i WHERE i.tenant_id = t.tenant AND i.conv_id = h.conv_id LIMIT $27::int8) x) >= $27::int8 AS crowded
    FROM here h JOIN t ON t.k = h.k),
new_seen AS (
    INSERT INTO funnel.seen (tenant_id, day, key)
    SELECT t.tenant, t.day, t.dedupe FROM t JOIN checked c ON c.k = t.k
    WHERE t.dedupe <> '' AND NOT c.crowded AND NOT COALESCE(t.k IN (SELECT k FROM dup), false)
    ON CONFLICT DO NOTHING RETURNING tenant_id, key),
ok AS MATERIALIZED (
    SELECT t.*, c.conv_id, c.contact_id, c.shard, c.made, c.address AS old_address,
           GREATEST(t.received_at, COALESCE(last.received_at, 0)) - t.received_at AS later,
           GREATEST(t.in_id,
               1 + COALESCE(last.in_id, 0),
               1 + COALESCE((SELECT m.msg_id FROM funnel.message m WHERE m.tenant_id = t.tenant AND m.conv_id = c.conv_id
                             AND m.msg_id < 4611686018427387904 ORDER BY m.msg_id DESC LIMIT 1), 0)) AS row_id
    FROM t JOIN checked c ON c.k = t.k
    LEFT JOIN LATERAL (SELECT i.in_id, i.received_at FROM funnel.inbox i WHERE i.tenant_id = t.tenant AND i.conv_id = c.conv_id
                       AND i.in_id < 4611686018427387904 ORDER BY i.in_id DESC LIMIT 1) last ON true
    WHERE NOT c.crowded AND NOT COALESCE(t.k IN (SELECT k FROM dup), false) AND
          (t.dedupe = '' OR COALESCE((t.tenant, t.dedupe) IN (SELECT tenant_id, key FROM new_seen), false))),
-- include ingest_write.part.sql
SELECT t.k,
       CASE WHEN COALESCE(t.k IN (SELECT k FROM dup), false) THEN 2
            WHEN ok.k IS NOT NULL THEN 1
            WHEN c.crowded THEN 3
            ELSE 0 END::int8,
       COALESCE(c.conv_id, 0), COALESCE(c.contact_id, 0), COALESCE(ok.row_id, t.in_id), COALESCE(c.made, false)::int::int8
FROM t LEFT JOIN checked c ON c.k = t.k LEFT JOIN ok ON ok.k = t.k

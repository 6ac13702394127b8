-- DONE. Verdicts: 0 SENT (a fact, from any epoch), 1 FAILED, 2 UNKNOWN, 3 RETRY: of the present attempt of an effect that is under way, or late and nothing.
-- States: 1 READY, 2 STARTED, 3 UNKNOWN, 4 DEAD. closed_by 8: LATE, it was a dead letter.
WITH t AS MATERIALIZED (
    SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[], $9::int8[],
                         $10::int8[], $11::int8[], $12::bytea[], $13::bytea[], $14::int8[], $15::int8[], $16::int8[], $17::int8[],
                         $18::int8[], $19::bytea[], $20::bytea[], $21::int8[])
        AS t(k, tenant, conv, effect, epoch, verdict, dropped, attempts, resent, at, next_at, ext_id, reason,
             in_id, shard, kind, due_at, received_at, ref, payload, closed_by)),
closed AS (
    DELETE FROM funnel.effect e USING t
    WHERE e.tenant_id = t.tenant AND e.conv_id = t.conv AND e.eff_id = t.effect AND
          (t.verdict = 0 OR (t.verdict = 1 AND t.dropped = 1 AND e.state IN (2, 3) AND e.epoch = t.epoch AND e.attempts = t.attempts))
    RETURNING t.k, e.state),
kept AS (
    UPDATE funnel.effect e SET resent = t.resent, reason = t.reason, closed_by = t.closed_by,
        state = CASE t.verdict WHEN 1 THEN 4 WHEN 2 THEN 3 ELSE 1 END,
        next_at = CASE t.verdict WHEN 1 THEN e.next_at ELSE t.next_at END,
        ext_id = CASE WHEN t.verdict <> 1 AND t.ext_id <> '' THEN t.ext_id ELSE e.ext_id END
    FROM t
    WHERE e.tenant_id = t.tenant AND e.conv_id = t.conv AND e.eff_id = t.effect AND
          t.verdict <> 0 AND NOT (t.verdict = 1 AND t.dropped = 1) AND e.state IN (2, 3) AND e.epoch = t.epoch AND e.attempts = t.attempts
    RETURNING t.k),
ok AS MATERIALIZED (SELECT k FROM closed UNION ALL SELECT k FROM kept),
failed AS (
    UPDATE funnel.message m SET delivery = 5 FROM t
    WHERE m.tenant_id = t.tenant AND m.conv_id = t.conv AND m.msg_id = (t.effect | 4611686018427387904) AND t.verdict = 1 AND
        COALESCE(t.k IN (SELECT k FROM ok), false)),
ext AS (
    INSERT INTO funnel.sent (tenant_id, ext_id, conv_id, msg_id, at, delivery, closed_by)
    SELECT t.tenant, t.ext_id, t.conv, t.effect | 4611686018427387904, t.at, 2,
        CASE WHEN COALESCE(t.k IN (SELECT k FROM closed WHERE state = 4), false) THEN 8 ELSE t.closed_by END FROM t
    WHERE t.verdict = 0 AND COALESCE(t.k IN (SELECT k FROM ok), false)
    ON CONFLICT (tenant_id, conv_id, msg_id) DO UPDATE SET
        ext_id = CASE WHEN excluded.ext_id <> '' THEN excluded.ext_id ELSE sent.ext_id END,
        delivery = CASE WHEN sent.delivery < 2 OR sent.delivery = 5 THEN 2 ELSE sent.delivery END,
        closed_by = excluded.closed_by),
box AS (
    INSERT INTO funnel.inbox (tenant_id, conv_id, in_id, shard, kind, due_at, received_at, ref, payload)
    SELECT t.tenant, t.conv, t.in_id, t.shard, t.kind, t.due_at, t.received_at, t.ref, t.payload FROM t
    WHERE t.in_id <> 0 AND COALESCE(t.k IN (SELECT k FROM ok), false) ON CONFLICT DO NOTHING)
SELECT k FROM ok

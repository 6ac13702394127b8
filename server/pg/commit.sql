-- COMMIT: a batch of turns in one statement. cas is the guard; everything else of a turn happens only when its number k is in it
-- (asked inside COALESCE so that it stays a hashed lookup, run once). A turn that loses contributes nothing, the rest commits.
-- Ids are derived from (seq, index) and seq is passed once: timers, effects, log lines and the turn's record never meet one like them, so they go
-- without ON CONFLICT, which would look each key up twice and log it twice.
-- derived is not -1 for a turn that was made from a message which is not here yet: then the guard also asks all that such a turn takes for granted
-- (frt_store.h), and the message's key is written. Somebody may write the same key at this very moment: then the statement fails as a whole, which is
-- rarer, and cheaper, than to look each key up a second time.
WITH t AS MATERIALIZED (
    SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[], $9::int8[], $10::int8[],
                         $11::int8[], $12::int8[], $13::int8[], $14::int8[], $15::int8[], $16::int8[], $17::bytea[], $18::bytea[],
                         $19::bytea[], $20::bytea[], $21::bytea[], $22::bytea[], $23::bytea[], $24::bytea[], $25::bytea[])
        AS t(k, tenant, conv, seq, epoch, token, run_seq, clock, timer, deadline, last_in_at, updated_at, status, owner, derived, day, funnel, stage,
             prog, snap, team, reason, record, dedupe, pairs)),
cas AS MATERIALIZED (
    UPDATE funnel.conv c SET seq = t.seq + 1, epoch = t.epoch, token = t.token, run_seq = t.run_seq, clock = t.clock, timer = t.timer, deadline = t.deadline,
        last_in_at = t.last_in_at, updated_at = t.updated_at, status = t.status, owner = t.owner, funnel = t.funnel, stage = t.stage,
        prog = t.prog, snap = t.snap, team = t.team, reason = t.reason, room = ''
    FROM t WHERE c.tenant_id = t.tenant AND c.conv_id = t.conv AND c.seq = t.seq AND c.epoch <= t.epoch AND (t.derived < 0 OR (
        NOT EXISTS (SELECT FROM funnel.seen s WHERE s.tenant_id = t.tenant AND s.day = t.day AND s.key = t.dedupe) AND
        (SELECT COALESCE(sum(CASE WHEN r.in_id < 4611686018427387904 THEN 100 ELSE 1 END), 0)
         FROM (SELECT i.in_id FROM funnel.inbox i WHERE i.tenant_id = t.tenant AND i.conv_id = t.conv LIMIT t.derived + 1) r) = t.derived AND
        COALESCE((
            SELECT string_agg(int4send(length(p.name)) || p.name || int4send(length(p.value)) || p.value, ''::bytea ORDER BY p.name)
            FROM funnel.contact_pair p WHERE p.tenant_id = c.tenant_id AND p.contact_id = c.contact_id), '') = t.pairs))
    RETURNING t.k, c.tenant_id, c.conv_id, c.contact_id, t.seq, t.clock, t.token, t.record, t.derived, t.day, t.dedupe),
new_seen AS (
    INSERT INTO funnel.seen (tenant_id, day, key) SELECT tenant_id, day, dedupe FROM cas WHERE derived >= 0),
gone AS (
    DELETE FROM funnel.inbox i USING unnest($26::int8[], $27::int8[], $28::int8[], $29::int8[]) AS x(k, tenant, conv, id)
    WHERE i.tenant_id = x.tenant AND i.conv_id = x.conv AND i.in_id = x.id AND COALESCE(x.k IN (SELECT k FROM cas), false)),
parked AS (
    UPDATE funnel.inbox i SET due_at = CASE x.park WHEN 1 THEN 9223372036854775807 ELSE i.received_at END
    FROM unnest($30::int8[], $31::int8[], $32::int8[], $33::int8[], $34::int8[]) AS x(k, tenant, conv, id, park)
    WHERE i.tenant_id = x.tenant AND i.conv_id = x.conv AND i.in_id = x.id AND COALESCE(x.k IN (SELECT k FROM cas), false)),
timers AS (
    INSERT INTO funnel.inbox (tenant_id, conv_id, in_id, shard, kind, due_at, received_at, ref, payload)
    SELECT x.tenant, x.conv, x.id, x.shard, x.kind, x.due_at, x.received_at, x.ref, x.payload
    FROM unnest($35::int8[], $36::int8[], $37::int8[], $38::int8[], $39::int8[], $40::int8[], $41::int8[], $42::int8[], $43::bytea[], $44::bytea[])
        AS x(k, tenant, conv, id, shard, kind, due_at, received_at, ref, payload)
    WHERE COALESCE(x.k IN (SELECT k FROM cas), false)),
effects AS (
    INSERT INTO funnel.effect (tenant_id, conv_id, eff_id, shard, channel_id, contact_id, host, policy, lane, state, attempts, resent, call,
                               epoch, next_at, created_at, payload, funnel, ext_id, reason)
    SELECT x.tenant, x.conv, x.id, x.shard, x.channel, x.contact, x.host, x.policy, x.lane, x.state, x.attempts, x.resent, x.call,
           x.epoch, x.next_at, x.created_at, x.payload, x.funnel, x.ext_id, x.reason
    FROM unnest($45::int8[], $46::int8[], $47::int8[], $48::int8[], $49::int8[], $50::int8[], $51::int8[], $52::int8[], $53::int8[],
                $54::int8[], $55::int8[], $56::int8[], $57::int8[], $58::int8[], $59::int8[], $60::int8[], $61::int8[], $62::bytea[],
                $63::bytea[], $64::bytea[], $65::bytea[])
        AS x(k, tenant, conv, id, shard, channel, contact, host, policy, lane, state, attempts, resent, call, epoch, next_at, created_at,
             payload, funnel, ext_id, reason)
    WHERE COALESCE(x.k IN (SELECT k FROM cas), false)),
l AS MATERIALIZED (
    SELECT * FROM unnest($66::int8[], $67::int8[], $68::int8[], $69::int8[], $70::int8[], $71::int8[], $72::int8[], $73::bytea[],
                         $74::bytea[], $75::bytea[])
        AS x(k, tenant, conv, id, at, dir, delivery, kind, body, ext_id)
    WHERE COALESCE(x.k IN (SELECT k FROM cas), false)),
lines AS (
    INSERT INTO funnel.message (tenant_id, conv_id, msg_id, at, dir, delivery, kind, body, ext_id)
    SELECT tenant, conv, id, at, dir, delivery, kind, body, ext_id FROM l),
ext AS (
    INSERT INTO funnel.sent (tenant_id, ext_id, conv_id, msg_id, at, delivery)
    SELECT tenant, ext_id, conv, id, at, delivery FROM l WHERE ext_id <> '' AND dir <> 1 ON CONFLICT DO NOTHING),
sums AS (
    INSERT INTO funnel.metric_delta (tenant_id, key, bucket, part, n)
    SELECT x.tenant, x.key, x.bucket, min(x.part), sum(x.n)
    FROM unnest($76::int8[], $77::int8[], $78::bytea[], $79::int8[], $80::int8[], $81::int8[]) AS x(k, tenant, key, bucket, n, part)
    WHERE COALESCE(x.k IN (SELECT k FROM cas), false) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (tenant_id, key, bucket, part) DO UPDATE SET n = metric_delta.n + excluded.n),
d AS MATERIALIZED (
    SELECT DISTINCT ON (x.tenant, x.collection, x.key) x.tenant, x.collection, x.key, x.body
    FROM unnest($82::int8[], $83::int8[], $84::int8[], $85::bytea[], $86::bytea[], $87::bytea[]) AS x(k, ord, tenant, collection, key, body)
    WHERE COALESCE(x.k IN (SELECT k FROM cas), false) ORDER BY x.tenant, x.collection, x.key, x.ord DESC),
docs_gone AS (
    DELETE FROM funnel.doc o USING d WHERE o.tenant_id = d.tenant AND o.collection = d.collection AND o.key = d.key AND d.body = ''),
docs AS (
    INSERT INTO funnel.doc (tenant_id, collection, key, rev, body)
    SELECT tenant, collection, key, 1, body FROM d WHERE body <> ''
    ON CONFLICT (tenant_id, collection, key) DO UPDATE SET body = excluded.body, rev = doc.rev + 1),
p AS MATERIALIZED (
    SELECT DISTINCT ON (cas.tenant_id, cas.contact_id, x.name) cas.tenant_id, cas.contact_id, x.name, x.value
    FROM unnest($88::int8[], $89::int8[], $90::bytea[], $91::bytea[]) AS x(k, ord, name, value) JOIN cas ON cas.k = x.k
    ORDER BY cas.tenant_id, cas.contact_id, x.name, x.ord DESC),
pairs_gone AS (
    DELETE FROM funnel.contact_pair o USING p
    WHERE o.tenant_id = p.tenant_id AND o.contact_id = p.contact_id AND o.name = p.name AND p.value = ''),
pairs AS (
    INSERT INTO funnel.contact_pair (tenant_id, contact_id, name, value)
    SELECT tenant_id, contact_id, name, value FROM p WHERE value <> ''
    ON CONFLICT (tenant_id, contact_id, name) DO UPDATE SET value = excluded.value),
turns AS (
    INSERT INTO funnel.turn_log (tenant_id, conv_id, seq, at, record)
    SELECT tenant_id, conv_id, seq, clock, record FROM cas WHERE record <> '')
SELECT k FROM cas

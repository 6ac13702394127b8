-- What both INGESTs do with the items that came through, `ok`: the row in the mailbox, the line of the log, the address and the name.
box AS (
    INSERT INTO funnel.inbox (tenant_id, conv_id, in_id, shard, kind, due_at, received_at, ref, payload)
    SELECT tenant, conv_id, row_id, shard, kind, due_at + later, received_at + later, ref, payload FROM ok),
line AS (
    INSERT INTO funnel.message (tenant_id, conv_id, msg_id, at, dir, delivery, kind, body, ext_id)
    SELECT tenant, conv_id, row_id, log_at, log_dir, log_delivery, log_kind, log_body, log_ext FROM ok WHERE log_kind <> ''),
ext AS (
    INSERT INTO funnel.sent (tenant_id, ext_id, conv_id, msg_id, at, delivery)
    SELECT tenant, log_ext, conv_id, row_id, log_at, log_delivery FROM ok WHERE log_kind <> '' AND log_ext <> '' AND log_dir <> 1 ON CONFLICT DO NOTHING),
moved AS (
    UPDATE funnel.conv c SET address = ok.address FROM ok
    WHERE c.tenant_id = ok.tenant AND c.conv_id = ok.conv_id AND NOT ok.made AND ok.address <> '' AND ok.address <> ok.old_address),
named AS (
    INSERT INTO funnel.contact_pair (tenant_id, contact_id, name, value)
    SELECT tenant, contact_id, 's:name'::bytea, name FROM ok
    WHERE name <> '' AND name IS DISTINCT FROM (
        SELECT p.value FROM funnel.contact_pair p WHERE p.tenant_id = ok.tenant AND p.contact_id = ok.contact_id AND p.name = 's:name'::bytea)
    ON CONFLICT (tenant_id, contact_id, name) DO UPDATE SET value = excluded.value)

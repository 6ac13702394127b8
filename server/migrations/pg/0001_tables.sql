-- 0001: the durable state (runtime/include/frt_types.h says what the columns mean).
--
-- Rules that hold for every table here, checked by tests/contract:
--   tenant_id comes first in each primary key and unique index, so that Citus can distribute by it;
--   no column that a turn changes is indexed, so that its update stays on the page (HOT);
--   texts from outside are bytea: any byte is kept, and the order is that of the bytes, as in every other store;
--   instants are milliseconds UTC.
CREATE TABLE funnel.conv (
    tenant_id int8 NOT NULL, conv_id int8 NOT NULL,
    channel_id int8 NOT NULL, contact_id int8 NOT NULL, shard int2 NOT NULL, created_at int8 NOT NULL,
    seq int8 NOT NULL DEFAULT 0, epoch int8 NOT NULL DEFAULT 0, token int8 NOT NULL DEFAULT 0,
    run_seq int8 NOT NULL DEFAULT 0, clock int8 NOT NULL DEFAULT 0, timer int8 NOT NULL DEFAULT 0,
    last_in_at int8 NOT NULL DEFAULT 0, updated_at int8 NOT NULL,
    status int2 NOT NULL DEFAULT 0, owner int2 NOT NULL DEFAULT 0,
    address bytea NOT NULL DEFAULT '', funnel bytea NOT NULL DEFAULT '', stage bytea NOT NULL DEFAULT '',
    prog bytea NOT NULL DEFAULT '', team bytea NOT NULL DEFAULT '', reason bytea NOT NULL DEFAULT '',
    snap bytea NOT NULL DEFAULT '',
    room bytea NOT NULL DEFAULT '', -- of a new row: the space that its first turn will need, so that this update stays on the page, too
    PRIMARY KEY (tenant_id, conv_id),
    UNIQUE (tenant_id, channel_id, contact_id)
) WITH (fillfactor = 70, toast_tuple_target = 4080, autovacuum_vacuum_scale_factor = 0.02,
        autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 1);
ALTER TABLE funnel.conv ALTER COLUMN snap SET STORAGE MAIN;

CREATE TABLE funnel.contact_alias (
    tenant_id int8 NOT NULL, alias bytea NOT NULL, contact_id int8 NOT NULL,
    PRIMARY KEY (tenant_id, alias)
);
CREATE INDEX contact_alias_contact ON funnel.contact_alias (tenant_id, contact_id);

CREATE TABLE funnel.contact_pair (
    tenant_id int8 NOT NULL, contact_id int8 NOT NULL, name bytea NOT NULL, value bytea NOT NULL,
    PRIMARY KEY (tenant_id, contact_id, name)
) WITH (fillfactor = 80);

-- Rows live for milliseconds: vacuum by count, never by share, and never give pages back.
CREATE TABLE funnel.inbox (
    tenant_id int8 NOT NULL, conv_id int8 NOT NULL, in_id int8 NOT NULL,
    shard int2 NOT NULL, kind int2 NOT NULL, due_at int8 NOT NULL, received_at int8 NOT NULL,
    ref bytea NOT NULL DEFAULT '', payload bytea NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, conv_id, in_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_insert_scale_factor = 0,
        autovacuum_vacuum_insert_threshold = 100000, autovacuum_vacuum_cost_delay = 0, vacuum_truncate = off);
CREATE INDEX inbox_due ON funnel.inbox (due_at);

CREATE TABLE funnel.seen (
    tenant_id int8 NOT NULL, day int8 NOT NULL, key bytea NOT NULL,
    PRIMARY KEY (tenant_id, day, key)
);
CREATE INDEX seen_day ON funnel.seen USING brin (day);

-- Open effects and dead letters. An open one lives until its DONE.
CREATE TABLE funnel.effect (
    tenant_id int8 NOT NULL, conv_id int8 NOT NULL, eff_id int8 NOT NULL,
    shard int2 NOT NULL, channel_id int8 NOT NULL, contact_id int8 NOT NULL,
    host int4 NOT NULL, policy int2 NOT NULL, lane int2 NOT NULL, state int2 NOT NULL,
    attempts int8 NOT NULL, resent int8 NOT NULL, call int8 NOT NULL,
    epoch int8 NOT NULL, next_at int8 NOT NULL, created_at int8 NOT NULL,
    payload bytea NOT NULL, funnel bytea NOT NULL, ext_id bytea NOT NULL DEFAULT '', reason bytea NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, conv_id, eff_id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0, vacuum_truncate = off);

-- Written once. What the provider says later about a message of ours is in sent, so that a DONE changes no row here; only a
-- failure is written into delivery. Readers take sent before message.
CREATE TABLE funnel.message (
    tenant_id int8 NOT NULL, conv_id int8 NOT NULL, msg_id int8 NOT NULL, at int8 NOT NULL,
    dir int2 NOT NULL, delivery int2 NOT NULL, kind bytea NOT NULL, body bytea NOT NULL,
    ext_id bytea NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, conv_id, msg_id)
);
CREATE INDEX message_at ON funnel.message (tenant_id, at, msg_id);

CREATE TABLE funnel.sent (
    tenant_id int8 NOT NULL, ext_id bytea NOT NULL, conv_id int8 NOT NULL, msg_id int8 NOT NULL, at int8 NOT NULL,
    delivery int2 NOT NULL,
    PRIMARY KEY (tenant_id, conv_id, msg_id)
) WITH (fillfactor = 80);
CREATE INDEX sent_ext ON funnel.sent (tenant_id, ext_id);

CREATE TABLE funnel.turn_log (
    tenant_id int8 NOT NULL, conv_id int8 NOT NULL, seq int8 NOT NULL, at int8 NOT NULL, record bytea NOT NULL,
    PRIMARY KEY (tenant_id, conv_id, seq)
);
CREATE INDEX turn_log_at ON funnel.turn_log USING brin (at);

-- Append-only, so that turns never wait for each other at a counter; PURGE adds them up under part 0.
CREATE TABLE funnel.metric_delta (
    tenant_id int8 NOT NULL, key bytea NOT NULL, bucket int8 NOT NULL, part int8 NOT NULL, n int8 NOT NULL,
    PRIMARY KEY (tenant_id, key, bucket, part)
);

CREATE TABLE funnel.image (
    tenant_id int8 NOT NULL, hash bytea NOT NULL, at int8 NOT NULL, bytes bytea NOT NULL,
    PRIMARY KEY (tenant_id, hash)
);
CREATE TABLE funnel.pub (
    tenant_id int8 NOT NULL, funnel bytea NOT NULL, hash bytea NOT NULL, previous bytea NOT NULL,
    channel_id int8 NOT NULL, version int8 NOT NULL, at int8 NOT NULL, inflight int2 NOT NULL,
    canary bytea NOT NULL, percent int8 NOT NULL,
    PRIMARY KEY (tenant_id, funnel)
);
CREATE TABLE funnel.doc (
    tenant_id int8 NOT NULL, collection bytea NOT NULL, key bytea NOT NULL, rev int8 NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (tenant_id, collection, key)
) WITH (fillfactor = 80);

-- Not of a tenant: who runs which part of the conversations.
CREATE TABLE funnel.shard_owner (
    shard int2 PRIMARY KEY, node bytea NOT NULL DEFAULT '', epoch int8 NOT NULL DEFAULT 0, expires_at int8 NOT NULL DEFAULT 0
) WITH (fillfactor = 25, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
INSERT INTO funnel.shard_owner (shard) SELECT generate_series(0, 1023);
CREATE TABLE funnel.node (node bytea PRIMARY KEY, expires_at int8 NOT NULL);

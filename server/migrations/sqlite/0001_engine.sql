-- The durable state of conversations (docs/storage.md). tenant first in every key. 9223372036854775807 is "never": a parked row.
CREATE TABLE conv (
  tenant INTEGER NOT NULL, conv INTEGER NOT NULL, shard INTEGER NOT NULL, channel INTEGER NOT NULL, contact INTEGER NOT NULL,
  seq INTEGER NOT NULL, epoch INTEGER NOT NULL, token INTEGER NOT NULL, run_seq INTEGER NOT NULL, clock INTEGER NOT NULL,
  timer INTEGER NOT NULL, last_in_at INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  status INTEGER NOT NULL, owner INTEGER NOT NULL, address TEXT NOT NULL, funnel TEXT NOT NULL, stage TEXT NOT NULL,
  prog BLOB NOT NULL, snap BLOB NOT NULL, team TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (tenant, conv)) STRICT;
CREATE UNIQUE INDEX conv_of ON conv (tenant, channel, contact);
CREATE INDEX conv_standing ON conv (tenant, funnel, status) WHERE status IN (1, 2);

CREATE TABLE contact (tenant INTEGER NOT NULL, contact INTEGER NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, contact)) STRICT, WITHOUT ROWID;
CREATE TABLE alias (tenant INTEGER NOT NULL, alias TEXT NOT NULL, contact INTEGER NOT NULL,
  PRIMARY KEY (tenant, alias)) STRICT, WITHOUT ROWID;
CREATE INDEX alias_contact ON alias (tenant, contact);
CREATE TABLE pair (tenant INTEGER NOT NULL, contact INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (tenant, contact, name)) STRICT, WITHOUT ROWID;

CREATE TABLE inbox (tenant INTEGER NOT NULL, conv INTEGER NOT NULL, id INTEGER NOT NULL, shard INTEGER NOT NULL, kind INTEGER NOT NULL,
  due_at INTEGER NOT NULL, received_at INTEGER NOT NULL, ref TEXT NOT NULL, payload BLOB NOT NULL,
  PRIMARY KEY (tenant, conv, id)) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_due ON inbox (due_at) WHERE due_at < 9223372036854775807;
CREATE TABLE seen (tenant INTEGER NOT NULL, day INTEGER NOT NULL, key TEXT NOT NULL,
  PRIMARY KEY (tenant, day, key)) STRICT, WITHOUT ROWID;

CREATE TABLE effect (
  tenant INTEGER NOT NULL, conv INTEGER NOT NULL, id INTEGER NOT NULL, shard INTEGER NOT NULL, channel INTEGER NOT NULL,
  contact INTEGER NOT NULL, host INTEGER NOT NULL, policy INTEGER NOT NULL, lane INTEGER NOT NULL, state INTEGER NOT NULL,
  attempts INTEGER NOT NULL, resent INTEGER NOT NULL, call INTEGER NOT NULL, epoch INTEGER NOT NULL, next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL, payload TEXT NOT NULL, funnel TEXT NOT NULL, ext_id TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (tenant, conv, id)) STRICT;
CREATE INDEX effect_dead ON effect (tenant, conv, id) WHERE state = 4;

CREATE TABLE message (tenant INTEGER NOT NULL, conv INTEGER NOT NULL, id INTEGER NOT NULL, at INTEGER NOT NULL, dir INTEGER NOT NULL,
  delivery INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, ext_id TEXT NOT NULL,
  PRIMARY KEY (tenant, conv, id)) STRICT;
CREATE INDEX message_at ON message (tenant, at, id);
CREATE INDEX message_ext ON message (tenant, ext_id) WHERE ext_id <> '';
CREATE TABLE turn (tenant INTEGER NOT NULL, conv INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, record TEXT NOT NULL,
  PRIMARY KEY (tenant, conv, seq)) STRICT;
CREATE TABLE metric (tenant INTEGER NOT NULL, key TEXT NOT NULL, bucket INTEGER NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (tenant, key, bucket)) STRICT, WITHOUT ROWID;

CREATE TABLE doc (tenant INTEGER NOT NULL, collection TEXT NOT NULL, key TEXT NOT NULL, rev INTEGER NOT NULL, at INTEGER NOT NULL,
  body TEXT NOT NULL, PRIMARY KEY (tenant, collection, key)) STRICT;
CREATE TABLE image (tenant INTEGER NOT NULL, hash BLOB NOT NULL, at INTEGER NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY (tenant, hash)) STRICT;
CREATE TABLE pub (tenant INTEGER NOT NULL, funnel TEXT NOT NULL, hash BLOB NOT NULL, previous BLOB NOT NULL, channel INTEGER NOT NULL,
  version INTEGER NOT NULL, at INTEGER NOT NULL, inflight INTEGER NOT NULL, canary BLOB NOT NULL, percent INTEGER NOT NULL,
  PRIMARY KEY (tenant, funnel)) STRICT, WITHOUT ROWID;
CREATE TABLE shard (shard INTEGER NOT NULL PRIMARY KEY, node TEXT NOT NULL, epoch INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;

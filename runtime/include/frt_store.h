/* frt_store.h: the durable state, behind four functions.
 *
 * An operation is a batch: arrays in, arrays out, a code for the whole and one for each item. It is submitted and later done, never inside
 * submit; so a helper thread (SQLite), a pipeline (PostgreSQL) and a deterministic queue (memory) look alike. Operations of one store are
 * carried out in the order of submission as far as they touch the same conversation; each W operation is atomic, and durable when done says so.
 *
 * op.code: FN_OK carried out, look at the items' codes. FN_UNAVAILABLE certainly not carried out, may be submitted again. FN_TIMEOUT not
 * known: submit the same operation again, unchanged; every W operation is so made that the repetition finds its own work (dedupe key, turn
 * token, derived ids, epochs). FN_INVALID, FN_LIMIT, FN_NO_MEMORY: refused for its content, nothing carried out: split it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FRT_STORE_H
#define FRT_STORE_H
#include "fn_arena.h"
#include "frt_types.h"

enum frt_op_kind {
#define FRT_OP(NAME, struct_name, mode, doc) FRT_OP_##NAME,
#include "store_ops.def"
#undef FRT_OP
    FRT_OPS
};
struct frt_op {
    enum frt_op_kind kind;
    enum fn_code code;
    struct fn_err err;               /* detail when code is not FN_OK */
    void (*done)(struct frt_op *op); /* on the loop's thread, from drain; may submit */
    void *owner;                     /* the caller's */
    struct fn_arena *arena;          /* caller's; answers are put there. Not touched by the caller until done */
    struct frt_op *next;             /* the store's */
};

struct frt_store_ops {
    const char *name; /* "memory", "sqlite", "postgresql" */
    /* Takes op until done. Never blocks, never fails: a full queue or a closed store gives FN_UNAVAILABLE through done. */
    void (*submit)(void *self, struct frt_op *op);
    /* Becomes readable when drain has something to do; -1 when drain must be called whenever the loop turns. */
    int (*poll_fd)(void *self);
    /* Runs the done callbacks of finished operations; returns how many. */
    size_t (*drain)(void *self);
    /* Gives every submitted operation back (FN_UNAVAILABLE or its true code) through done, then frees self. */
    void (*close)(void *self);
};
struct frt_store {
    const struct frt_store_ops *ops;
    void *self;
};
static inline void frt_store_submit(struct frt_store s, struct frt_op *op)
{
    s.ops->submit(s.self, op);
}
struct frt_op_info {
    const char *name; /* "INGEST" */
    char mode;        /* 'R' or 'W' */
};
extern const struct frt_op_info frt_op_infos[FRT_OPS];

/* -- mailbox ------------------------------------------------------------------------------------------------------------------- */
struct frt_ingest {
    int64_t tenant, channel;
    struct fn_str aliases
        [FRT_ALIASES]; /* "phone:5511987654321", "lid:…", "bsuid:…", "web:…": most stable first, at least one unless conv */
    unsigned n_aliases;
    int64_t conv;                /* in: a conversation already known, 0 find or create; out: its id */
    struct fn_str address, name; /* empty: keep */
    struct fn_str dedupe;        /* unique in a tenant for FRT_DEDUPE_DAYS; empty none */
    int64_t day;                 /* days since 1970 of the provider's timestamp, so that a repetition meets its first */
    int64_t new_id;     /* for a contact and conversation to be made; taken: nothing is done, code is FN_UNAVAILABLE */
    struct frt_row row; /* row.id is raised above the mailbox's last message when needed, and received_at and due_at to
                                  * its: the order of arrival is that of the commits, whatever the nodes' clocks say. out: the id */
    struct frt_message log; /* log.kind empty: no log line; id is the row's */
    /* out */
    enum fn_code
        code; /* FN_OK also for a duplicate; FN_LIMIT: mailbox full and the row is no message; FN_UNAVAILABLE: new_id is taken */
    bool duplicate, created;
    int64_t contact;
    /* out: what LOAD would say of the conversation, from the snapshot in which the row was appended. A store tells it, if at all, when the operation
     * has an arena, of a message into a conversation given by number, in whose mailbox no other row from outside lies, and of whose contact
     * at most FRT_TOLD_MAX bytes are known. */
    bool told;
    int64_t seq;            /* the conversation's */
    size_t n_derived;       /* timers and results in the mailbox; 8 stands for more, too */
    struct frt_pair *pairs; /* of the contact, by name */
    size_t n_pairs;
};
enum { FRT_DERIVED_MOST = 8, FRT_TOLD_MAX = 4096 };
/* Raises a row's instants to those of the last from outside in its mailbox. */
static inline void frt_row_behind(struct frt_row *row, int64_t last_at)
{
    int64_t later = last_at > row->received_at ? last_at - row->received_at : 0;
    row->received_at += later;
    row->due_at += later;
}
struct frt_op_ingest {
    struct frt_op op;
    struct frt_ingest *items;
    size_t n;
};

struct frt_loaded {
    struct frt_key key; /* in */
    int64_t epoch;      /* in: of its shard, as LEASE gave it; 0 does not ask for `orphan` */
    enum fn_code code;  /* FN_NOT_FOUND */
    int64_t
        orphan; /* its newest open effect of an epoch below `epoch`, as of the same moment as conv.seq; only while conv.epoch
                           is below it too: a turn of that epoch lets none of an earlier one in behind it. -1 none */
    struct frt_conv conv;
    struct frt_row *rows; /* all: due, future and parked, oldest first, at most FRT_BACKLOG_MAX + FRT_ROWS_MAX */
    size_t n_rows;
    struct frt_pair *pairs; /* of the contact, by name */
    size_t n_pairs;
    struct fn_str phone; /* of its "phone:" alias, without the prefix; empty none */
};
struct frt_op_load {
    struct frt_op op;
    struct frt_loaded *items;
    size_t n;
};

/* One conversation's turn. conv.seq, conv.epoch and conv.token as they were give the guard: the row must still have conv.seq and an epoch
 * not above conv.epoch; it then gets seq + 1 and `token`. Everything else of the turn happens only with it. When the row already has
 * seq + 1 and this token, the turn was committed before: FN_OK, nothing repeated. Otherwise FN_CONFLICT. */
struct frt_turn {
    struct frt_conv conv;   /* new content, seq = the OLD number, epoch = mine */
    int64_t token;          /* random */
    const int64_t *consume; /* rows to delete, cancelled timers among them; absent ones are ignored */
    size_t n_consume;
    const int64_t *park, *unpark; /* due_at = FRT_NEVER; due_at = received_at */
    size_t n_park, n_unpark;
    const struct frt_row
        *rows; /* timers; their ids, as those of effects, log lines and the record, are derived from seq: new */
    size_t n_rows;
    const struct frt_effect *effects;
    size_t n_effects;
    const struct frt_message *log;
    size_t n_log;
    const struct frt_metric *metrics;
    size_t n_metrics;
    const struct frt_doc *docs; /* rev is ignored: the last one wins */
    size_t n_docs;
    const struct frt_pair *pairs; /* contact data to set, or to remove */
    size_t n_pairs;
    struct fn_str record; /* for the turn log: JSON, what the turn was made from; empty none */
    /* A message that no INGEST brought: it is stored with the turn that it made, as its log line and its dedupe key; its row is never in the
     * mailbox. NULL: none. Of it count tenant, conv, dedupe (not empty), day, row.id, log, and what the turn took for granted: n_derived rows in
     * the mailbox, less than FRT_DERIVED_MOST, and none from outside; these pairs of the contact, all there are, by name. FN_CONFLICT also when one of
     * that is not so, or the key was seen before; then nothing of the message is stored. */
    const struct frt_ingest *direct;
    enum fn_code code; /* out */
};
struct frt_op_commit {
    struct frt_op op;
    struct frt_turn *items;
    size_t n;
};

/* -- effects ------------------------------------------------------------------------------------------------------------------------ */
struct frt_claim {
    int64_t tenant, conv, effect;
    int64_t epoch; /* mine */
    uint32_t
        attempts; /* the row's, as last known. One that has my epoch already is claimed only when READY with this number; one of a lower epoch in
                        * any state but DEAD. So what comes late finds nothing to do */
    /* out, of the row itself, whatever was known of it before: */
    bool
        ready; /* it was READY and is STARTED: nothing of it is out. Else it is UNKNOWN: a former owner may have sent it */
    uint32_t attempt; /* its attempts now: one more */
    uint32_t resent;
    enum fn_code code; /* FN_CONFLICT: it may not be claimed */
};
struct frt_op_claim {
    struct frt_op op;
    struct frt_claim *items;
    size_t n;
};
enum frt_verdict {
    FRT_V_SENT, /* a fact, from any epoch: the effect is deleted, its log line gets ext_id and SENT, a call gets its RESULT row */
    FRT_V_FAILED, /* given up: DEAD with reason; a call gets a RESULT row without a text, a send a FAILED row (fail_row) */
    FRT_V_UNKNOWN, /* UNKNOWN until next_at */
    FRT_V_RETRY    /* certainly not done, or to be done once more: READY, to be claimed again at next_at */
};
struct frt_done {
    int64_t tenant, conv, effect;
    int64_t
        epoch; /* verdicts but SENT need the row to have this epoch and this number of attempts, and to be STARTED or UNKNOWN */
    enum frt_verdict verdict;
    uint32_t attempts;         /* of which attempt */
    uint32_t resent;           /* new value */
    enum frt_closer closed_by; /* SENT, FAILED. One that was given up already and is SENT after all becomes LATE */
    int64_t at, next_at;
    struct fn_str ext_id, reason;
    bool fail_row;      /* FAILED: tell the program */
    bool drop;          /* FAILED: delete instead of keeping a dead letter */
    struct frt_row row; /* RESULT or FAILED row to insert; id 0 none */
    enum fn_code code;  /* FN_NOT_FOUND: closed already; FN_CONFLICT: not mine any more */
};
struct frt_op_done {
    struct frt_op op;
    struct frt_done *items;
    size_t n;
};

/* -- finding work --------------------------------------------------------------------------------------------------------------------- */
struct frt_op_due {
    struct frt_op op;
    const int64_t *epochs; /* FRT_SHARDS, as LEASE gave them: 0 is not mine; NULL: every shard, and no effects */
    int64_t now;
    size_t limit;         /* of each list */
    bool orphans;         /* asks for open effects of an epoch below that of their shard, instead of conversations */
    struct frt_key after; /* effects: behind this (tenant, conv); whole conversations are given even past limit */
    /* out */
    struct frt_key *keys; /* distinct conversations, most overdue first */
    size_t n_keys;
    struct frt_effect *effects; /* by (tenant, conv, id) */
    size_t n_effects;
    int64_t next_due; /* earliest due_at behind now, FRT_NEVER none */
    bool more;        /* effects: there are more behind the last */
};
struct frt_op_lease {
    struct frt_op op;
    struct fn_str node; /* unique name of the process */
    int64_t ttl_ms;
    bool all;             /* single node: take every shard now */
    bool release;         /* hand over: give mine back at once */
    const uint64_t *want; /* shards to take when free; NULL all */
    const uint64_t *give; /* shards of mine to give back now; NULL none */
    /* out */
    int64_t now;                /* the store's clock; 0 when it has none of its own */
    int64_t epochs[FRT_SHARDS]; /* of the shards this node holds, 0 not held */
    uint32_t nodes;             /* living ones */
    struct fn_str *others;      /* names of the other living nodes, in no order */
    size_t n_others;
};

/* -- catalogue -------------------------------------------------------------------------------------------------------------------------- */
struct frt_op_image_put {
    struct frt_op op;
    int64_t tenant, at;
    struct fn_str hash, bytes; /* a repetition is FN_OK */
};
struct frt_op_image_get {
    struct frt_op op;
    int64_t tenant;
    struct fn_str hash, bytes; /* out: bytes; op.code FN_NOT_FOUND */
};
struct frt_op_publish {
    struct frt_op op;
    int64_t tenant;
    struct frt_pub pub; /* out: previous, version. FN_NOT_FOUND: no such image */
};
struct frt_op_pubs {
    struct frt_op op;
    int64_t tenant;
    struct frt_pub *pubs; /* out, by funnel */
    size_t n;
};
struct frt_op_doc_put {
    struct frt_op op;
    int64_t tenant, at;
    struct frt_doc *docs; /* all or none; out: rev. op.code FN_CONFLICT: a revision did not fit */
    size_t n;
};
struct frt_op_doc_get {
    struct frt_op op;
    int64_t tenant;
    struct fn_str collection;
    struct fn_str key; /* this one; or empty: in key order, behind `after` */
    struct fn_str after;
    size_t limit;         /* at most 10,000 */
    struct frt_doc *docs; /* out */
    size_t n;
};

/* -- for people ---------------------------------------------------------------------------------------------------------------------------- */
struct frt_receipt {
    int64_t tenant, channel;
    struct fn_str ext_id;
    enum frt_delivery delivery; /* never goes back, but FAILED wins */
    enum fn_code code;          /* FN_NOT_FOUND: no such message (yet) */
    int64_t conv;               /* out */
};
struct frt_op_receipt {
    struct frt_op op;
    struct frt_receipt *items;
    size_t n;
};
struct frt_op_convs {
    struct frt_op op;
    int64_t tenant;
    int64_t conv;      /* only this one, 0 all */
    int64_t after;     /* conv ids behind this */
    int64_t channel;   /* 0 every */
    int status, owner; /* -1 every */
    size_t limit;
    struct frt_conv *convs; /* out, by id; snap is given only for a single one */
    size_t n;
};
struct frt_op_messages {
    struct frt_op op;
    int64_t tenant, conv;
    int64_t before_at, before_id; /* older than this; 0 from the newest */
    bool told;                    /* only what went out and has the provider's id; without its body */
    size_t limit;
    struct frt_message *messages; /* out, newest first */
    size_t n;
};
struct frt_turn_row {
    int64_t seq, at;
    struct fn_str record;
};
struct frt_op_turns {
    struct frt_op op;
    int64_t tenant, conv, after; /* seq behind this */
    size_t limit;
    struct frt_turn_row *turns; /* out, by seq */
    size_t n;
};
struct frt_op_metrics {
    struct frt_op op;
    int64_t tenant, from, to; /* buckets in [from, to) */
    struct fn_str prefix;     /* of keys */
    bool by_bucket;           /* else summed over the time */
    size_t limit;
    struct frt_metric *metrics; /* out, by key, bucket */
    size_t n;
};
struct frt_standing {
    struct fn_str funnel, prog, stage;
    enum frt_status status;
    int64_t n;
};
struct frt_op_standing {
    struct frt_op op;
    int64_t tenant;
    struct fn_str funnel;      /* empty all */
    struct frt_standing *rows; /* out: RUNNING and FAULTED ones */
    size_t n;
};
struct frt_op_effects {
    struct frt_op op;
    int64_t tenant;
    int64_t conv;         /* 0 every */
    bool dead;            /* dead letters; else the open ones */
    struct frt_key after; /* conv = conversation, tenant = effect id to go on behind */
    size_t limit;
    struct frt_effect *effects; /* out, by (conv, id) */
    size_t n;
};
struct frt_op_replay {
    struct frt_op op;
    int64_t tenant, conv, effect; /* FN_NOT_FOUND: no such dead letter */
    bool drop;                    /* forget it */
};
struct frt_op_purge {
    struct frt_op op;
    int64_t seen_before_day;                          /* 0: leave; days since 1970 */
    int64_t log_before, turns_before, metrics_before; /* ms; 0: leave */
    int64_t tenant;                                   /* 0 every */
    size_t removed;                                   /* out */
};
#endif

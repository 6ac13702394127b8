/* frt_engine.h: turns. One thread, no blocking, no I/O of its own: it submits operations to the store, hands effects to the provider, and is
 * moved on by their callbacks and by frt_engine_step. What it holds in memory it can lose.
 *
 *     ingest -> INGEST -> (commit) answer the webhook; conversation ready
 *     ready  -> LOAD -> settle rule -> VM until it waits -> COMMIT (batched, at most two in flight) -> effects to their lanes
 *     lane   -> [CLAIM] -> provider -> DONE -> next of the lane; results are mailbox rows
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FRT_ENGINE_H
#define FRT_ENGINE_H
#include "frt_env.h"
#include "frt_provider.h"
#include "frt_store.h"
#include "fvm_run.h"

struct frt_engine;

enum frt_log_level { FRT_LOG_DEBUG, FRT_LOG_INFO, FRT_LOG_WARN, FRT_LOG_ERROR };
/* Something worth a log line. Texts are borrowed during the call. */
struct frt_log {
    enum frt_log_level level;
    const char *event; /* "turn.fault", "effect.dead", "store.down" ... */
    int64_t tenant, conv, effect;
    struct fn_str text;
};
typedef void (*frt_log_fn)(void *ctx, const struct frt_log *line);
/* A conversation changed (committed turn, sent message): for web chat pushes and the inbox of attendants. Optional. */
typedef void (*frt_changed_fn)(void *ctx, int64_t tenant, int64_t channel, int64_t conv);
/* A message was stored for a conversation that another node runs: the others should look. Optional. */
typedef void (*frt_elsewhere_fn)(void *ctx);

struct frt_engine_config {
    struct frt_store store;
    struct frt_clock clock;
    struct frt_entropy entropy;
    struct frt_provider provider;
    const fvm_native_fn *natives; /* fsl_natives */
    struct fvm_limits limits;     /* 0 arena = fvm_limits_default */
    struct fn_str node;           /* name of this process, kept by the caller */
    uint32_t node_id;             /* 0..1023, in message ids */
    frt_log_fn log;
    frt_changed_fn changed;
    frt_elsewhere_fn elsewhere;
    void *ctx;    /* of the three */
    bool english; /* language of the engine's own messages (opt-out) */
    bool shared;  /* other nodes use this store too: take a share of the shards only, as long as the lease holds */
    bool forced;  /* tests only: run every shard without asking; two such nodes must harm nothing but their speed */
    /* 0 = default in brackets */
    uint32_t batch_turns;     /* [256] turns of a commit */
    uint32_t tenant_inflight; /* [8] conversations of a tenant between LOAD and COMMIT while others write, too */
    uint32_t
        ingest_max; /* [10,000] messages waiting for INGEST; beyond it, or half of it of one tenant, FN_UNAVAILABLE; a hundredth each tenant always has */
    uint32_t sends_max;                   /* [1,000] effects at the provider at once */
    uint32_t tenant_sends;                /* [a quarter of them] of one tenant */
    uint32_t tries;                       /* [25] sends of an effect until it is given up, but not before patience_ms */
    uint32_t patience_ms;                 /* [86,400,000] how long a message waits for a provider that does not work */
    uint32_t call_tries;                  /* [4] the same for calls: a customer waits */
    uint32_t retry_base_ms, retry_cap_ms; /* [500, 300,000] full jitter */
    uint32_t reconcile_ms;                /* [30,000] waiting for echo or status after an unknown outcome */
    uint32_t resends;                     /* [1] after an unknown outcome that stayed unknown; UINT32_MAX means none */
    uint32_t poll_ms;                     /* [1,000] longest time between two DUE while idle */
    uint32_t lease_ms;                    /* [10,000] how long a share holds without being renewed */
    size_t image_bytes;                   /* [64 MiB] of compiled funnels in memory, but for those in use */
    size_t recent_bytes;                  /* [16 MiB] of conversations as the last commit left them */
    uint32_t self_turns;                  /* [30] turns a minute that no message caused, then the conversation faults */
};

/* NULL with *err on bad configuration or no memory. */
struct frt_engine *frt_engine_new(const struct frt_engine_config *config, struct fn_err *err);
/* All operations must be back: close the store first, while the engine lives. Ingests that wait are refused. Sends still at the provider must
 * never be answered afterwards. */
void frt_engine_free(struct frt_engine *e);
/* LEASE and recovery begin; frt_engine_ready tells when turns run. Ingest works before. */
void frt_engine_start(struct frt_engine *e);
bool frt_engine_ready(const struct frt_engine *e);
/* Does what can be done now. Returns the wall time at which it wants to be called again (at the latest; FRT_NEVER none). Call it after every
 * round of store.drain and provider callbacks too. */
int64_t frt_engine_step(struct frt_engine *e);
/* Graceful end: no new turns, no new sends; true from frt_engine_drained when nothing is under way. */
void frt_engine_drain(struct frt_engine *e);
bool frt_engine_drained(const struct frt_engine *e);

/* Something from outside for one contact. Everything is copied. */
struct frt_inbound {
    int64_t tenant, channel;
    enum frt_in_kind kind; /* MESSAGE .. SAY */
    struct fn_str aliases[FRT_ALIASES];
    unsigned n_aliases; /* or conv */
    int64_t conv;       /* a known conversation, 0 by aliases */
    struct fn_str address, name;
    struct fn_str dedupe; /* "instance:remoteJid:fromMe:id"; for API calls the Idempotency-Key */
    struct fn_str ref;    /* the provider's message id */
    int64_t sent_at;      /* provider's timestamp ms, 0 unknown */
    struct frt_payload payload;
    struct fn_str log_kind, log_body; /* for the message log; empty: made from the payload */
};
struct frt_accepted {
    enum fn_code
        code; /* FN_OK: durable, answer 200. FN_INVALID, FN_LIMIT: refused for its content. Else not stored: answer 503 */
    bool duplicate;
    int64_t conv, contact;
};
typedef void (*frt_accepted_fn)(void *ctx, const struct frt_accepted *accepted);
/* `done` is called exactly once, never inside ingest; NULL allowed. */
void frt_engine_ingest(struct frt_engine *e, const struct frt_inbound *from, frt_accepted_fn done, void *ctx);
/* A delivery status for a message that was sent; settles an unknown outcome. key: frt_send.key echoed by the provider, or empty. */
void frt_engine_receipt(struct frt_engine *e, int64_t tenant, int64_t channel, struct fn_str ext_id, struct fn_str key,
                        enum frt_delivery delivery);
/* The tenant's catalogue changed (PUBLISH done). */
void frt_engine_reload(struct frt_engine *e, int64_t tenant);
/* A dead letter was replayed, a node died: look for effects without an owner now. */
void frt_engine_adopt(struct frt_engine *e);
/* Another node says that there is work: look for due rows now, not at the next poll. */
void frt_engine_nudge(struct frt_engine *e);

struct frt_engine_stats {
    uint64_t ingested, duplicates, refused;
    uint64_t turns, conflicts, traps, faults, fuel_slices, commits;
    uint64_t sent, retried, unknown, reconciled, resent, dead;
    uint64_t store_retries, turn_bytes; /* snapshot bytes written */
    uint32_t ready, loading, committing, sending, lanes, waiting_ingest;
    int64_t oldest_ready_at; /* 0 none */
    uint32_t mails;          /* conversations of which anything is in memory */
    uint32_t tenants;        /* that were active lately */
    size_t images, image_bytes, recent_bytes;
    uint32_t shards, nodes; /* held by this node; living nodes as of the last lease */
    uint64_t shards_lost;   /* taken by others while this node held them */
    uint64_t late_commits;  /* turns put off because a former owner's came behind the search for orphans */
    uint64_t fresh;         /* turns that needed no LOAD: INGEST told what it would have said */
    uint64_t direct;        /* turns that were stored together with their message */
    uint64_t indirect;      /* turns given up, whose message then went by INGEST */
    uint64_t behind;        /* messages that waited for one that was on its way in with its turn */
    bool store_ok;
};
void frt_engine_stats(const struct frt_engine *e, struct frt_engine_stats *out);
#endif

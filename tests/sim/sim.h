/* sim.h: one simulated world: customers, a provider, a store in memory and the real engine, all on virtual time and one seed.
 *
 * The memory store and what the customers, the provider and the receiver know survive a crash; the engine does not.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_H
#define SIM_H
#include "fn_buf.h"
#include "frt_engine.h"
#include "frt_memory.h"

enum {
    SIM_NODES = 2,
    SIM_CONTACTS = 4,
    SIM_MESSAGES = 200,
    SIM_EVENTS = 600,
    SIM_SENT = 600,
    SIM_TEXT = 160,
    SIM_VERSIONS = 6,
    SIM_REPLAYS = 100,
    SIM_HASH = 32
};

enum sim_count {
#define COUNT(NAME, words) SIM_N_##NAME,
#include "counts.def"
#undef COUNT
    SIM_COUNTS
};

struct sim_rates {                                     /* of a thousand */
    uint32_t crash, lose, vanish, refuse, hold, late;  /* store operations */
    uint32_t unknown, not_sent, rejected, cannot_tell; /* provider */
    uint32_t redeliver;                                /* webhooks */
    uint32_t slow_ms;                                  /* how long the provider's answers take at most; not a rate */
};
struct sim_message { /* a customer's message, until its webhook was answered 200 */
    unsigned contact;
    const char *text;
    bool event;
    char id[24];
    unsigned accepted; /* answers that were not duplicates */
    bool answered;
    int64_t row_seen; /* row id found in the log; check.c */
};
enum sim_event_kind {
    SIM_EV_DELIVER,
    SIM_EV_ANSWER,
    SIM_EV_BOOT,
    SIM_EV_STOP,
    SIM_EV_CONTINUE,
    SIM_EV_DISK_FULL,
    SIM_EV_CARRY,  /* the database goes on with what a stopped node sent */
    SIM_EV_BURY,   /* ... and with what a dead one did; then nothing is left of it */
    SIM_EV_LATE,   /* an operation whose answer was lost is carried out, whatever has become of its repetition */
    SIM_EV_JUMP,   /* a node's wall clock */
    SIM_EV_DEPLOY, /* a newer version, or a canary of it */
    SIM_EV_OPERATE /* somebody resumes what is parked and replays what is dead */
};
struct sim_event {
    int64_t at;
    enum sim_event_kind kind;
    struct sim_node *node;
    unsigned life; /* ANSWER: of the engine that asked */
    size_t message;
    frt_sent_fn done;
    void *ctx;
    enum frt_outcome outcome;
    bool present;
    char ext_id[24];
    struct sim_late *late;
};
struct sim_sent { /* what the receiver got */
    int64_t conv, effect;
    uint16_t host;
    char payload[SIM_TEXT];
    char ext_id[24];
};
/* alone: one node on the store. shared: two with a share each, that may be stopped for longer than a lease. forced: two that both run everything,
 * and an ordinary one behind them; what a contact is sent may then come in another order, but nothing is lost and nothing doubled. */
enum sim_kind { SIM_ALONE, SIM_SHARED, SIM_FORCED };
/* When a node is to be stopped: with its next turn, claim or verdict on the way to the database, or behind what the next turn is made from. */
enum sim_stop { SIM_STOP_NO, SIM_STOP_WRITING, SIM_STOP_LOADED };
struct sim_node {
    struct sim *sim;
    struct frt_store store;
    struct frt_engine *engine;
    struct frt_engine *dead; /* the one before it, whose operations the database still has */
    unsigned life;
    int64_t skew; /* of its wall clock */
    bool crash_now, stopped;
    enum sim_stop stop_soon;
};
struct sim_version {
    struct fn_buf image;
    const struct fbc_image *verified;
    char hash[SIM_HASH + 1];
};
struct sim_again { /* a dead letter that was replayed */
    int64_t conv, effect;
    unsigned times;
};
struct sim {
    uint64_t seed;
    enum sim_kind kind;
    struct frt_seeded random; /* of the world; the engine has its own */
    struct frt_seeded entropy;
    struct frt_fake_clock clock;
    struct sim_rates rates;
    bool faults, story;
    bool hurried; /* customers write in short pieces, and the store is slow */
    struct frt_memory *memory;
    struct frt_store store; /* the observer's */
    struct sim_node nodes[SIM_NODES];
    unsigned n_nodes;
    struct sim_node *acting; /* whose operations are being carried out */
    uint64_t counts[SIM_COUNTS];
    unsigned ids;
    bool carry_now;  /* somebody just looked for orphans: the worst moment for what is still in the database */
    bool taken_over; /* the forced nodes are gone, an ordinary one goes on */
    int64_t disk_full_until;
    struct sim_message messages[SIM_MESSAGES];
    size_t n_messages;
    struct sim_event events[SIM_EVENTS];
    size_t n_events;
    struct sim_sent sent[SIM_SENT];
    size_t n_sent;
    struct map_seq {
        int64_t conv, seq;
    } committed[SIM_CONTACTS * 4]; /* turns whose COMMIT was carried out */
    size_t n_committed;
    struct sim_version versions[SIM_VERSIONS];
    size_t n_versions;
    struct sim_again replays[SIM_REPLAYS];
    size_t n_replays;
    char failure[240]; /* the first broken invariant */
};

uint64_t sim_random(struct sim *s, uint64_t n); /* 0 .. n-1 */
bool sim_chance(struct sim *s, uint32_t of_thousand);
struct sim_event *sim_schedule(struct sim *s, enum sim_event_kind kind, int64_t in_ms);
/* operate.c: what people do meanwhile: deploys, resumes, replays */
void sim_publish_first(struct sim *s);
void sim_deploy(struct sim *s);
void sim_operate(struct sim *s);
/* late.c: CLAIM and DONE that a node submits again before the first is carried out */
struct sim_late *sim_late_take(const struct frt_op *op); /* a copy; NULL: not one of these */
void sim_late_run(struct sim *s, struct sim_late *late); /* carries it out and frees it */
void sim_late_free(struct sim_late *late);
void sim_tell(struct sim *s, const char *format, ...) FN_PRINTF(2, 3);
void sim_break(struct sim *s, const char *format, ...) FN_PRINTF(2, 3); /* an invariant does not hold */
void sim_run(struct sim *s);                                            /* world.c: until nothing moves any more */
void sim_check(struct sim *s);                                          /* check.c: the invariants at the end */
/* replay.c: makes all turns of a conversation again from their records; gives what they sent. */
struct sim_effect {
    int64_t id;
    uint16_t host;
    char payload[SIM_TEXT];
};
struct sim_replay {
    struct sim_effect effects[SIM_SENT];
    size_t n_effects;
    int64_t rows[SIM_SENT]; /* mailbox rows taken */
    size_t n_rows;
    int64_t answered[SIM_SENT]; /* result rows with a result */
    size_t n_answered;
    int64_t enters, upgrades;
};
void sim_replay(struct sim *s, const struct frt_op_turns *turns, struct sim_replay *out);
/* Runs an operation to its end with the engine gone. */
void sim_op(struct sim *s, enum frt_op_kind kind, struct frt_op *op, struct fn_arena *arena);
#endif

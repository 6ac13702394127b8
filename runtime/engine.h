/* engine.h: what the engine's files share. A conversation that has anything to do is a struct mail; one without is only in the store.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RUNTIME_ENGINE_H
#define RUNTIME_ENGINE_H
#include "fair.h"
#include "fn_buf.h"
#include "fn_json.h"
#include "frt_engine.h"
#include "map.h"

enum {
    RUNS_MAX = 8,
    BATCHES_MAX = 2,
    LOST_TRIES = 5, /* answers of the store, for which a message's sender waits */
    HOUR_MS = 3600000,
    TURN_ARENA = 8 << 20,
    CALLS_MAX = 64,
    NOTES_MAX = 254 - FRT_EFFECTS_MAX
};

struct engine_vec { /* in a turn's arena */
    void *at;
    size_t n, cap;
};

/* -- lanes ---------------------------------------------------------------------------------------------------------------------- */
enum send_state { SEND_QUEUED, SEND_CLAIMING, SEND_BLOCKED, SEND_SENDING, SEND_UNKNOWN, SEND_QUERYING, SEND_CLOSING };
struct sending {
    struct fair_item link; /* BLOCKED */
    struct frt_effect e;   /* texts in `block` */
    char *block;
    struct mail *mail;
    struct frt_engine *engine;
    enum send_state state;
    uint32_t asked; /* queries that did not reach the receiver */
    bool orphan;    /* its owner died: claim, then by policy */
    int64_t found;  /* epoch in which the search for orphans found it; 0 not */
    bool own;       /* orphan: this node had it before, and e.state is what it knows, if nobody has claimed it since */
    bool left;      /* a copy of it may be out: an echo can be of it */
    enum frt_closer confirmed; /* what told that it was sent: ECHO, RECEIPT, NOBODY */
    bool query;                /* BLOCKED: what it wanted */
    bool bare;                 /* the store refused its verdict for its texts */
    char key[64];
    char address[128], ext_id[128];
    struct frt_claim claim;
    struct frt_done done;
    struct fn_buf texts;      /* ext_id, reason, payload of `done` */
    struct sending *next;     /* lane */
    struct sending *next_job; /* claim or done queue */
};
struct lane {
    struct sending *first, *last;
    unsigned n;
};

/* -- conversations ------------------------------------------------------------------------------------------------------------------ */
enum mail_state {
    MAIL_IDLE,
    MAIL_READY,
    MAIL_LOADING,
    MAIL_CATALOGUE,
    MAIL_RUNNING,
    MAIL_READING,
    MAIL_COMMIT,
    MAIL_SETTLING
};
struct tenant {
    int64_t id;
    struct mail *first, *last; /* ready */
    struct tenant *next;       /* ring of those with ready conversations */
    bool listed;
    int32_t deficit;
    uint32_t inflight, sending;
    uint32_t ready, arriving;          /* conversations that wait for a turn; messages whose INGEST has not answered */
    int64_t modest_at, began_at;       /* last had no more to do than its share; last began a turn */
    uint32_t modest_work;              /* its part of the engine's */
    uint64_t paid, census;             /* share.c */
    struct fair_part inbound, blocked; /* want a batch; want a send */
    uint64_t batch;                    /* of INGEST, in which `batched` counts */
    uint32_t batched;
    struct catalogue *catalogue;
    unsigned watching; /* canaries being looked at */
    int64_t watch_at, used_at;
    bool in_use; /* cache.c's mark */
};
/* What comes from outside, until its sender has been answered. */
struct inbound {
    struct fair_item link;  /* first: the queue gives it back */
    struct tenant *t;       /* stays while it has something here */
    struct frt_ingest item; /* texts in `block` */
    struct fn_buf block;
    frt_accepted_fn done;
    void *ctx;
    enum fn_code refused; /* FN_OK: goes to the store */
    bool by_alias;        /* the caller gave no conversation */
    bool known;           /* its number is known.c's */
    bool modest;          /* counted in modest_work */
    bool plain;           /* goes by INGEST, whatever is known of the conversation */
    bool told;            /* its sender has his answer */
    unsigned ids;         /* tries with another new id */
    struct inbound *held; /* the one that came before it, in mail.held */
};
struct mail {
    int64_t tenant, conv, channel;
    struct tenant *t;
    enum mail_state state;
    bool modest;     /* READY: counted in modest_work */
    bool again;      /* something arrived while it was busy */
    bool known;      /* loaded once: address and last_in_at are there */
    int64_t wake_at; /* SETTLING */
    int64_t ready_at;
    int64_t self_since; /* minute in which self_turns counts */
    uint32_t self_turns, failures;
    struct turn *turn;
    struct load_batch *fresh; /* READY: what LOAD would say; NULL: ask it */
    struct inbound *held;     /* newest first: came behind a message that is on its way in with its turn */
    struct mail *next;        /* ready, or waiting for a catalogue */
    struct lane lanes[2];
    char address[128];
    int64_t last_in_at;
    uint64_t last_ref; /* of what was sent last, hashed: its echo may have been loaded before the log knew it */
};

/* -- catalogue -------------------------------------------------------------------------------------------------------------------------- */
struct cached_image {
    int64_t tenant;
    uint8_t hash[FRT_HASH];
    const struct fbc_image *image; /* NULL: refused by the verifier, or unknown */
    bool loading, settled;
    bool in_use; /* cache.c's mark */
    int64_t used_at;
    struct mail *waiting;
    struct cached_image *next; /* chain of one map slot */
};
struct catalogue {
    struct frt_pub *pubs;
    size_t n;
    struct fn_arena arena; /* of pubs */
    bool loaded, loading, stale;
    bool waits; /* what is being read must be served next: it was published here */
    int64_t loaded_at;
    struct frt_pub *coming; /* read anew; served as soon as all its images are here */
    size_t n_coming;
    struct fn_arena coming_arena;
    bool has_coming;
    struct mail *waiting;
};

/* -- a turn --------------------------------------------------------------------------------------------------------------------------------- */
struct load_batch {
    struct frt_op_load op;
    struct fn_arena arena;
    struct frt_engine *engine;
    size_t refs;
    struct turn **turns;
};
enum turn_phase { TURN_ROWS, TURN_SLICE, TURN_ANSWER };
struct turn {
    struct frt_engine *engine;
    enum turn_phase phase; /* what it wants the machine for */
    struct mail *mail;
    struct load_batch *batch;
    struct frt_loaded *in;
    struct inbound *direct; /* the message that made it and goes into the store with it; NULL: its rows are there */
    struct fn_arena arena;
    struct frt_conv next; /* what will be committed */
    const struct fbc_image *image;
    struct fvm_run *run; /* borrowed from the pool while the program runs */
    int64_t wall;        /* engine_now, read once: what comes due later is the next turn's */
    int64_t now;         /* the turn's clock, from the rows that are due */
    uint64_t seed;
    const struct catalogue *catalogue;
    bool began;  /* this turn started the program */
    bool vm;     /* the run holds this conversation */
    bool taken;  /* a row was taken: the program runs */
    bool modest; /* of a tenant that did not press then: counted in modest_work */
    bool self;   /* no message caused it */
    bool faulted, quarantined;
    bool must_move;      /* to the published version at the next stage, though it is pinned */
    struct fn_str ref;   /* the provider's id of the message the program took */
    struct fn_str goal;  /* stage to enter there, empty the same */
    bool personal;       /* the next effect is text with personal data */
    unsigned errors;     /* ways into the stage of `on error` */
    struct errors_seen { /* errors.c: what the contact's data say, once asked */
        struct fvm_errors e;
        int64_t seq; /* of the turn that came there last */
        bool read;
    } seen;
    int64_t settle_at; /* FRT_NEVER: nothing settles */
    int64_t timer_due; /* when the timer's row is due in the store, 0 there is none */
    unsigned index;    /* next effect */
    unsigned notes;
    unsigned calls;
    struct engine_vec consume, park, unpark, rows, effects, log, metrics, docs, pairs;
    struct fn_buf snap, record, scratch;
    struct frt_op_doc_get read; /* of a local call */
    struct fn_arena read_arena;
    uint32_t read_call;
    uint16_t read_host;
    struct fn_str read_where, read_order;
    int64_t read_limit;
    struct turn *next_turn;
};
struct commit_batch {
    struct frt_op_commit op;
    struct fn_arena arena;
    struct frt_engine *engine;
    struct turn **turns;
    unsigned lost; /* answers that did not come: it may have been carried out */
};

struct known_line; /* known.c */
struct timer {
    int64_t at, tenant, conv;
};
struct frt_engine {
    struct frt_engine_config c;
    struct frt_engine_stats stats;
    char node[96];
    int64_t last_id;
    struct map mails, tenants, images;
    struct tenant *ring;          /* last of the ring */
    size_t listed;                /* in it */
    int64_t active;               /* tenant that had something to do last, of those that do not press (share.c) */
    int64_t active_at, other_at;  /* then, and when another one had before */
    uint32_t modest_work;         /* theirs: all that is under way up to COMMIT */
    size_t modest_waiting;        /* messages that wait for INGEST */
    size_t batch_modest;          /* ... when the last INGEST was filled */
    size_t arriving;              /* messages whose INGEST has not answered */
    uint64_t others_turns;        /* begun by tenants that do not flood */
    uint64_t census;              /* number of the second in which tenants are counted */
    size_t seen_now, seen_before; /* in this one, in the one before */
    int64_t census_at, ingest_at; /* when it began; last INGEST */
    struct fvm_run *runs[RUNS_MAX];
    unsigned n_runs, free_runs; /* made; runs[0..free_runs) are free */
    struct timer *heap;
    size_t heap_n, heap_cap;
    struct turn *run_first, *run_last;       /* want the machine */
    struct turn *commit_first, *commit_last; /* want a batch */
    unsigned commits;                        /* batches in flight */
    size_t turns;                            /* turns alive */
    struct fair inbound, blocked;
    struct map recents; /* of struct recent; recent.c */
    struct recent *recent_first, *recent_last;
    size_t recent_bytes;
    struct known_line *known; /* made with the first; known.c */
    uint64_t batch;           /* number of the INGEST that is being filled */
    unsigned ingests;
    struct sending *claim_first, *claim_last, *done_first, *done_last;
    unsigned claims, dones;
    struct frt_op *retry; /* operations to submit again */
    int64_t time,
        time_at; /* the store's clock when the monotonic one stood at time_at; the machine's until the first LEASE */
    bool clocked;
    int64_t retry_at, store_failures;
    size_t ops; /* operations at the store or in retry */
    struct recovery *recovery;
    bool started, ready, draining, adopt, dying;
    int64_t epochs[FRT_SHARDS];  /* held: sends may go; 0 not held */
    int64_t running[FRT_SHARDS]; /* the same where turns may run: adopted, and not about to leave */
    int64_t lease_until;         /* monotonic; shared nodes only */
    int64_t next_poll;
    int64_t next_sweep, quiet_sweep; /* cache.c */
    bool polling;
    bool nudged; /* poll at once */
};

/* engine.c */
int64_t engine_now(const struct frt_engine *e); /* ms UTC, by the store's clock */
void engine_set_time(struct frt_engine *e, int64_t now);
int64_t engine_id(struct frt_engine *e);
void engine_renumber(struct frt_engine *e); /* another node has our number: another one for the ids to come */
void engine_log(const struct frt_engine *e, enum frt_log_level level, const char *event, int64_t tenant, int64_t conv,
                struct fn_str text);
void engine_submit(struct frt_engine *e, struct frt_op *op);
/* In a done callback: true when the operation goes round again (its answer is to be ignored now). */
bool engine_again(struct frt_engine *e, struct frt_op *op);
void engine_timer(struct frt_engine *e, int64_t at, int64_t tenant, int64_t conv);
int64_t engine_epoch(const struct frt_engine *e, int64_t tenant, int64_t conv);
bool engine_runs(const struct frt_engine *e, int64_t tenant, int64_t conv);   /* turns of this conversation */
void *engine_push(struct fn_arena *arena, struct engine_vec *v, size_t size); /* zeroed element, NULL no memory */
void *engine_alloc(size_t n, size_t size); /* zeroed; ends the process when there is none */

/* ingest.c */
void ingest_flush(struct frt_engine *e);
void ingest_shift(struct frt_engine *e, int64_t by); /* the clock moved */
void ingest_refuse(struct frt_engine *e);
void ingest_enter(struct frt_engine *e, struct inbound *in); /* it has to be stored: counted as arriving */
void ingest_leave(struct frt_engine *e, struct inbound *in);
void ingest_put_first(struct frt_engine *e, struct inbound *in); /* into the queue, one that was taken from it */
void ingest_tell(struct frt_engine *e, struct inbound *in, enum fn_code code); /* the answer to its sender, once */
void ingest_free(struct inbound *in);

/* direct.c: a message that goes into the store together with the turn that it makes */
bool direct_take(struct frt_engine *e, struct inbound *in); /* false: by INGEST */
bool direct_fits(const struct turn *t);                     /* its turn can be committed with it */
void direct_drop(struct turn *t);                           /* the turn is not made: the message goes by INGEST */
void direct_leave(struct turn *t);                          /* turn_free: was not stored, as far as is known */
void direct_stored(struct turn *t);
void direct_doubt(struct turn *t); /* its sender waits no longer: the answer of COMMIT does not come */

/* known.c: the conversation that these aliases lead to, 0 not known here */
int64_t known_find(struct frt_engine *e, const struct frt_ingest *in);
void known_put(struct frt_engine *e, const struct frt_ingest *in);
void known_drop(struct frt_engine *e, const struct frt_ingest *in);

/* recent.c: conversations as the last commit left them */
void recent_keep(struct frt_engine *e, const struct turn *t); /* committed just now */
/* What LOAD would answer to the turn that takes this message, NULL it must be asked; for the turn, or recent_drop. */
struct load_batch *recent_use(struct frt_engine *e, const struct frt_ingest *from);
/* The same for a message that is in no mailbox; COMMIT will look whether it is so. */
struct load_batch *recent_direct(struct frt_engine *e, struct frt_ingest *from);
void recent_drop(struct load_batch *b); /* NULL allowed */
void recent_free(struct frt_engine *e);

/* ready.c */
struct tenant *tenant_of(struct frt_engine *e, int64_t id);
struct mail *mail_of(struct frt_engine *e, int64_t tenant, int64_t conv, int64_t channel);
void mail_wake(struct frt_engine *e, struct mail *m);   /* there is something in the mailbox */
void mail_rest(struct frt_engine *e, struct mail *m);   /* after a turn: ready again, or idle and perhaps forgotten */
void mail_forget(struct frt_engine *e, struct mail *m); /* when it holds nothing */
void ready_load(struct frt_engine *e);
struct turn *ready_begin(struct frt_engine *e, struct mail *m); /* a turn from m->fresh */
void ready_fire(struct frt_engine *e, int64_t now);
void ready_unlist(struct frt_engine *e); /* tenants with nothing ready leave the ring */
void turn_free(struct turn *t);

/* share.c */
/* When it has got rid of something to do. */
void share_note(const struct frt_engine *e, struct tenant *t);
/* It gets something to do: whether it is one of those that do not press. */
bool share_modest(struct frt_engine *e, struct tenant *t);
void share_count(struct frt_engine *e, struct tenant *t, int by); /* work of one that does not */
/* How many conversations it may have between LOAD and COMMIT now; of its messages in a batch of INGEST. */
uint32_t share_places(const struct frt_engine *e, const struct tenant *t);
uint32_t share_messages(const struct frt_engine *e, const struct tenant *t);
void share_began(struct frt_engine *e, struct tenant *t); /* a turn */
/* INGEST, in which t is next, for a message that t's may go along with. */
bool share_waits(const struct frt_engine *e, const struct tenant *t);
int64_t share_next(const struct frt_engine *e, int64_t next, int64_t now); /* when frt_engine_step wants to be called */
void share_shift(struct tenant *t, int64_t by);                            /* the clock moved */

/* recover.c */
void recover_step(struct frt_engine *e, int64_t now);
void recover_start(struct frt_engine *e);
void recover_free(struct frt_engine *e);
/* The store says that an effect of this conversation is another node's: so is its shard, whatever the last LEASE said. */
void recover_doubt(struct frt_engine *e, int64_t tenant, int64_t conv);
bool recover_released(const struct frt_engine *e); /* after frt_engine_drain: the share was given back */
int64_t recover_next(const struct frt_engine *e);  /* wall time at which it wants to be called */

/* nodes.c: which shards are whose */
bool nodes_hold(const struct frt_engine *e);                 /* the lease has not run out: turns may run and commit */
int64_t nodes_send_by(const struct frt_engine *e);           /* the lease's end on the monotonic clock, 0 without one */
bool nodes_may_send(const struct frt_engine *e);             /* nor will it soon: sends may begin */
uint64_t nodes_crowd(const struct fn_str *others, size_t n); /* differs when the others differ */
void nodes_share(struct fn_str self, const struct fn_str *others, size_t n, uint64_t want[FRT_SHARDS / 64]);
void nodes_drop(struct frt_engine *e, const uint64_t lost[FRT_SHARDS / 64]); /* forget what is in memory of them */
void nodes_busy(struct frt_engine *e, uint64_t busy[FRT_SHARDS / 64]);       /* shards with something under way */

/* catalogue.c */
/* The tenant's publications with all their images, or NULL: m waits and is started again when they are there. */
const struct catalogue *catalogue_get(struct frt_engine *e, struct mail *m);
/* FN_OK with the image; FN_UNAVAILABLE: m waits; FN_INVALID: there is no such image. */
enum fn_code catalogue_image(struct frt_engine *e, struct mail *m, struct fn_str hash, const struct fbc_image **out);
bool catalogue_serves(const struct tenant *t); /* a turn need not wait for it */
const struct fbc_image *catalogue_peek(const struct frt_engine *e, int64_t tenant, struct fn_str hash);
/* Two versions may stand for each other: what both have means the same, or a `migrate var` rule says what becomes of it. */
bool catalogue_fits(const struct fbc_image *from, const struct fbc_image *to);
void catalogue_shift(struct catalogue *c, int64_t by); /* the clock moved; NULL allowed */
void catalogue_free(struct catalogue *c);
void catalogue_drop_images(struct frt_engine *e);
struct cached_image *catalogue_find(const struct frt_engine *e, int64_t tenant, struct fn_str hash);
void catalogue_drop(struct frt_engine *e, struct cached_image *c); /* nobody uses it or waits for it */

/* cache.c: keeps images and tenants bounded */
void cache_step(struct frt_engine *e, int64_t now);

/* turn.c: which rows a conversation takes */
void turn_start(struct turn *t);
void turn_rows(struct turn *t);
bool turn_is_due(const struct turn *t, const struct frt_row *row);
void turn_finish(struct turn *t); /* nothing more to run: commit, or nothing happened */
/* turn_run.c: the program runs */
void turn_queue(struct turn *t, enum turn_phase phase);
void turn_flush_runs(struct frt_engine *e);
void turn_resume(struct turn *t);
void turn_return(struct turn *t); /* the run goes back to the pool */
bool turn_vm(struct turn *t);     /* the conversation is in the run; false: it faulted */
bool turn_begin(struct turn *t, const struct frt_pub *pub, const struct fbc_image *image, uint16_t stage);
bool turn_outdated(const struct turn *t); /* its version was replaced by one that restarts what runs */
bool turn_restart(struct turn *t);        /* stands at its stage's entry; false: the newer version has no such stage */
bool turn_to_error(struct turn *t);       /* false: there is no way into `on error` */
void turn_fault(struct turn *t, const char *what, struct fn_str where);
/* deadline.c: until when the present wait lasts */
void deadline_read(struct turn *t);                  /* corrects the rows that LOAD gave */
void deadline_set(struct turn *t, int64_t deadline); /* 0 none */
void deadline_end(struct turn *t);
void deadline_renew(struct turn *t); /* its row came before it */
/* record.c: what the turn was made from, as JSON for the turn log */
void record_row(struct turn *t, const struct frt_row *row, const struct frt_payload *p);
void record_join(struct turn *t, const struct frt_row *row); /* its text is in that of the row taken */
void record_read(struct turn *t, bool present, struct fn_str text);
void record_close(struct turn *t);
/* turn_out.c: what a turn leaves behind */
void turn_consume(struct turn *t, int64_t row);
bool turn_consumes(const struct turn *t, int64_t row);
void turn_park(struct turn *t, const struct frt_row *row);
/* A line of the log, or NULL: no memory, or the turn has NOTES_MAX already. */
struct frt_message *turn_note(struct turn *t, enum frt_dir dir, const char *kind, struct fn_str body);
void turn_personal(struct turn *t,
                   int64_t line); /* this line of the log holds personal data: agents remember it masked */
void turn_metric(struct turn *t, const char *what, struct fn_str name, int64_t n);
void turn_join_ref(struct turn *t, struct fn_buf *payload); /* completes a reaction with the message it is for */
void turn_keep_ref(struct turn *t);                         /* for later turns of a program that reacts */
void turn_pair(struct turn *t, const char *prefix, struct fn_str name, struct fn_str value);
struct frt_effect *turn_effect(struct turn *t, uint16_t host, struct fn_str payload, uint32_t call, enum frt_dir dir);
void turn_local(struct turn *t, const struct fvm_request *q);
void turn_contact_out(struct turn *t);
void turn_unpark(struct turn *t);
struct fn_str turn_json(struct turn *t, const char *key, struct fn_str value); /* {"key":"value"} in the arena */
/* tables.c: `find` and `query`: the pending call of the run is answered from the store, in this turn */
void table_ask(struct turn *t, const struct fvm_request *q);
void table_answer(struct turn *t);
/* errors.c: how often the conversation came to `on error` */
bool errors_more(struct turn *t);                 /* false: too often, it is to be parked */
void errors_heard(struct turn *t);                /* somebody wrote */
void errors_forget(struct turn *t);               /* a person says that it goes on */
bool errors_told(struct turn *t, int64_t effect); /* the program has been to `on error` since this was sent */
/* choose.c: the effect of a question with options, or several where its numbered text is longer than a message */
void turn_choose(struct turn *t, struct fn_str payload);
/* window.c: channels with a 24-hour window */
bool window_forbids(const struct frt_engine *e, const struct frt_effect *x,
                    int64_t last_in_at);          /* may not be sent now */
bool window_drops(struct turn *t, uint16_t host); /* nor is it worth a try: the stage of `on error` says it */
/* agent.c: completes the payload of an AI step with its agent, and counts it in the budgets */
void agent_join(struct turn *t, const struct fvm_request *q, struct fn_buf *payload);
bool agent_id_fits(const struct frt_engine *e, const struct frt_effect *call, struct fn_str answer);
/* optout.c */
enum optout { OPTOUT_NO, OPTOUT_LEAVE, OPTOUT_RETURN };
enum optout optout_read(struct fn_str text);
struct fn_str optout_text(enum optout what, bool english);

/* canary.c */
void canary_count(struct turn *t, const char *event); /* behind anything that forgets the turn's metrics */
void canary_watch(struct frt_engine *e, struct tenant *t);

/* commit.c */
void commit_queue(struct turn *t);
void commit_flush(struct frt_engine *e);
/* outbox.c */
void outbox_push(struct frt_engine *e, struct mail *m, const struct frt_effect *effect, bool orphan);
void outbox_pump(struct frt_engine *e, struct mail *m);
void outbox_flush(struct frt_engine *e);
bool outbox_echo(struct mail *m, struct fn_str text, struct fn_str ref);
void outbox_free(struct mail *m);
bool outbox_holds(const struct mail *m, int64_t effect); /* it is in a lane */
bool outbox_busy(const struct mail *m); /* something left or is about to that another owner could not know of */
#endif

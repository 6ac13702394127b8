/* catalogue.h: what every node knows of a tenant by heart: channels, secrets, templates, the API key. The store has the truth, as documents;
 * memory is a copy that any node may have changed the original of a moment ago.
 *
 * Each write of such a document writes, in the same transaction, the document ("change", COLLECTION), whose revision thereby counts the
 * writes. A round asks for those revisions and reads again the collections whose number is another. Rounds run every FSV_CATALOGUE_POLL_MS,
 * sooner when another node tells (a hint that may be lost), and for whoever meets a name that memory does not have: nothing is answered with
 * "unknown" but after a round that began later than the question. Rounds begin at least FSV_CATALOGUE_GAP_MS apart, and all who ask in between
 * share one, so guessing names costs the store at most ten small reads a second.
 *
 * A node whose last good round is older than FSV_CATALOGUE_STALE_MS trusts no key before another one: so a replaced key is dead everywhere
 * within that time, whether the nodes hear of it or not. docs/operations.md states the number.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CATALOGUE_H
#define CATALOGUE_H
#include "frt_store.h"
#include "fsv_loop.h"

struct fsv_app;
struct fsv_request;
enum { FSV_CATALOGUE_POLL_MS = 1000, FSV_CATALOGUE_GAP_MS = 100, FSV_CATALOGUE_STALE_MS = 4000 };
enum { FSV_CATALOGUE_MAX = 1000 /* documents of one collection */ };
enum fsv_collection { FSV_COL_KEY, FSV_COL_CHANNEL, FSV_COL_SECRET, FSV_COL_TEMPLATE, FSV_COLLECTIONS };

/* Somebody who waits for a round; his memory until `done`, which is called once, on the loop, never inside fsv_catalogue_ask. */
struct fsv_asking {
    void (*done)(void *ctx, bool fresh); /* fresh: false when the store did not answer */
    void *ctx;
    struct fsv_asking *next;
};
struct fsv_catalogue {
    int64_t known[FSV_COLLECTIONS]; /* revisions; -1 never read */
    int64_t seen[FSV_COLLECTIONS];  /* those the round at hand was told */
    int64_t began, fresh;           /* monotonic ms: the last round; the last good one. 0 none */
    bool running, closed;
    enum fsv_collection at;              /* being read; FSV_COLLECTIONS: the revisions */
    struct fsv_asking *served, *waiting; /* by the round at hand, by the next */
    struct fsv_timer timer;
    struct fn_arena arena; /* of the operation at hand */
    struct frt_op_doc_get get;
};

void fsv_catalogue_init(struct fsv_app *app);
/* Before the loop runs: reads everything, waiting for the store. */
FN_MUST_USE enum fn_code fsv_catalogue_load(struct fsv_app *app, struct fn_err *err);
/* Writes one document and its collection's mark, waiting for the store. FN_CONFLICT: doc->rev did not fit. */
FN_MUST_USE enum fn_code fsv_catalogue_store(struct fsv_app *app, enum fsv_collection collection, struct frt_doc *doc,
                                             struct fn_err *err);
void fsv_catalogue_start(struct fsv_app *app); /* the rounds */
/* Answers all who wait with "not fresh". Before the store closes; what is asked later is answered so from the loop no more. */
void fsv_catalogue_close(struct fsv_app *app);
void fsv_catalogue_free(struct fsv_app *app);  /* what is in memory; after everything that uses it */
void fsv_catalogue_nudge(struct fsv_app *app); /* another node told */
void fsv_catalogue_ask(struct fsv_app *app, struct fsv_asking *asking);
/* Whether memory may be believed where believing wrongly does harm. */
bool fsv_catalogue_is_fresh(const struct fsv_app *app);

/* -- for handlers: both hold the request, and answer it themselves when the store does not work ------------------------------------------- */
/* then: after a round, unless the request was answered meanwhile. */
void fsv_catalogue_then(struct fsv_request *r, void (*then)(struct fsv_request *r));
/* Writes a document; done: when it is in every look-up of this node. fits: false when doc.rev did not fit; memory then has what stood in
 * its way. The texts are borrowed until done. */
void fsv_catalogue_put(struct fsv_request *r, enum fsv_collection collection, struct frt_doc doc,
                       void (*done)(struct fsv_request *r, bool fits));

/* What the collections do with their documents: FN_OK also for one that is known already. */
FN_MUST_USE enum fn_code fsv_key_load(struct fsv_app *app, const struct frt_doc *doc, struct fn_err *err);
FN_MUST_USE enum fn_code fsv_channel_load(struct fsv_app *app, const struct frt_doc *doc, struct fn_err *err);
FN_MUST_USE enum fn_code fsv_secret_load(struct fsv_app *app, const struct frt_doc *doc, struct fn_err *err);
FN_MUST_USE enum fn_code fsv_template_load(struct fsv_app *app, const struct frt_doc *doc, struct fn_err *err);
/* *at becomes a copy of its own of text; what it was is wiped and freed. False without memory. */
bool fsv_own(struct fn_str *at, struct fn_str text);
void fsv_disown(struct fn_str *at);
#endif

/* app.h: the server as a whole: what its parts share. One struct, made in app.c, handed to every handler.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_H
#define APP_H
#include "catalogue.h"
#include "frt_engine.h"
#include "fsv_config.h"
#include "fsv_crypto.h"
#include "fsv_http.h"
#include "fsv_log.h"
#include "fsv_metrics.h"
#include "fsv_server.h"

enum { FSV_TENANT = 1, FSV_TENANT_UNSURE = -1 /* the catalogue must be asked first */ };
enum fsv_channel_kind { FSV_CHANNEL_WEB, FSV_CHANNEL_EVOLUTION };

/* A way in and out. Lives as long as the process; never freed before, so pointers stay good. Its texts are its own: only api_key changes. */
struct fsv_channel {
    int64_t tenant, id;
    enum fsv_channel_kind kind;
    struct fn_str name;    /* Evolution: the instance */
    struct fn_str key;     /* secret word of its address */
    struct fn_str api_key; /* Evolution: of its own; empty: the configuration's */
    int64_t rev;           /* of its document; 0: it has none yet */
    bool buttons;          /* `choose` as buttons or list instead of numbered text */
    /* breaker */
    int64_t paused_until; /* monotonic ms */
    unsigned failures;    /* in a row */
    bool failing;         /* the last send had no good answer */
    /* session, as Evolution tells it */
    char state[16];
    int64_t state_logged; /* monotonic ms of the last log line: a reconnect storm brings thousands a minute */
    struct fsv_channel *next;
};

/* A value a funnel names and never sees. */
struct fsv_secret {
    int64_t tenant;
    struct fn_str name, value;
    int64_t rev;
    struct fsv_secret *next;
};
/* A message template's text. */
struct fsv_template {
    int64_t tenant;
    struct fn_str key; /* "NAME/LANGUAGE" */
    struct fn_str text;
    int64_t rev;
    struct fsv_template *next;
};
enum fsv_secret_place { FSV_IN_URL /* percent-encoded */, FSV_IN_TEXT };

struct fsv_poller;
struct fsv_app {
    struct fsv_config config;
    struct fn_arena arena; /* for what lives as long as the process; loop thread only */
    enum fn_lang lang;
    struct fsv_loop *loop;
    struct fsv_server *server;
    struct fsv_http *http;
    struct frt_store store;
    struct frt_engine *engine;
    struct fsv_wake *wake; /* Redis; NULL: the database tells, or polling does */
    struct fsv_watch store_watch, signal_watch;
    struct fsv_timer step_timer, drain_timer;
    int64_t drain_deadline; /* monotonic ms; 0: not draining */
    int64_t last_tick;      /* monotonic ms of the last round */
    uint8_t master[FSV_SHA256_BYTES];
    uint8_t key_hash[FSV_SHA256_BYTES];
    bool has_key;
    struct fsv_catalogue catalogue; /* keeps what follows equal to the store */
    struct fsv_channel *channels;
    size_t n_channels;
    struct fsv_secret *secrets;
    size_t n_secrets;
    struct fsv_template *templates;
    size_t n_templates;
    struct fsv_poller *pollers; /* web chats that wait for messages */
    struct fsv_job *jobs;       /* effects at their providers */
    struct fsv_job *spare_jobs; /* kept for the next ones */
    size_t n_spare_jobs;
    int64_t ai_alert_at; /* monotonic ms of the last line about the AI account */
};

/* -- operations of the store on behalf of a request ----------------------------------------------------------------------------------- */
/* An operation in the request's arena, zeroed, that holds the request. `size` is of the whole operation struct, which begins with frt_op. */
void *fsv_op_new(struct fsv_request *r, size_t size, enum frt_op_kind kind,
                 void (*done)(struct fsv_request *r, void *op));
void fsv_op_submit(void *op);
/* False, with the request answered, when the operation failed as a whole. */
bool fsv_op_good(struct fsv_request *r, const void *op);

/* -- channels ----------------------------------------------------------------------------------------------------------------------------- */
struct fsv_channel *fsv_channel_by_id(const struct fsv_app *app, int64_t tenant, int64_t id);
int64_t fsv_channel_window(enum fsv_channel_kind kind); /* ms, 0 none: frt_provider_ops.window */
struct fsv_channel *fsv_channel_by_key(const struct fsv_app *app, enum fsv_channel_kind kind, struct fn_str key);
struct fsv_channel *fsv_channel_by_name(const struct fsv_app *app, int64_t tenant, enum fsv_channel_kind kind,
                                        struct fn_str name);
/* The channel whose key stands in the request's path. NULL: the request was answered, or its handler runs once more after a round of the
 * catalogue: another node may have bound it a moment ago, and Evolution never repeats what got a 404. */
struct fsv_channel *fsv_channel_of(struct fsv_request *r, enum fsv_channel_kind kind);
/* A new one with an id and a key, in the arena and nowhere else. */
struct fsv_channel *fsv_channel_draft(struct fn_arena *arena, int64_t tenant, enum fsv_channel_kind kind,
                                      struct fn_str name);
/* What is in memory, at the end. */
void fsv_channels_free(struct fsv_app *app);
/* Its document, in the arena. Credentials are sealed. */
struct frt_doc fsv_channel_doc(const struct fsv_app *app, struct fn_arena *arena, const struct fsv_channel *c);
void fsv_channel_json(const struct fsv_app *app, const struct fsv_channel *c, struct fn_buf *out);

/* -- what is sealed (sealed.c) ----------------------------------------------------------------------------------------- */
/* "key":"hex" of the sealed value. bound: what it belongs to; another document cannot take it over. */
void fsv_sealed_put(const struct fsv_app *app, struct fn_buf *out, const char *key, struct fn_str bound,
                    struct fn_str secret);
FN_MUST_USE enum fn_code fsv_sealed_get(const struct fsv_app *app, struct fn_str hex, struct fn_str bound,
                                        struct fn_buf *out);
bool fsv_secret_known(const struct fsv_app *app, int64_t tenant, struct fn_str name);
void fsv_secrets_free(struct fsv_app *app);
void fsv_templates_free(struct fsv_app *app);
/* Copies text with U+0001 name U+0001 replaced by the secret's value. FN_NOT_FOUND: it has none. */
FN_MUST_USE enum fn_code fsv_secret_fill(const struct fsv_app *app, int64_t tenant, struct fn_str text,
                                         enum fsv_secret_place place, struct fn_buf *out, struct fn_err *err);

/* -- the rest --------------------------------------------------------------------------------------------------------------------------------- */
struct frt_provider fsv_provider(struct fsv_app *app);
/* Forgets the effects under way without answering; after the HTTP client is gone. */
void fsv_provider_close(struct fsv_app *app);
/* The tenant of an Authorization header; 0 none; FSV_TENANT_UNSURE: to be asked again after a round of the catalogue. */
int64_t fsv_authorize(const struct fsv_app *app, struct fn_str header);
/* Does that: the request's handler runs, or the request is answered. */
void fsv_authorize_later(struct fsv_app *app, struct fsv_request *r);
/* The channel's provider works again. */
void fsv_channel_up(struct fsv_channel *c);
/* A conversation changed: answers the pollers that wait for it. */
void fsv_chat_changed(struct fsv_app *app, int64_t conv);
void fsv_chat_close(struct fsv_app *app);
/* Source -> image bytes, against the tenant's templates. FN_INVALID: diagnostics in out_diags as a JSON array. out_name: the funnel's name, in
 * the arena. */
FN_MUST_USE enum fn_code fsv_compile(const struct fsv_app *app, int64_t tenant, struct fn_arena *arena,
                                     struct fn_str path, struct fn_str source, enum fn_lang lang, struct fn_buf *image,
                                     struct fn_str *out_name, struct fn_buf *out_diags, struct fn_err *err);
/* The tenant's catalogue as the compiler reads it, in the arena; none has a name in it: no catalogue, nothing is checked against it. */
struct fcc_options;
void fsv_template_catalogue(const struct fsv_app *app, int64_t tenant, struct fn_arena *arena, struct fcc_options *out);
/* Runs one store operation to its end while the loop is not running yet (start-up only). */
void fsv_store_wait(struct fsv_app *app, struct frt_op *op, enum frt_op_kind kind, struct fn_arena *arena);
/* start.c: what must be there before the first request. */
FN_MUST_USE enum fn_code fsv_start_secret(struct fsv_app *app, struct fn_err *err);
FN_MUST_USE enum fn_code fsv_start_store(struct fsv_app *app, struct fn_err *err);
/* Between nodes: Redis when REDIS_URL is given, else the database's NOTIFY; fills in c->elsewhere. c->node is the name told. */
FN_MUST_USE enum fn_code fsv_start_wake(struct fsv_app *app, struct frt_engine_config *c, struct fn_err *err);
void fsv_start_woken(void *ctx); /* ctx: the app; another node says that there is work */
void fsv_start_tell(void *ctx);  /* the same; tells the others */
/* out_new: the key when one was made, else an empty text. */
FN_MUST_USE enum fn_code fsv_start_key(struct fsv_app *app, bool renew, char out_new[], struct fn_err *err);
/* The text of a `template` effect with its values; false: none of that name and language. */
struct fn_json;
bool fsv_template_text(const struct fsv_app *app, int64_t tenant, const struct fn_json *args, struct fn_buf *out);
/* demo.c: deploys the example and opens its web chat, unless they are there. *out_chat: the channel. */
FN_MUST_USE enum fn_code fsv_demo(struct fsv_app *app, struct fsv_channel **out_chat, struct fn_err *err);

#endif

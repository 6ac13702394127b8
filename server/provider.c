/* provider.c: the outside as the engine sees it: looks at the effect's host and channel, makes the request, judges the outcome.
 * `done` runs exactly once, never inside send: what needs no request is answered from a timer. A channel whose provider is down is paused for
 * all its contacts at once, so that attempts are not burnt on it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

#include "fsl_text.h"
#include "fsv_auth.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    JOB_ARENA = 4 << 20,
    VOICE_ARENA = 32 << 20,
    ANSWER_MAX = 1 << 20,
    AI_BODY_MAX = 256 << 10,
    PAUSE_FIRST_MS = 2000,
    PAUSE_MAX_MS = 300000,
    HTTP_DEFAULT_MS = 10000,
    ALERT_EVERY_MS = 600000,
    PAST_MAX = 200,
    VOICE_MAX = 8 << 20,
    BOUNDARY_CHARS = 32,
    SPARE = 256,          /* jobs kept for the next ones */
    KEPT_BYTES = 16 << 10 /* of their arena */
};

static void job_destroy(struct fsv_job *job)
{
    fn_arena_fini(&job->arena);
    free(job);
}

static void job_free(struct fsv_job *job)
{
    struct fsv_app *app = job->app;
    if (job->prev != NULL) {
        job->prev->next = job->next;
    } else {
        app->jobs = job->next;
    }
    if (job->next != NULL) {
        job->next->prev = job->prev;
    }
    fsv_loop_cancel(app->loop, &job->timer);
    if (app->n_spare_jobs == SPARE) {
        job_destroy(job);
        return;
    }
    fn_arena_reuse(&job->arena, JOB_ARENA, KEPT_BYTES);
    job->next = app->spare_jobs;
    app->spare_jobs = job;
    app->n_spare_jobs++;
}

/* One that was used before has warm memory. */
static struct fsv_job *job_get(struct fsv_app *app)
{
    struct fsv_job *job = app->spare_jobs;
    if (job != NULL) {
        app->spare_jobs = job->next;
        app->n_spare_jobs--;
        struct fn_arena arena = job->arena;
        *job = (struct fsv_job){.arena = arena};
        return job;
    }
    job = calloc(1, sizeof *job);
    if (job == NULL) {
        FN_BUG("no memory for a send: its lane would wait for ever");
    }
    fn_arena_init(&job->arena, JOB_ARENA);
    return job;
}

void fsv_provider_close(struct fsv_app *app)
{
    while (app->jobs != NULL) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the list lost it when it was freed */
        job_free(app->jobs);
    }
    while (app->spare_jobs != NULL) {
        struct fsv_job *job = app->spare_jobs;
        app->spare_jobs = job->next;
        job_destroy(job);
    }
}

void fsv_job_finish(struct fsv_job *job, const struct frt_sent *sent)
{
    static const char *const words[] = {[FRT_SENT] = "sent",
                                        [FRT_REJECTED] = "rejected",
                                        [FRT_NOT_SENT] = "not_sent",
                                        [FRT_UNKNOWN] = "unknown",
                                        [FRT_ABSENT] = "absent"};
    fsv_metric_add(FSV_M_SENDS, words[sent->outcome], 1);
    fsv_metric_observe(FSV_M_HOST_SECONDS, (double)(fsv_monotonic_ms() - job->started) / 1000.0);
    if (sent->outcome != FRT_SENT) {
        FSV_LOG(WARN, "send.failed", "an effect was not done", FSV_INT("tenant", job->send.tenant),
                FSV_INT("conv", job->send.conv), FSV_INT("effect", job->send.effect),
                FSV_INT("attempt", job->send.attempt), FSV_TEXT("host", job->host),
                FSV_Z("outcome", words[sent->outcome]), FSV_TEXT("err", sent->reason));
    }
    job->done(job->ctx, sent);
    job_free(job);
}

static void on_later(void *self)
{
    struct fsv_job *job = self;
    fsv_job_finish(job, &job->answer);
}

void fsv_job_answer(struct fsv_job *job, struct frt_sent sent)
{
    job->answer = sent;
    fsv_loop_after(job->app->loop, &job->timer, 0);
}

static void reject(struct fsv_job *job, const char *why)
{
    fsv_job_answer(job, (struct frt_sent){.outcome = FRT_REJECTED, .reason = fn_str_c(why)});
}

static struct fn_str arg(const struct fsv_job *job, const char *name)
{
    return fn_json_str(fn_json_get(job->args, name));
}

static void on_asked(void *ctx, bool fresh)
{
    struct fsv_job *job = ctx;
    if (fresh) {
        job->channel = fsv_channel_by_id(job->app, job->send.tenant, job->send.channel);
        job->then(job);
    } else {
        fsv_job_answer(job, (struct frt_sent){.outcome = FRT_NOT_SENT, .reason = FN_STR("the store does not answer")});
    }
}

bool fsv_job_ask_first(struct fsv_job *job, void (*then)(struct fsv_job *job))
{
    if (job->asked) {
        return false;
    }
    job->asked = true;
    job->then = then;
    job->asking = (struct fsv_asking){on_asked, job, NULL};
    fsv_catalogue_ask(job->app, &job->asking);
    return true;
}

/* -- Evolution ------------------------------------------------------------------------------------------------------------------- */

/* Sends that were under way together fail together: that is one failure, or a short break would pause the channel for minutes. */
static void channel_down(struct fsv_channel *c, const char *why)
{
    if (c->paused_until > fsv_monotonic_ms()) {
        return;
    }
    unsigned shift = c->failures < 8 ? c->failures : 8;
    int64_t pause = (int64_t)PAUSE_FIRST_MS << shift;
    uint8_t jitter = 0;
    fsv_random(&jitter, sizeof jitter);
    pause = pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
    c->failures++;
    c->paused_until = fsv_monotonic_ms() + pause * 3 / 4 + pause / 4 * jitter / 256;
    FSV_LOG(ERROR, "channel.down", "the provider does not work; its messages wait", FSV_INT("tenant", c->tenant),
            FSV_INT("channel", c->id), FSV_TEXT("instance", c->name), FSV_Z("err", why), FSV_INT("pause_ms", pause));
}

void fsv_channel_up(struct fsv_channel *c)
{
    c->failures = 0;
    c->paused_until = 0;
}

static enum frt_outcome outcome_of(enum fsv_verdict verdict)
{
    static const enum frt_outcome of[] = {[FSV_SENT] = FRT_SENT,
                                          [FSV_NOT_SENT] = FRT_NOT_SENT,
                                          [FSV_REFUSED] = FRT_REJECTED,
                                          [FSV_UNKNOWN] = FRT_UNKNOWN,
                                          [FSV_DOWN] = FRT_NOT_SENT};
    return of[verdict];
}

static void on_evolution(void *ctx, const struct fsv_outcome *outcome)
{
    struct fsv_job *job = ctx;
    const char *why = "";
    struct fn_str id = FN_STR_NULL;
    enum fsv_verdict verdict = fsv_evo_classify(&job->arena, outcome, &id, &why);
    bool unreachable = verdict == FSV_NOT_SENT && !outcome->answered && !outcome->late;
    bool gateway =
        outcome->answered && (outcome->status == 502 || outcome->status == 504); /* the proxy before Evolution */
    struct frt_sent sent = {.outcome = outcome_of(verdict), .ext_id = id, .reason = fn_str_c(why)};
    job->channel->failing = verdict != FSV_SENT && verdict != FSV_REFUSED;
    sent.retry_after = outcome->retry_after_ms > 0 ? outcome->retry_after_ms : 0;
    if (verdict == FSV_DOWN || unreachable || gateway) {
        channel_down(job->channel, why);
        sent.retry_after = job->channel->paused_until - fsv_monotonic_ms();
    } else if (verdict == FSV_SENT || verdict == FSV_REFUSED) {
        fsv_channel_up(job->channel);
    }
    fsv_job_finish(job, &sent);
}

static void on_voice(void *ctx, const struct fsv_outcome *o);

void fsv_job_post(struct fsv_job *job, struct fsv_evo_request *made, fsv_http_done_fn *done)
{
    const struct fsv_config *c = &job->app->config;
    struct fn_str key = job->channel->api_key.n > 0 ? job->channel->api_key : c->value[FSV_EVOLUTION_API_KEY];
    struct fsv_http_request r = {
        .policy = FSV_HTTP_OPERATOR, .method = FN_STR("POST"), .body = fn_buf_view(&made->body)};
    r.url = FN_JOIN(&job->arena, c->value[FSV_EVOLUTION_API_URL], fn_buf_view(&made->path));
    r.headers[0] = FN_STR("Content-Type: application/json");
    r.headers[1] = FN_JOIN(&job->arena, FN_STR("apikey: "), key);
    r.n_headers = 2;
    r.timeout_ms = fsv_config_number(c, FSV_SEND_TIMEOUT_MS);
    r.answer_max = done == on_voice ? 2 * (size_t)VOICE_MAX : ANSWER_MAX;
    r.send_by = job->send.send_by;
    fsv_http_start(job->app->http, &r, done, job);
}

struct fsv_evo_effect fsv_job_effect(const struct fsv_job *job)
{
    return (struct fsv_evo_effect){job->channel->name, job->send.address,
                                   job->host,          arg(job, "message"),
                                   job->args,          job->channel->buttons ? FSV_CHOOSE_BUTTONS : FSV_CHOOSE_TEXT};
}

/* Evolution knows no templates: one with a text in the catalogue is said; another one is refused. False: it has none. */
static bool as_text(struct fsv_job *job)
{
    struct fn_buf text, body;
    const struct fn_json *args = NULL;
    fn_buf_init(&text, ANSWER_MAX);
    fn_buf_init(&body, ANSWER_MAX);
    bool good = fsv_template_text(job->app, job->send.tenant, job->args, &text);
    if (good) {
        fn_buf_char(&body, '{');
        fn_json_put_key(&body, "text");
        fn_json_put_str(&body, fn_buf_view(&text));
        fn_buf_char(&body, '}');
        struct fn_str copy = fn_arena_dup(&job->arena, fn_buf_view(&body));
        if (fn_json_parse(&job->arena, copy, FN_JSON_REPAIR, &args, NULL) == FN_OK) {
            job->args = args;
            job->host = FN_STR("say");
        }
    }
    fn_buf_fini(&text);
    fn_buf_fini(&body);
    return good;
}

static void send_evolution(struct fsv_job *job)
{
    int64_t paused = job->channel->paused_until - fsv_monotonic_ms();
    if (job->app->config.value[FSV_EVOLUTION_API_URL].n == 0) {
        reject(job, "EVOLUTION_API_URL is not set");
        return;
    }
    if (paused > 0) {
        fsv_job_answer(
            job, (struct frt_sent){.outcome = FRT_NOT_SENT, .retry_after = paused, .reason = FN_STR("channel paused")});
        return;
    }
    struct fsv_evo_request made;
    struct fn_err err = {FN_OK, ""};
    if (job->send.host == FBC_HOST_template && !as_text(job) && fsv_job_ask_first(job, send_evolution)) {
        return;
    }
    struct fsv_evo_effect effect = fsv_job_effect(job);
    fsv_evo_request_init(&made);
    if (fsv_evo_build(&made, &effect, &err) == FN_OK) {
        fsv_job_post(job, &made, on_evolution);
    } else {
        struct fn_str why = fn_arena_dup(&job->arena, fn_str_c(err.text));
        reject(job, why.n > 0 ? why.p : "malformed effect");
    }
    fsv_evo_request_fini(&made);
}

/* -- AI -------------------------------------------------------------------------------------------------------------------------- */

/* An account that cannot pay fails every step of every customer: one line for people, not thousands. */
static void alert(const struct fsv_job *job, const struct fsv_ai_answer *a)
{
    int64_t now = fsv_monotonic_ms();
    if (!a->account || (job->app->ai_alert_at != 0 && now - job->app->ai_alert_at < ALERT_EVERY_MS)) {
        return;
    }
    job->app->ai_alert_at = now;
    FSV_LOG(ERROR, "ai.account", "the AI account does not work: every AI step takes its failed branch",
            FSV_INT("tenant", job->send.tenant), FSV_Z("err", a->why));
}

static void on_ai(void *ctx, const struct fsv_outcome *outcome)
{
    struct fsv_job *job = ctx;
    struct fsv_ai_answer a;
    fsv_ai_read(&job->arena, outcome, job->host, job->args, job->send.created_at, &a);
    alert(job, &a);
    fsv_metric_add(FSV_M_LLM_TOKENS, "in", a.tokens_in);
    fsv_metric_add(FSV_M_LLM_TOKENS, "out", a.tokens_out);
    if (!a.present) {
        FSV_LOG(WARN, "ai.failed", "an AI step has no result; a program takes its failed branch",
                FSV_INT("tenant", job->send.tenant), FSV_INT("conv", job->send.conv), FSV_TEXT("host", job->host),
                FSV_Z("verdict", fsv_verdict_name(a.verdict)), FSV_Z("err", a.why), FSV_INT("status", outcome->status));
    }
    fsv_job_finish(job, &(struct frt_sent){.outcome = outcome_of(a.verdict),
                                           .present = a.present,
                                           .result = a.result,
                                           .retry_after = a.retry_after_ms,
                                           .reason = fn_str_c(a.why)});
}

static void no_key(struct fsv_job *job)
{
    FSV_LOG(WARN, "ai.no_key", "OPENAI_API_KEY is not set: every AI step takes its failed branch",
            FSV_INT("tenant", job->send.tenant), FSV_INT("conv", job->send.conv), FSV_TEXT("host", job->host));
    fsv_job_answer(
        job, (struct frt_sent){.outcome = FRT_SENT, .present = false, .reason = FN_STR("OPENAI_API_KEY is not set")});
}

static void post_ai(struct fsv_job *job, struct fn_str body)
{
    const struct fsv_config *c = &job->app->config;
    struct fsv_http_request r = {.policy = FSV_HTTP_OPERATOR, .method = FN_STR("POST"), .body = body};
    r.url = fn_arena_printf(&job->arena, "%.*s/chat/completions", FN_STR_ARG(c->value[FSV_OPENAI_BASE_URL]));
    r.headers[0] = FN_STR("Content-Type: application/json");
    r.headers[1] = fn_arena_printf(&job->arena, "Authorization: Bearer %.*s", FN_STR_ARG(c->value[FSV_OPENAI_API_KEY]));
    r.n_headers = 2;
    r.timeout_ms = fsv_config_number(c, FSV_SEND_TIMEOUT_MS);
    r.answer_max = ANSWER_MAX;
    r.send_by = job->send.send_by;
    fsv_http_start(job->app->http, &r, on_ai, job);
}

/* Posts what was built, or says that it could not be. */
static void post_built(struct fsv_job *job, struct fn_buf *body, enum fn_code code, const struct fn_err *err)
{
    if (code == FN_OK) {
        post_ai(job, fn_buf_view(body));
    } else {
        struct fn_str why = fn_arena_dup(&job->arena, fn_str_c(err->text));
        reject(job, why.n > 0 ? why.p : "malformed AI step");
    }
    fn_buf_fini(body);
}

/* -- talk: the past from the message log, then the model -- */

static struct fn_str said_in(struct fsv_job *job, const struct frt_message *m)
{
    const struct fn_json *body = NULL;
    if (m->dir == FRT_DIR_NOTE || fn_json_parse(&job->arena, m->body, FN_JSON_REPAIR, &body, NULL) != FN_OK) {
        return FN_STR_NULL;
    }
    struct fn_str text = fn_json_str(fn_json_get(body, "text"));
    return text.n > 0 ? text : fn_json_str(fn_json_get(body, "caption"));
}

/* The lines that notes of the engine call personal. */
static bool is_personal(const struct fsv_job *job, int64_t id)
{
    char row[48];
    int n = snprintf(row, sizeof row, "{\"row\":\"%lld\"}", (long long)id);
    for (size_t i = 0; i < job->past.n; i++) {
        const struct frt_message *m = &job->past.messages[i];
        if (m->dir == FRT_DIR_NOTE && fn_str_eq(m->kind, FN_STR("personal")) &&
            fn_str_eq(m->body, (struct fn_str){row, (size_t)n})) {
            return true;
        }
    }
    return false;
}

static struct fn_str masked(struct fsv_job *job, struct fn_str text)
{
    struct fn_buf b;
    fn_buf_init(&b, ANSWER_MAX);
    fsl_mask(&b, text);
    struct fn_str out = b.failed ? FN_STR("***") : fn_arena_dup(&job->arena, fn_buf_view(&b));
    fn_buf_fini(&b);
    return out;
}

/* Newest first -> the last lines, oldest first in lines[PAST_MAX - n ..]. The message that is being answered is not the past: it is what
 * the customer wrote since we last spoke, or, when we spoke in between, the line that equals it. */
static size_t take_past(struct fsv_job *job, struct fsv_ai_line lines[PAST_MAX])
{
    size_t n = 0;
    bool met = job->talk.message.n == 0, spoke = false;
    for (size_t i = 0; i < job->past.n && n < job->talk.remember; i++) {
        const struct frt_message *m = &job->past.messages[i];
        struct fn_str text = said_in(job, m);
        bool own = m->dir != FRT_DIR_IN;
        spoke = spoke || own;
        bool present = !own && job->talk.message.n > 0 && (!spoke || (!met && fn_str_eq(text, job->talk.message)));
        met = met || present;
        if (text.n > 0 && !present) {
            lines[PAST_MAX - ++n] = (struct fsv_ai_line){own, is_personal(job, m->id) ? masked(job, text) : text};
        }
    }
    return n;
}

static void on_past(struct frt_op *op)
{
    struct fsv_job *job = op->owner;
    struct fsv_ai_line lines[PAST_MAX];
    struct fn_err err = {FN_OK, ""};
    struct fn_buf body;
    if (op->code != FN_OK) {
        fsv_job_answer(job,
                       (struct frt_sent){.outcome = FRT_NOT_SENT, .reason = FN_STR("the message log cannot be read")});
        return;
    }
    size_t n = take_past(job, lines);
    fn_buf_init(&body, AI_BODY_MAX);
    enum fn_code code = fsv_ai_talk_build(&body, &job->arena, job->app->config.value[FSV_OPENAI_MODEL], &job->talk,
                                          lines + PAST_MAX - n, n, &err);
    post_built(job, &body, code, &err);
}

static void send_talk(struct fsv_job *job)
{
    fsv_ai_talk_read(&job->arena, job->args, &job->talk);
    int64_t at = job->talk.at != 0 ? job->talk.at : job->send.created_at;
    size_t limit = 3 * job->talk.remember + 20; /* notes stand in the log too */
    job->past = (struct frt_op_messages){
        .tenant = job->send.tenant, .conv = job->send.conv, .before_at = at, .before_id = INT64_MAX};
    job->past.limit = limit < PAST_MAX ? limit : PAST_MAX;
    job->past.op.kind = FRT_OP_MESSAGES;
    job->past.op.owner = job;
    job->past.op.arena = &job->arena;
    job->past.op.done = on_past;
    frt_store_submit(job->app->store, &job->past.op);
}

/* -- transcribe: the bytes from Evolution, then the model -- */

static void on_voice(void *ctx, const struct fsv_outcome *o)
{
    struct fsv_job *job = ctx;
    const struct fsv_config *c = &job->app->config;
    char word[BOUNDARY_CHARS + 1];
    struct fn_err err = {FN_OK, ""};
    struct fn_buf body;
    if (!o->answered || o->status < 200 || o->status > 299) {
        bool again = !o->answered || o->status == 429 || o->status >= 500;
        fsv_job_finish(job, &(struct frt_sent){.outcome = again ? FRT_NOT_SENT : FRT_REJECTED,
                                               .reason = FN_STR("the voice note cannot be fetched")});
        return;
    }
    fsv_random_word(word, BOUNDARY_CHARS);
    fn_buf_init(&body, VOICE_MAX);
    if (fsv_ai_voice_build(&body, &job->arena, o->body, fn_str_c(word), &err) != FN_OK) {
        fn_buf_fini(&body);
        fsv_job_finish(job, &(struct frt_sent){.outcome = FRT_REJECTED, .reason = fn_str_c(err.text)});
        return;
    }
    struct fsv_http_request r = {.policy = FSV_HTTP_OPERATOR, .method = FN_STR("POST"), .body = fn_buf_view(&body)};
    r.url = fn_arena_printf(&job->arena, "%.*s/audio/transcriptions", FN_STR_ARG(c->value[FSV_OPENAI_BASE_URL]));
    r.headers[0] = fn_arena_printf(&job->arena, "Content-Type: multipart/form-data; boundary=%s", word);
    r.headers[1] = fn_arena_printf(&job->arena, "Authorization: Bearer %.*s", FN_STR_ARG(c->value[FSV_OPENAI_API_KEY]));
    r.n_headers = 2;
    r.timeout_ms = fsv_config_number(c, FSV_SEND_TIMEOUT_MS);
    r.answer_max = ANSWER_MAX;
    r.send_by = job->send.send_by;
    fsv_http_start(job->app->http, &r, on_ai, job);
    fn_buf_fini(&body);
}

static void send_voice(struct fsv_job *job)
{
    const struct fn_json *media = NULL;
    bool good = fn_json_parse(&job->arena, arg(job, "media"), FN_JSON_REPAIR, &media, NULL) == FN_OK;
    struct fn_str id = good ? fn_json_str(fn_json_get(media, "id")) : FN_STR_NULL;
    if (id.n > 0 && job->channel == NULL && fsv_job_ask_first(job, send_voice)) {
        return;
    }
    if (id.n == 0 || job->channel == NULL || job->channel->kind != FSV_CHANNEL_EVOLUTION ||
        job->app->config.value[FSV_EVOLUTION_API_URL].n == 0) {
        reject(job, "no voice note that can be fetched");
        return;
    }
    struct fsv_evo_request made;
    struct fsv_evo_effect effect = fsv_job_effect(job);
    fsv_evo_request_init(&made);
    fsv_evo_build_fetch(&made, &effect, id);
    job->arena.max = VOICE_ARENA;
    fsv_job_post(job, &made, on_voice);
    fsv_evo_request_fini(&made);
}

static void send_ai(struct fsv_job *job)
{
    const struct fsv_config *c = &job->app->config;
    const struct fn_json *spent = fn_json_get(job->args, "spent");
    struct fn_err err = {FN_OK, ""};
    struct fn_buf body;
    if (spent != NULL && spent->kind == FN_JSON_TRUE) {
        FSV_LOG(WARN, "ai.budget", "the budget of AI calls is spent", FSV_INT("tenant", job->send.tenant),
                FSV_INT("conv", job->send.conv), FSV_TEXT("host", job->host));
        fsv_job_answer(job, (struct frt_sent){.outcome = FRT_SENT, .reason = FN_STR("the budget is spent")});
        return;
    }
    if (c->value[FSV_OPENAI_API_KEY].n == 0) {
        no_key(job);
        return;
    }
    if (job->send.host == FBC_HOST_talk) {
        send_talk(job);
        return;
    }
    if (job->send.host == FBC_HOST_transcribe) {
        send_voice(job);
        return;
    }
    fn_buf_init(&body, AI_BODY_MAX);
    enum fn_code code = fsv_ai_build(&body, c->value[FSV_OPENAI_MODEL], job->host, job->args, &err);
    post_built(job, &body, code, &err);
}

/* -- http of funnels --------------------------------------------------------------------------------------------------------------- */

static void on_http(void *ctx, const struct fsv_outcome *o)
{
    struct fsv_job *job = ctx;
    bool good = o->answered && o->status >= 200 && o->status < 300;
    bool harmless = frt_http_is_idempotent(job->args);
    bool again = o->answered && (o->status == 429 || o->status == 503 || (harmless && o->status >= 500));
    struct frt_sent sent = {.outcome = FRT_SENT, .present = good, .result = good ? o->body : FN_STR_NULL};
    if (again || !o->answered) {
        sent.outcome = again ? FRT_NOT_SENT : outcome_of(fsv_outcome_transport(o));
    }
    sent.retry_after = o->retry_after_ms > 0 ? o->retry_after_ms : 0;
    sent.reason = o->answered ? fn_arena_printf(&job->arena, "http %d", o->status) : fn_str_c(o->error);
    fsv_job_finish(job, &sent);
}

/* Names of the methods in upper case; the language writes them in lower case. */
static struct fn_str upper(struct fn_arena *arena, struct fn_str s)
{
    char *out = fn_arena_alloc(arena, s.n + 1);
    for (size_t i = 0; out != NULL && i < s.n; i++) {
        out[i] = s.p[i] >= 'a' && s.p[i] <= 'z' ? (char)(s.p[i] - 'a' + 'A') : s.p[i];
    }
    return out != NULL ? (struct fn_str){out, s.n} : FN_STR_NULL;
}

/* A text of the request with the tenant's secrets put in; in the arena. */
static bool fill(struct fsv_job *job, struct fn_str text, enum fsv_secret_place place, struct fn_str *out,
                 struct fn_err *err)
{
    struct fn_buf b;
    fn_buf_init(&b, ANSWER_MAX);
    bool good = fsv_secret_fill(job->app, job->send.tenant, text, place, &b, err) == FN_OK;
    *out = good && b.n > 0 ? fn_arena_dup(&job->arena, fn_buf_view(&b)) : FN_STR_NULL;
    fsv_wipe(b.p, b.n);
    fn_buf_fini(&b);
    return good;
}

static bool take_headers(struct fsv_job *job, struct fsv_http_request *r, struct fn_err *err)
{
    const struct fn_json *list = fn_json_get(job->args, "headers");
    const struct fn_json *name = list != NULL ? list->first : NULL;
    bool good = true;
    while (good && name != NULL && name->next != NULL && r->n_headers < FSV_HTTP_HEADERS - 2) {
        struct fn_str value = FN_STR_NULL;
        good = fill(job, fn_json_str(name->next), FSV_IN_TEXT, &value, err);
        r->headers[r->n_headers++] =
            fn_arena_printf(&job->arena, "%.*s: %.*s", FN_STR_ARG(fn_json_str(name)), FN_STR_ARG(value));
        name = name->next->next;
    }
    return good;
}

static void send_http(struct fsv_job *job)
{
    int64_t ms = 0;
    struct fn_err err = {FN_OK, ""};
    struct fsv_http_request r = {.policy = FSV_HTTP_TENANT, .answer_max = ANSWER_MAX};
    r.method = upper(&job->arena, arg(job, "method"));
    if (!fill(job, arg(job, "url"), FSV_IN_URL, &r.url, &err) ||
        !fill(job, arg(job, "body"), FSV_IN_TEXT, &r.body, &err) || !take_headers(job, &r, &err)) {
        if (err.code == FN_NOT_FOUND && fsv_job_ask_first(job, send_http)) {
            return;
        }
        struct fn_str why = fn_arena_dup(&job->arena, fn_str_c(err.text));
        reject(job, why.n > 0 ? why.p : "malformed request");
        return;
    }
    if (r.body.n > 0) {
        r.headers[r.n_headers++] = FN_STR("Content-Type: application/json");
    }
    if (!frt_http_has_key(job->args)) {
        r.headers[r.n_headers++] = fn_arena_printf(&job->arena, "Idempotency-Key: %.*s", FN_STR_ARG(job->send.key));
    }
    r.timeout_ms = fn_json_int(fn_json_get(job->args, "timeout"), &ms) && ms > 0 ? ms : HTTP_DEFAULT_MS;
    r.send_by = job->send.send_by;
    fsv_http_start(job->app->http, &r, on_http, job);
}

/* -- the interface ----------------------------------------------------------------------------------------------------------------- */

static struct fsv_job *job_new(struct fsv_app *app, const struct frt_send *send, frt_sent_fn done, void *ctx)
{
    struct fsv_job *job = job_get(app);
    job->app = app;
    job->send = *send;
    job->channel = fsv_channel_by_id(app, send->tenant, send->channel);
    job->host = fn_str_c(fbc_hosts[send->host & 63].name);
    job->done = done;
    job->ctx = ctx;
    job->started = fsv_monotonic_ms();
    job->timer = (struct fsv_timer){.on = on_later, .self = job};
    job->next = app->jobs;
    if (app->jobs != NULL) {
        app->jobs->prev = job;
    }
    app->jobs = job;
    return job;
}

static void send_message(struct fsv_job *job)
{
    if (job->channel == NULL && fsv_job_ask_first(job, send_message)) {
        return;
    }
    if (job->channel == NULL) {
        reject(job, "the channel is gone");
    } else if (job->channel->kind == FSV_CHANNEL_WEB) { /* the page reads the message log */
        fsv_job_answer(job, (struct frt_sent){.outcome = FRT_SENT, .ext_id = job->send.key});
    } else {
        send_evolution(job);
    }
}

static void provider_send(void *self, const struct frt_send *send, frt_sent_fn done, void *ctx)
{
    struct fsv_job *job = job_new(self, send, done, ctx);
    if (fn_json_parse(&job->arena, send->payload, FN_JSON_REPAIR, &job->args, NULL) != FN_OK) {
        reject(job, "malformed effect");
        return;
    }
    switch ((enum fbc_host)send->host) {
    case FBC_HOST_say:
    case FBC_HOST_choose:
    case FBC_HOST_template:
    case FBC_HOST_media:
    case FBC_HOST_react:
    case FBC_HOST_typing:
    case FBC_HOST_say_or_template: send_message(job); return;
    case FBC_HOST_http: send_http(job); return;
    case FBC_HOST_classify:
    case FBC_HOST_extract:
    case FBC_HOST_write:
    case FBC_HOST_talk:
    case FBC_HOST_transcribe: send_ai(job); return;
    case FBC_HOST_notify:
    case FBC_HOST_handoff:
    case FBC_HOST_goal:
    case FBC_HOST_tag:
    case FBC_HOST_save:
    case FBC_HOST_delete:
    case FBC_HOST_find:
    case FBC_HOST_query: break; /* the engine does these itself */
    }
    reject(job, "no provider for this");
}

static void provider_query(void *self, const struct frt_send *send, frt_sent_fn done, void *ctx)
{
    struct fsv_job *job = job_new(self, send, done, ctx);
    if (fn_json_parse(&job->arena, send->payload, FN_JSON_REPAIR, &job->args, NULL) == FN_OK) {
        fsv_job_ask(job);
    } else {
        fsv_job_answer(job, (struct frt_sent){.outcome = FRT_UNKNOWN, .reason = FN_STR("malformed effect")});
    }
}

static int64_t provider_window(void *self, int64_t tenant, int64_t channel)
{
    const struct fsv_channel *c = fsv_channel_by_id(self, tenant, channel);
    return c != NULL ? fsv_channel_window(c->kind) : 0;
}

struct frt_provider fsv_provider(struct fsv_app *app)
{
    static const struct frt_provider_ops ops = {"server", provider_send, provider_query, provider_window};
    return (struct frt_provider){&ops, app};
}

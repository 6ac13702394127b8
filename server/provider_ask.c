/* provider_ask.c: whether a send arrived whose answer was lost. Asked is first our own message log, for the ids of what else was said to this
 * contact, then the provider for what it has, without those. Who does not answer was not reached, and is asked again: nothing is sent for it.
 * Why a message is told from another by its id and hardly by the time: docs/decisions/0024-the-providers-clock.md.
 * SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

enum {
    APART_MS = 120000,        /* the provider's clock may be behind the database's by this */
    LINES = 200,              /* of the log at once */
    LINE_PAGES = 5,           /* 1,000 that were told: more than the provider is asked for */
    RECORD_PAGES = 8,         /* of fifty */
    ASKS = 12,                /* of who says that he cannot look: some ten minutes */
    QUESTION_ARENA = 32 << 20 /* the provider's answers are long */
};

static void not_reached(struct fsv_job *job, const char *why)
{
    fsv_job_answer(job, (struct frt_sent){.outcome = FRT_NOT_SENT, .reason = fn_str_c(why)});
}

/* -- the provider ---------------------------------------------------------------------------------------------------------------- */

static void on_records(void *ctx, const struct fsv_outcome *outcome);

static void ask_records(struct fsv_job *job)
{
    struct fsv_evo_request made;
    struct fsv_evo_effect effect = fsv_job_effect(job);
    fsv_evo_request_init(&made);
    fsv_evo_build_query(&made, &effect, ++job->pages);
    fsv_job_post(job, &made, on_records);
    fsv_evo_request_fini(&made);
}

/* Evolution itself says that it cannot look. While its sends fail as well it is broken, and is asked again; else it never can. */
static bool cannot_be_asked(const struct fsv_job *job, const struct fsv_outcome *outcome)
{
    bool own = outcome->answered && outcome->status >= 500 && (outcome->status < 502 || outcome->status > 504);
    return own && (!job->channel->failing || job->send.asked >= ASKS);
}

static void on_records(void *ctx, const struct fsv_outcome *outcome)
{
    struct fsv_job *job = ctx;
    enum fsv_verdict verdict =
        cannot_be_asked(job, outcome) ? FSV_UNKNOWN : fsv_evo_find(&job->arena, outcome, &job->search);
    if (job->search.more && job->pages < RECORD_PAGES) {
        ask_records(job);
        return;
    }
    enum frt_outcome said = verdict == FSV_NOT_SENT                       ? FRT_NOT_SENT
                            : verdict == FSV_SENT                         ? FRT_SENT
                            : verdict == FSV_REFUSED && !job->search.more ? FRT_ABSENT
                                                                          : FRT_UNKNOWN;
    fsv_job_finish(
        job, &(struct frt_sent){.outcome = said, .ext_id = job->search.id, .reason = FN_STR("asked the provider")});
}

/* -- the message log ------------------------------------------------------------------------------------------------------------- */

/* Ids of what else was told, by us or by a person. Only that is asked for: a contact who waits for five hundred answers has a thousand lines in the log
 * that the provider does not know of. False without memory. */
static bool learn(struct fsv_job *job)
{
    struct fsv_evo_search *s = &job->search;
    struct fn_str *known = fn_arena_array(&job->arena, s->n_known + job->past.n, sizeof *known);
    if (known == NULL) {
        return false;
    }
    if (s->n_known > 0) {
        memcpy(known, s->known, s->n_known * sizeof *known);
    }
    s->known = known;
    for (size_t i = 0; i < job->past.n; i++) {
        const struct frt_message *m = &job->past.messages[i];
        if (m->id != (FRT_DERIVED | job->send.effect)) {
            known[s->n_known++] = m->ext_id;
            bool earlier = m->dir == FRT_DIR_OUT && m->id < (FRT_DERIVED | job->send.effect);
            s->before = s->before.n == 0 && earlier ? m->ext_id : s->before; /* the newest comes first */
        }
    }
    return true;
}

static void ask_log(struct fsv_job *job);

/* Back to what is older than anything the provider may call new enough. */
static void on_lines(struct frt_op *op)
{
    struct fsv_job *job = op->owner;
    if (op->code != FN_OK || !learn(job)) {
        not_reached(job, "the message log cannot be read");
        return;
    }
    size_t n = job->past.n;
    const struct frt_message *last = n == LINES ? &job->past.messages[n - 1] : NULL;
    if (last != NULL && last->at > job->send.created_at - 2 * APART_MS && job->pages < LINE_PAGES) {
        job->past.before_at = last->at;
        job->past.before_id = last->id;
        ask_log(job);
    } else {
        job->pages = 0;
        ask_records(job);
    }
}

static void ask_log(struct fsv_job *job)
{
    job->pages++;
    frt_store_submit(job->app->store, &job->past.op);
}

/* -- the question ---------------------------------------------------------------------------------------------------------------- */

static struct fn_str text_of(struct fsv_job *job)
{
    struct fn_buf text;
    fn_buf_init(&text, 1 << 16);
    fsv_evo_text(&text, job->host, job->args);
    struct fn_str copy = fn_arena_dup(&job->arena, fn_buf_view(&text));
    fn_buf_fini(&text);
    return copy;
}

void fsv_job_ask(struct fsv_job *job)
{
    bool text = job->send.host == FBC_HOST_say || job->send.host == FBC_HOST_choose ||
                job->send.host == FBC_HOST_say_or_template;
    if (text && job->channel == NULL && fsv_job_ask_first(job, fsv_job_ask)) {
        return;
    }
    if (!text || job->channel == NULL || job->channel->kind != FSV_CHANNEL_EVOLUTION || job->channel->buttons) {
        fsv_job_answer(job, (struct frt_sent){.outcome = FRT_UNKNOWN, .reason = FN_STR("cannot be asked")});
        return;
    }
    job->arena.max = QUESTION_ARENA;
    job->search = (struct fsv_evo_search){
        .address = job->send.address, .text = text_of(job), .since_ms = job->send.created_at - APART_MS};
    job->past =
        (struct frt_op_messages){.tenant = job->send.tenant, .conv = job->send.conv, .limit = LINES, .told = true};
    job->past.op = (struct frt_op){.kind = FRT_OP_MESSAGES, .owner = job, .arena = &job->arena, .done = on_lines};
    ask_log(job);
}

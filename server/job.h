/* job.h: an effect at its provider, from the engine's call until `done`: provider.c sends it, provider_ask.c asks what became of it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_H
#define JOB_H
#include "app.h"
#include "fn_json.h"
#include "fsv_ai.h"
#include "fsv_evolution.h"

struct fsv_job {
    struct fsv_app *app;
    struct fsv_channel *channel;
    struct frt_send send; /* its texts are borrowed until done */
    const struct fn_json *args;
    struct fn_str host;
    frt_sent_fn done;
    void *ctx;
    int64_t started;
    struct fn_arena arena;
    struct fsv_timer timer;
    struct frt_sent answer;      /* of a job that needs no request */
    struct frt_op_messages past; /* talk; the question */
    struct fsv_ai_talk talk;
    struct fsv_evo_search search; /* the question */
    unsigned pages;               /* it has read, of what it reads now */
    struct fsv_asking asking;     /* what memory does not have, the store may */
    void (*then)(struct fsv_job *job);
    bool asked;
    struct fsv_job *next, *prev;
};

/* Tells the engine and frees the job. Never inside the engine's call: what is known at once is answered from a timer. */
void fsv_job_finish(struct fsv_job *job, const struct frt_sent *sent);
void fsv_job_answer(struct fsv_job *job, struct frt_sent sent);
/* True, once, for a job that names what is not known here: another node may have stored it a moment ago. Then it goes on in `then`. */
bool fsv_job_ask_first(struct fsv_job *job, void (*then)(struct fsv_job *job));
struct fsv_evo_effect fsv_job_effect(const struct fsv_job *job);
/* A request to Evolution, of the job's channel. The texts are copied. */
void fsv_job_post(struct fsv_job *job, struct fsv_evo_request *made, fsv_http_done_fn *done);

/* Whether it arrived (provider_ask.c). */
void fsv_job_ask(struct fsv_job *job);
#endif

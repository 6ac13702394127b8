/* api_meta.c: health, metrics and the description of the API.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "handlers.h"

enum { LIVE_MS = 5000, PAGE_MAX = 4 << 20 };

void fsv_get_livez(struct fsv_app *app, struct fsv_request *r)
{
    bool alive = fsv_monotonic_ms() - app->last_tick < LIVE_MS;
    fsv_answer(r, alive ? 200 : 503, "text/plain; charset=utf-8", alive ? FN_STR("ok\n") : FN_STR("stuck\n"));
}

void fsv_get_readyz(struct fsv_app *app, struct fsv_request *r)
{
    struct frt_engine_stats s;
    frt_engine_stats(app->engine, &s);
    bool draining = app->drain_deadline != 0;
    bool ready = !draining && s.store_ok && frt_engine_ready(app->engine);
    struct fn_str why = draining ? FN_STR("draining\n") : !s.store_ok ? FN_STR("store\n") : FN_STR("starting\n");
    fsv_answer(r, ready ? 200 : 503, "text/plain; charset=utf-8", ready ? FN_STR("ok\n") : why);
}

static double paused_channels(const struct fsv_app *app)
{
    double n = 0;
    for (const struct fsv_channel *c = app->channels; c != NULL; c = c->next) {
        n += c->failures > 0;
    }
    return n;
}

static void gather(const struct fsv_app *app)
{
    struct frt_engine_stats s;
    frt_engine_stats(app->engine, &s);
    const struct {
        enum fsv_metric metric;
        double value;
    } values[] = {
        {FSV_M_TURNS, (double)s.turns},
        {FSV_M_CONFLICTS, (double)s.conflicts},
        {FSV_M_TRAPS, (double)s.traps},
        {FSV_M_SENT, (double)s.sent},
        {FSV_M_RETRIED, (double)s.retried},
        {FSV_M_UNKNOWN, (double)s.unknown},
        {FSV_M_RESENT, (double)s.resent},
        {FSV_M_DEAD, (double)s.dead},
        {FSV_M_QUEUE_DEPTH, (double)s.ready},
        {FSV_M_SENDING, (double)s.sending},
        {FSV_M_CONVERSATIONS, (double)s.mails},
        {FSV_M_TENANTS, (double)s.tenants},
        {FSV_M_IMAGES, (double)s.images},
        {FSV_M_IMAGE_BYTES, (double)s.image_bytes},
        {FSV_M_RECENT_BYTES, (double)s.recent_bytes},
        {FSV_M_FRESH, (double)(s.fresh + s.direct)},
        {FSV_M_DIRECT, (double)s.direct},
        {FSV_M_STORE_OK, s.store_ok ? 1 : 0},
        {FSV_M_BREAKER, paused_channels(app)},
        {FSV_M_QUEUE_OLDEST, s.oldest_ready_at > 0 ? (double)(fsv_wall_ms() - s.oldest_ready_at) / 1000.0 : 0},
    };
    for (size_t i = 0; i < FN_COUNT(values); i++) {
        fsv_metric_set(values[i].metric, "", values[i].value);
    }
}

void fsv_get_metrics(struct fsv_app *app, struct fsv_request *r)
{
    struct fn_buf b;
    fn_buf_init(&b, PAGE_MAX);
    gather(app);
    fsv_metrics_write(&b);
    fsv_answer(r, 200, "text/plain; version=0.0.4; charset=utf-8", fn_buf_view(&b));
    fn_buf_fini(&b);
}

void fsv_get_openapi(struct fsv_app *app, struct fsv_request *r)
{
    struct fn_buf b;
    fn_buf_init(&b, PAGE_MAX);
    fsv_openapi(&b, app->config.base_url);
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}

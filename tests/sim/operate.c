/* operate.c: what people do to a running world: they publish newer versions, resume what is parked, replay what is dead.
 *
 * The versions differ in greeting and in the settle window of their wait; all fit each other, so that a conversation may stand on any of them. The
 * bytes of each are kept, for the oracle.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include "fixture.h"

#include <stdio.h>

static const struct version {
    const char *greeting;
    uint32_t settle_ms, max_ms;
} versions[SIM_VERSIONS] = {{"oi", 0, 0},    {"bem-vindo", 4000, 15000}, {"ola", 0, 0}, {"e ai", 2000, 0},
                            {"salve", 0, 0}, {"bom dia", 9000, 12000}};

/* The next version, put into the store; its hash. */
static struct fn_str make_version(struct sim *s, struct fn_arena *arena)
{
    struct sim_version *v = &s->versions[s->n_versions];
    const struct version *of = &versions[s->n_versions++];
    fn_buf_init(&v->image, 1 << 20);
    snprintf(v->hash, sizeof v->hash, "%032zu", s->n_versions);
    struct fbc_fault fault;
    if (fx_image(&v->image, of->greeting, of->settle_ms, of->max_ms) != FN_OK ||
        fbc_verify(fn_buf_view(&v->image), FBC_ALLOW_ALL, &v->verified, &fault) != FN_OK) {
        FN_BUG("the funnel does not build");
    }
    struct frt_op_image_put put = {.tenant = 1, .hash = {v->hash, SIM_HASH}, .bytes = fn_buf_view(&v->image)};
    sim_op(s, FRT_OP_IMAGE_PUT, &put.op, arena);
    return put.hash;
}

static void publish(struct sim *s, struct fn_arena *arena, struct frt_pub pub)
{
    struct frt_op_publish op = {.tenant = 1, .pub = pub};
    op.pub.funnel = FN_STR("eco");
    op.pub.at = s->clock.now;
    sim_op(s, FRT_OP_PUBLISH, &op.op, arena);
    if (op.op.code != FN_OK) {
        FN_BUG("the funnel is not published");
    }
}

void sim_publish_first(struct sim *s)
{
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 20);
    publish(s, &arena, (struct frt_pub){.hash = make_version(s, &arena)});
    fn_arena_fini(&arena);
}

/* One of the nodes is told; the others find it when they read their catalogue again. */
void sim_deploy(struct sim *s)
{
    struct fn_arena arena;
    if (s->n_versions == SIM_VERSIONS) {
        return;
    }
    fn_arena_init(&arena, 1 << 20);
    struct frt_op_pubs live = {.tenant = 1};
    sim_op(s, FRT_OP_PUBS, &live.op, &arena);
    struct frt_pub pub = {.hash = make_version(s, &arena), .inflight = (enum frt_inflight)sim_random(s, 3)};
    if (sim_chance(s, 250)) {
        pub.canary = pub.hash;
        pub.hash = live.pubs[0].hash;
        pub.percent = 50;
        pub.inflight = FRT_AT_STAGE;
        s->counts[SIM_N_CANARIES]++;
    }
    sim_tell(s, "deploy of version %zu%s, inflight %d", s->n_versions, pub.canary.n != 0 ? " as canary" : "",
             (int)pub.inflight);
    s->counts[SIM_N_DEPLOYS]++;
    publish(s, &arena, pub);
    struct sim_node *n = &s->nodes[sim_random(s, s->n_nodes)];
    if (n->engine != NULL && !n->stopped) {
        frt_engine_reload(n->engine, 1);
    }
    fn_arena_fini(&arena);
}

static void resume(struct sim *s, struct fn_arena *arena, struct frt_engine *e)
{
    struct frt_op_convs parked = {.tenant = 1, .status = FRT_FAULTED, .owner = -1, .limit = SIM_CONTACTS};
    sim_op(s, FRT_OP_CONVS, &parked.op, arena);
    for (size_t i = 0; i < parked.n; i++) {
        struct frt_inbound in = {.tenant = 1, .conv = parked.convs[i].conv, .kind = FRT_IN_RESUME};
        sim_tell(s, "%04llx is resumed", (unsigned long long)(in.conv >> 10 & 0xffff));
        s->counts[SIM_N_RESUMES]++;
        frt_engine_ingest(e, &in, NULL, NULL);
    }
}

static void replay(struct sim *s, struct fn_arena *arena, struct frt_engine *e)
{
    struct frt_op_effects dead = {.tenant = 1, .dead = true, .limit = SIM_SENT};
    sim_op(s, FRT_OP_EFFECTS, &dead.op, arena);
    if (dead.n == 0 || s->n_replays == SIM_REPLAYS || !sim_chance(s, 300)) {
        return;
    }
    const struct frt_effect *x = &dead.effects[sim_random(s, dead.n)];
    size_t k = 0;
    while (k < s->n_replays && (s->replays[k].conv != x->conv || s->replays[k].effect != x->id)) {
        k++;
    }
    s->n_replays += k == s->n_replays;
    s->replays[k].conv = x->conv;
    s->replays[k].effect = x->id;
    s->replays[k].times++;
    s->counts[SIM_N_REPLAYS]++;
    sim_tell(s, "%04llx dead letter %llx is replayed", (unsigned long long)(x->conv >> 10 & 0xffff),
             (unsigned long long)x->id);
    struct frt_op_replay op = {.tenant = 1, .conv = x->conv, .effect = x->id};
    sim_op(s, FRT_OP_REPLAY, &op.op, arena);
    frt_engine_adopt(e);
}

void sim_operate(struct sim *s)
{
    struct fn_arena arena;
    struct sim_node *n = &s->nodes[sim_random(s, s->n_nodes)];
    if (n->engine == NULL || n->stopped) {
        return;
    }
    fn_arena_init(&arena, (size_t)16 << 20);
    resume(s, &arena, n->engine);
    replay(s, &arena, n->engine);
    fn_arena_fini(&arena);
}

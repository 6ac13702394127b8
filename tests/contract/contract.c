/* contract.c: the tools of the contract's cases.
 * SPDX-License-Identifier: Apache-2.0 */
#include "contract.h"

#include <poll.h>
#include <stdio.h>

bool contract_check(struct contract *c, bool ok, const char *what, const char *file, int line)
{
    if (!ok) {
        c->failed++;
        printf("  %s:%d: not so: %s\n", file, line, what);
    }
    return ok;
}

static void is_done(struct frt_op *op)
{
    *(bool *)op->owner = true;
}

void contract_submit(struct contract *c, enum frt_op_kind kind, struct frt_op *op, bool *done)
{
    *done = false;
    op->kind = kind;
    op->done = is_done;
    op->owner = done;
    op->arena = &c->arena;
    op->code = FN_INVALID;
    frt_store_submit(c->store, op);
    CHECK(c, !*done); /* never inside submit */
}

void contract_wait(struct contract *c, struct frt_op *op, const bool *done)
{
    for (int tries = 0; !*done && tries < 5000; tries++) {
        struct pollfd p = {.fd = c->store.ops->poll_fd(c->store.self), .events = POLLIN};
        if (p.fd >= 0) {
            (void)poll(&p, 1, 100);
        }
        c->store.ops->drain(c->store.self);
    }
    if (!CHECK(c, *done)) {
        fflush(stdout);
        FN_BUG("an operation never came back");
    }
    if (op->code != FN_OK && op->err.text[0] != '\0') {
        printf("  (%s: %s)\n", frt_op_infos[op->kind].name, op->err.text);
    }
}

void contract_do(struct contract *c, enum frt_op_kind kind, struct frt_op *op)
{
    bool done;
    contract_submit(c, kind, op, &done);
    contract_wait(c, op, &done);
}

void contract_reopen(struct contract *c)
{
    c->store.ops->close(c->store.self);
    if (!CHECK(c, c->open(c))) {
        FN_BUG("the store does not open again");
    }
}

struct frt_ingest contract_message(struct contract *c, const char *alias, const char *dedupe, int64_t at)
{
    static int64_t ids = 1000;
    struct frt_ingest in = {.tenant = 1, .channel = 7, .n_aliases = 1, .new_id = ids++};
    in.aliases[0] = fn_str_c(alias);
    in.dedupe = dedupe != NULL ? fn_str_c(dedupe) : FN_STR_NULL;
    in.address = FN_STR("somewhere");
    in.day = at / 86400000;
    in.row =
        (struct frt_row){.id = ids++, .kind = FRT_IN_MESSAGE, .due_at = at, .received_at = at, .ref = FN_STR("ref")};
    in.row.payload = (struct fn_str){"p\0q", 3};
    in.log = (struct frt_message){
        .at = at, .dir = FRT_DIR_IN, .kind = FN_STR("text"), .body = FN_STR("{\"text\":\"ol\xc3\xa1\"}")};
    struct frt_op_ingest op = {.items = &in, .n = 1};
    DO(c, INGEST, &op);
    CHECK(c, op.op.code == FN_OK);
    return in;
}

struct frt_loaded contract_load(struct contract *c, int64_t conv)
{
    return contract_load_as(c, conv, 0);
}

struct frt_loaded contract_load_as(struct contract *c, int64_t conv, int64_t epoch)
{
    struct frt_loaded in = {.key = {1, conv}, .epoch = epoch};
    struct frt_op_load op = {.items = &in, .n = 1};
    DO(c, LOAD, &op);
    CHECK(c, op.op.code == FN_OK);
    return in;
}

struct frt_turn contract_turn(const struct frt_loaded *in, int64_t epoch, int64_t token)
{
    static struct frt_effect effect;
    static struct frt_message line;
    struct frt_turn t = {.conv = in->conv, .token = token};
    t.conv.epoch = epoch;
    t.conv.clock = 5000;
    t.conv.status = FRT_RUNNING;
    t.conv.funnel = FN_STR("loja");
    t.conv.stage = FN_STR("inicio");
    t.conv.prog = FN_STR("0123456789abcdef0123456789abcdef");
    t.conv.snap = (struct fn_str){"snap\0shot", 9};
    if (in->n_rows != 0) {
        t.consume = &in->rows[0].id;
        t.n_consume = 1;
    }
    effect =
        (struct frt_effect){.tenant = 1, .conv = in->conv.conv, .id = frt_effect_id(in->conv.seq, 0), .channel = 7};
    effect.contact = in->conv.contact;
    effect.host = FBC_HOST_say;
    effect.policy = FBC_POLICY_RECONCILE;
    effect.state = FRT_E_STARTED;
    effect.attempts = 1;
    effect.epoch = epoch;
    effect.payload = FN_STR("{\"text\":\"oi\"}");
    effect.funnel = FN_STR("loja");
    line =
        (struct frt_message){.id = frt_result_row(effect.id), .at = 5000, .dir = FRT_DIR_OUT, .delivery = FRT_D_QUEUED};
    line.kind = FN_STR("say");
    line.body = effect.payload;
    t.effects = &effect;
    t.log = &line;
    t.n_effects = t.n_log = 1;
    t.record = FN_STR("{\"clock\":5000}");
    return t;
}

enum fn_code contract_commit(struct contract *c, struct frt_turn *t)
{
    struct frt_op_commit op = {.items = t, .n = 1};
    DO(c, COMMIT, &op);
    return op.op.code == FN_OK ? t->code : op.op.code;
}

enum fn_code contract_done(struct contract *c, struct frt_done *d)
{
    struct frt_op_done op = {.items = d, .n = 1};
    DO(c, DONE, &op);
    return op.op.code == FN_OK ? d->code : op.op.code;
}

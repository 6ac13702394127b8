/* contract_effect.c: CLAIM, DONE, orphans, dead letters, receipts.
 * SPDX-License-Identifier: Apache-2.0 */
#include "contract.h"

/* A conversation with one open effect (STARTED, epoch 1, id seq 0 index 0). */
static struct frt_effect begin(struct contract *c, const char *alias)
{
    struct frt_ingest a = contract_message(c, alias, alias, 100);
    struct frt_loaded in = contract_load(c, a.conv);
    struct frt_turn t = contract_turn(&in, 1, 7);
    CHECK(c, contract_commit(c, &t) == FN_OK);
    return t.effects[0];
}

static struct frt_done verdict(const struct frt_effect *e, enum frt_verdict v)
{
    return (struct frt_done){.tenant = 1,
                             .conv = e->conv,
                             .effect = e->id,
                             .epoch = e->epoch,
                             .verdict = v,
                             .attempts = e->attempts,
                             .at = 6000};
}

static size_t list(struct contract *c, bool dead, struct frt_effect *first)
{
    struct frt_op_effects op = {.tenant = 1, .dead = dead, .limit = 10};
    DO(c, EFFECTS, &op);
    if (op.n != 0) {
        *first = op.effects[0];
    }
    return op.n;
}

static struct frt_message line_of(struct contract *c, const struct frt_effect *e)
{
    struct frt_op_messages op = {.tenant = 1, .conv = e->conv, .limit = 10};
    DO(c, MESSAGES, &op);
    for (size_t i = 0; i < op.n; i++) {
        if (op.messages[i].id == frt_result_row(e->id)) {
            return op.messages[i];
        }
    }
    return (struct frt_message){0};
}

static void done_sent(struct contract *c)
{
    struct frt_effect e = begin(c, "phone:1"), found;
    struct frt_done d = verdict(&e, FRT_V_SENT);
    d.epoch = 99; /* a success is a fact, whoever tells it */
    d.ext_id = FN_STR("wamid.1");
    d.closed_by = FRT_BY_ECHO;
    d.row = (struct frt_row){
        .id = frt_result_row(e.id), .kind = FRT_IN_RESULT, .due_at = 6000, .received_at = 6000, .payload = FN_STR("r")};
    CHECK(c, contract_done(c, &d) == FN_OK);
    CHECK(c, contract_done(c, &d) == FN_NOT_FOUND); /* the answer was lost: again, and nothing is repeated */
    contract_reopen(c);
    CHECK(c, list(c, false, &found) == 0);
    struct frt_loaded in = contract_load(c, e.conv);
    CHECK(c, in.n_rows == 1 && in.rows[0].kind == FRT_IN_RESULT);
    struct frt_message line = line_of(c, &e);
    CHECK(c, line.delivery == FRT_D_SENT && fn_str_eq(line.ext_id, FN_STR("wamid.1")) && line.closed_by == FRT_BY_ECHO);
}

static void done_later(struct contract *c)
{
    struct frt_effect e = begin(c, "phone:1"), found = {0};
    struct frt_done d = verdict(&e, FRT_V_UNKNOWN);
    d.next_at = 36000;
    d.reason = FN_STR("timeout");
    d.epoch = 2;
    CHECK(c, contract_done(c, &d) == FN_CONFLICT); /* a doubt is only the owner's */
    d.epoch = 1;
    CHECK(c, contract_done(c, &d) == FN_OK);
    CHECK(c,
          list(c, false, &found) == 1 && found.state == FRT_E_UNKNOWN && found.next_at == 36000 && found.attempts == 1);
    CHECK(c, fn_str_eq(found.reason, FN_STR("timeout")));
    d = verdict(&e, FRT_V_RETRY);
    d.resent = 1;
    d.next_at = 40000;
    CHECK(c, contract_done(c, &d) == FN_OK && contract_done(c, &d) == FN_OK); /* the answer was lost: again */
    CHECK(c, list(c, false, &found) == 1 && found.state == FRT_E_READY && found.attempts == 1 && found.resent == 1);
}

static enum fn_code claim(struct contract *c, const struct frt_effect *e, int64_t epoch, uint32_t attempts,
                          struct frt_claim *out)
{
    struct frt_claim x = {.tenant = 1, .conv = e->conv, .effect = e->id, .epoch = epoch, .attempts = attempts};
    struct frt_op_claim op = {.items = &x, .n = 1};
    DO(c, CLAIM, &op);
    if (out != NULL) {
        *out = x;
    }
    return op.op.code == FN_OK ? x.code : op.op.code;
}

/* Both were submitted again because their answers were lost, and now the first ones come after all: they are of an attempt that is over. */
static void what_comes_late(struct contract *c)
{
    struct frt_effect e = begin(c, "phone:1"), found = {0};
    struct frt_done unknown = verdict(&e, FRT_V_UNKNOWN), retry = verdict(&e, FRT_V_RETRY),
                    dead = verdict(&e, FRT_V_FAILED);
    retry.resent = 1;
    CHECK(c, contract_done(c, &unknown) == FN_OK && contract_done(c, &retry) == FN_OK);
    CHECK(c, contract_done(c, &unknown) == FN_CONFLICT && contract_done(c, &dead) == FN_CONFLICT);
    CHECK(c, claim(c, &e, 1, 1, NULL) == FN_OK); /* the repetition, about to leave */
    CHECK(c, contract_done(c, &unknown) == FN_CONFLICT && contract_done(c, &retry) == FN_CONFLICT &&
                 contract_done(c, &dead) == FN_CONFLICT);
    CHECK(c, list(c, false, &found) == 1 && found.state == FRT_E_STARTED && found.attempts == 2 && found.resent == 1);
    struct frt_done again = verdict(&found, FRT_V_RETRY);
    again.resent = 1;
    CHECK(c, contract_done(c, &again) == FN_OK);
    CHECK(c, claim(c, &e, 1, 1, NULL) == FN_CONFLICT); /* READY, but that claim was of the attempt before */
    CHECK(c, list(c, false, &found) == 1 && found.state == FRT_E_READY && found.attempts == 2 && found.resent == 1);
}

/* It was given up, and the one who had it before comes with the answer. */
static void closed_late(struct contract *c)
{
    struct frt_effect e = begin(c, "phone:1"), found = {0};
    struct frt_done d = verdict(&e, FRT_V_FAILED);
    d.closed_by = FRT_BY_DOUBT;
    CHECK(c, contract_done(c, &d) == FN_OK && list(c, true, &found) == 1 && found.closed_by == FRT_BY_DOUBT);
    d = verdict(&e, FRT_V_SENT);
    d.closed_by = FRT_BY_ANSWER;
    CHECK(c, contract_done(c, &d) == FN_OK && list(c, true, &found) == 0);
    struct frt_message line = line_of(c, &e);
    CHECK(c, line.closed_by == FRT_BY_LATE && line.delivery == FRT_D_SENT);
}

static void dead_letters(struct contract *c)
{
    struct frt_effect e = begin(c, "phone:1"), found = {0};
    struct frt_done d = verdict(&e, FRT_V_FAILED);
    d.reason = FN_STR("http 403");
    d.row = (struct frt_row){
        .id = frt_result_row(e.id), .kind = FRT_IN_FAILED, .due_at = 6000, .received_at = 6000, .payload = FN_STR("r")};
    CHECK(c, contract_done(c, &d) == FN_OK);
    CHECK(c, contract_done(c, &d) == FN_NOT_FOUND);
    CHECK(c, list(c, false, &found) == 0 && list(c, true, &found) == 1 && found.state == FRT_E_DEAD);
    CHECK(c, fn_str_eq(found.reason, FN_STR("http 403")) && line_of(c, &e).delivery == FRT_D_FAILED);
    CHECK(c, contract_load(c, e.conv).n_rows == 1);
    CHECK(c, claim(c, &e, 9, 1, NULL) == FN_CONFLICT);
    struct frt_op_replay replay = {.tenant = 1, .conv = e.conv, .effect = e.id};
    DO(c, REPLAY, &replay);
    CHECK(c, replay.op.code == FN_OK && list(c, false, &found) == 1 && found.state == FRT_E_READY && found.epoch == 0);
    DO(c, REPLAY, &replay);
    CHECK(c, replay.op.code == FN_NOT_FOUND);
    d.verdict = FRT_V_SENT; /* it was delivered after all */
    CHECK(c, contract_done(c, &d) == FN_OK && list(c, false, &found) == 0);
    e = begin(c, "phone:2");
    d = verdict(&e, FRT_V_FAILED);
    d.drop = true;
    CHECK(c, contract_done(c, &d) == FN_OK && list(c, true, &found) == 0);
    e = begin(c, "phone:3");
    d = verdict(&e, FRT_V_FAILED);
    CHECK(c, contract_done(c, &d) == FN_OK);
    replay = (struct frt_op_replay){.tenant = 1, .conv = e.conv, .effect = e.id, .drop = true};
    DO(c, REPLAY, &replay);
    CHECK(c, replay.op.code == FN_OK && list(c, true, &found) == 0);
}

static void claims(struct contract *c)
{
    struct frt_effect e = begin(c, "phone:1"), found = {0};
    struct frt_claim x = {0};
    CHECK(c, claim(c, &e, 1, 1, &x) == FN_CONFLICT); /* STARTED and mine: it may be on its way */
    CHECK(c, claim(c, &e, 2, 1, &x) == FN_OK && !x.ready && x.attempt == 2 && x.resent == 0); /* its owner died */
    CHECK(c, claim(c, &e, 2, 1, &x) == FN_OK && !x.ready && x.attempt == 2);                  /* repeated */
    CHECK(c, claim(c, &e, 2, 2, &x) == FN_CONFLICT);
    CHECK(c, claim(c, &e, 1, 2, &x) == FN_CONFLICT); /* the dead do not come back */
    CHECK(c, list(c, false, &found) == 1 && found.attempts == 2 && found.epoch == 2 && found.state == FRT_E_UNKNOWN);
    struct frt_done d = verdict(&found, FRT_V_RETRY);
    d.resent = 1;
    CHECK(c, contract_done(c, &d) == FN_OK);
    CHECK(c, claim(c, &e, 2, 2, &x) == FN_OK && x.ready && x.attempt == 3 &&
                 x.resent == 1); /* READY: claimed before it is sent again */
    CHECK(c, claim(c, &e, 2, 2, &x) == FN_OK && x.ready && x.attempt == 3);
    CHECK(c, claim(c, &e, 3, 1, &x) == FN_OK && !x.ready && x.attempt == 4 &&
                 x.resent == 1); /* whatever its next owner had heard of it */
    e.id += 1;
    CHECK(c, claim(c, &e, 2, 0, &x) == FN_NOT_FOUND);
}

static void orphans(struct contract *c)
{
    static int64_t epochs[FRT_SHARDS];
    struct frt_effect a = begin(c, "phone:1"), b = begin(c, "phone:2"), dead = begin(c, "phone:3");
    struct frt_done d = verdict(&dead, FRT_V_FAILED);
    CHECK(c, contract_done(c, &d) == FN_OK);
    for (size_t i = 0; i < FRT_SHARDS; i++) {
        epochs[i] = 1;
    }
    struct frt_op_due op = {.epochs = epochs, .orphans = true, .limit = 1};
    DO(c, DUE, &op);
    CHECK(c, op.n_effects == 0 && !op.more); /* of my own epoch: they are in my lanes */
    for (size_t i = 0; i < FRT_SHARDS; i++) {
        epochs[i] = 2;
    }
    DO(c, DUE, &op);
    CHECK(c, op.n_effects == 1 && op.more && op.effects[0].conv == (a.conv < b.conv ? a.conv : b.conv));
    CHECK(c, op.n_effects == 1 && fn_str_eq(op.effects[0].payload, FN_STR("{\"text\":\"oi\"}")) &&
                 op.effects[0].host == FBC_HOST_say);
    op.after = (struct frt_key){1, op.effects[0].conv};
    DO(c, DUE, &op);
    CHECK(c, op.n_effects == 1 && !op.more && op.effects[0].conv == (a.conv < b.conv ? b.conv : a.conv));
    epochs[frt_shard(1, b.conv)] = 0; /* another node's */
    epochs[frt_shard(1, a.conv)] = 2;
    op.after = (struct frt_key){0, 0};
    op.limit = 10;
    DO(c, DUE, &op);
    CHECK(c, frt_shard(1, a.conv) == frt_shard(1, b.conv) || (op.n_effects == 1 && op.effects[0].conv == a.conv));
}

static size_t open_effects(struct contract *c, int64_t conv)
{
    struct frt_op_effects op = {.tenant = 1, .conv = conv, .limit = 10};
    DO(c, EFFECTS, &op);
    return op.n;
}

/* A turn of the former owner that becomes durable behind the new owner's search for orphans: either the new owner's LOAD tells of what it sends,
 * or the new owner's COMMIT loses. Nothing that the search did not find goes behind what is newer. */
static void late_commits(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100), b = contract_message(c, "phone:1", "b", 200);
    CHECK(c, a.conv == b.conv);
    struct frt_loaded old = contract_load_as(c, a.conv, 1), new = contract_load_as(c, a.conv, 2);
    CHECK(c, old.orphan == -1 && new.orphan == -1);
    struct frt_turn late = contract_turn(&old, 1, 7);
    CHECK(c, contract_commit(c, &late) == FN_OK); /* nobody of the new epoch was there before */
    struct frt_turn turn = contract_turn(&new, 2, 8);
    CHECK(c, contract_commit(c, &turn) == FN_CONFLICT && open_effects(c, a.conv) == 1);
    contract_reopen(c);
    CHECK(c, contract_load_as(c, a.conv, 1).orphan == -1); /* his own: in his lanes */
    CHECK(c, contract_load_as(c, a.conv, 0).orphan == -1);
    new = contract_load_as(c, a.conv, 2);
    CHECK(c, new.orphan == frt_effect_id(0, 0) && new.conv.seq == 1 && new.n_rows == 1);
    struct frt_turn again = contract_turn(&new, 1, 9);
    turn = contract_turn(&new, 2, 10);
    CHECK(c, contract_commit(c, &turn) == FN_OK); /* the lane begins with what LOAD told of */
    again.n_effects = again.n_log = 0;
    CHECK(c, contract_commit(c, &again) ==
                 FN_CONFLICT); /* behind a turn of the new epoch nothing old comes in: not by seq, */
    new = contract_load_as(c, a.conv, 2);
    again = contract_turn(&new, 1, 11);
    CHECK(c, contract_commit(c, &again) == FN_CONFLICT && open_effects(c, a.conv) == 2); /* and not by epoch */
    CHECK(c, new.orphan == -1); /* so it is not asked any more */
}

static void orphans_of_load(struct contract *c)
{
    struct frt_effect e = begin(c, "phone:1");
    CHECK(c, contract_load_as(c, e.conv, 3).orphan == e.id);
    CHECK(c, claim(c, &e, 3, 1, NULL) == FN_OK);
    CHECK(c, contract_load_as(c, e.conv, 3).orphan == -1); /* mine now */
    CHECK(c, contract_load_as(c, e.conv, 4).orphan == e.id);
    struct frt_done d = verdict(&e, FRT_V_FAILED);
    d.epoch = 3;
    d.attempts = 2;
    CHECK(c, contract_done(c, &d) == FN_OK);
    CHECK(c, contract_load_as(c, e.conv, 4).orphan == -1); /* a dead letter is nobody's work */
}

static void receipts(struct contract *c)
{
    struct frt_effect e = begin(c, "phone:1");
    struct frt_done d = verdict(&e, FRT_V_SENT);
    d.ext_id = FN_STR("wamid.1");
    CHECK(c, contract_done(c, &d) == FN_OK);
    struct frt_receipt r = {.tenant = 1, .channel = 7, .ext_id = FN_STR("wamid.1"), .delivery = FRT_D_READ};
    struct frt_op_receipt op = {.items = &r, .n = 1};
    DO(c, RECEIPT, &op);
    CHECK(c, r.code == FN_OK && r.conv == e.conv && line_of(c, &e).delivery == FRT_D_READ);
    r.delivery = FRT_D_DELIVERED; /* late: never goes back */
    DO(c, RECEIPT, &op);
    CHECK(c, line_of(c, &e).delivery == FRT_D_READ);
    r.ext_id = FN_STR("nobody");
    DO(c, RECEIPT, &op);
    CHECK(c, r.code == FN_NOT_FOUND);
    r = (struct frt_receipt){.tenant = 2, .ext_id = FN_STR("wamid.1"), .delivery = FRT_D_FAILED};
    DO(c, RECEIPT, &op);
    CHECK(c, r.code == FN_NOT_FOUND);
}

static void echoes_are_known(struct contract *c)
{
    struct frt_effect e = begin(c, "phone:1");
    struct frt_done d = verdict(&e, FRT_V_SENT);
    d.ext_id = FN_STR("wamid.1");
    CHECK(c, contract_done(c, &d) == FN_OK);
    struct frt_ingest in[2] = {{.tenant = 1, .conv = e.conv}, {.tenant = 1, .conv = e.conv}};
    in[0].row =
        (struct frt_row){.id = 1, .kind = FRT_IN_ECHO, .due_at = 7000, .received_at = 7000, .ref = FN_STR("wamid.1")};
    in[1].row =
        (struct frt_row){.id = 1, .kind = FRT_IN_ECHO, .due_at = 7001, .received_at = 7001, .ref = FN_STR("typed")};
    struct frt_op_ingest op = {.items = in, .n = 2};
    DO(c, INGEST, &op);
    struct frt_loaded loaded = contract_load(c, e.conv);
    CHECK(c, loaded.n_rows == 2 && loaded.rows[0].known && !loaded.rows[1].known);
}

static void what_was_told(struct contract *c)
{
    struct frt_effect e = begin(c, "phone:1");
    struct frt_op_messages op = {.tenant = 1, .conv = e.conv, .limit = 10, .told = true};
    DO(c, MESSAGES, &op);
    CHECK(c, op.n == 0); /* what came in has an id, but was not told; what is to go out has none yet */
    struct frt_done d = verdict(&e, FRT_V_SENT);
    d.ext_id = FN_STR("wamid.1");
    CHECK(c, contract_done(c, &d) == FN_OK);
    DO(c, MESSAGES, &op);
    CHECK(c, op.n == 1 && op.messages[0].id == frt_result_row(e.id) && op.messages[0].body.n == 0);
    CHECK(c, op.n == 1 && fn_str_eq(op.messages[0].ext_id, FN_STR("wamid.1")));
    struct frt_loaded in = contract_load(c, e.conv);
    struct frt_turn t = contract_turn(&in, 1, 8);
    struct frt_message typed = {
        .id = 77, .at = 8000, .dir = FRT_DIR_HUMAN, .kind = FN_STR("text"), .ext_id = FN_STR("typed")};
    t.n_effects = 0;
    t.log = &typed;
    t.n_log = 1;
    CHECK(c, contract_commit(c, &t) == FN_OK);
    contract_reopen(c);
    DO(c, MESSAGES, &op);
    CHECK(c, op.n == 2 && op.messages[0].id == 77 && fn_str_eq(op.messages[1].ext_id, FN_STR("wamid.1")));
    op.before_at = 8000;
    op.before_id = 77;
    DO(c, MESSAGES, &op);
    CHECK(c, op.n == 1 && op.messages[0].id == frt_result_row(e.id));
}

const struct contract_case contract_effect_cases[] = {
    {"done: sent", done_sent},
    {"done: later", done_later},
    {"what comes late", what_comes_late},
    {"closed late", closed_late},
    {"dead letters", dead_letters},
    {"claims", claims},
    {"late commits", late_commits},
    {"orphans of a load", orphans_of_load},
    {"orphans", orphans},
    {"receipts", receipts},
    {"echoes are known", echoes_are_known},
    {"what was told", what_was_told},
    {NULL, NULL},
};

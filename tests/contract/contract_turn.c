/* contract_turn.c: INGEST, LOAD, COMMIT, DUE, LEASE.
 * SPDX-License-Identifier: Apache-2.0 */
#include "contract.h"

#include <stdio.h>

static void ingest_makes_and_finds(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:5511999990000", "a", 100);
    struct frt_ingest b = contract_message(c, "phone:5511999990000", "b", 200);
    struct frt_ingest other = contract_message(c, "lid:77", "c", 300);
    CHECK(c, a.created && !b.created && other.created);
    CHECK(c, a.conv == b.conv && a.contact == b.contact && a.conv != 0);
    CHECK(c, other.conv != a.conv && other.contact != a.contact);
    CHECK(c, b.row.id > a.row.id);
    contract_reopen(c);
    struct frt_loaded in = contract_load(c, a.conv);
    CHECK(c, in.code == FN_OK && in.n_rows == 2);
    CHECK(c, in.n_rows == 2 && in.rows[0].id == a.row.id && in.rows[1].id == b.row.id);
    CHECK(c, in.n_rows == 2 && fn_str_eq(in.rows[0].payload, (struct fn_str){"p\0q", 3}) &&
                 fn_str_eq(in.rows[0].ref, FN_STR("ref")));
    CHECK(c, in.conv.seq == 0 && in.conv.status == FRT_IDLE && in.conv.channel == 7);
    CHECK(c, fn_str_eq(in.conv.address, FN_STR("somewhere")) && fn_str_eq(in.phone, FN_STR("5511999990000")));
}

static void aliases_are_one_contact(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100);
    struct frt_ingest in = {
        .tenant = 1, .channel = 8, .aliases = {FN_STR("lid:9"), FN_STR("phone:1")}, .n_aliases = 2, .new_id = 50};
    in.row = (struct frt_row){.id = 51, .kind = FRT_IN_MESSAGE, .due_at = 5, .received_at = 5};
    in.name = FN_STR("Bia");
    struct frt_op_ingest op = {.items = &in, .n = 1};
    DO(c, INGEST, &op);
    CHECK(c, in.contact == a.contact && in.conv != a.conv); /* another channel: another mailbox of the same person */
    struct frt_ingest b = contract_message(c, "lid:9", "b", 200);
    CHECK(c, b.conv == a.conv);
    struct frt_loaded loaded = contract_load(c, a.conv);
    CHECK(c, loaded.n_pairs == 1 && fn_str_eq(loaded.pairs[0].name, FN_STR("s:name")) &&
                 fn_str_eq(loaded.pairs[0].value, FN_STR("Bia")));
}

static void tenants_do_not_meet(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "same", 100);
    struct frt_ingest in = {.tenant = 2,
                            .channel = 7,
                            .aliases = {FN_STR("phone:1")},
                            .n_aliases = 1,
                            .new_id = 90,
                            .dedupe = FN_STR("same")};
    in.row = (struct frt_row){.id = 91, .kind = FRT_IN_MESSAGE, .due_at = 5, .received_at = 5};
    struct frt_op_ingest op = {.items = &in, .n = 1};
    DO(c, INGEST, &op);
    CHECK(c, !in.duplicate && in.created && in.conv != a.conv && in.contact != a.contact);
    struct frt_loaded loaded = {.key = {2, a.conv}};
    struct frt_op_load load = {.items = &loaded, .n = 1};
    DO(c, LOAD, &load);
    CHECK(c, loaded.code == FN_NOT_FOUND);
}

static void ingest_dedupes(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "same", 100);
    struct frt_ingest b = contract_message(c, "phone:1", "same", 200);
    CHECK(c, !a.duplicate && b.duplicate && b.code == FN_OK && b.conv == a.conv);
    contract_reopen(c);
    struct frt_ingest again = contract_message(c, "phone:1", "same", 300);
    CHECK(c, again.duplicate);
    struct frt_ingest tomorrow = contract_message(c, "phone:1", "same", 100 + 86400000);
    CHECK(c, !tomorrow.duplicate); /* the day is part of the key: it is the provider's */
    CHECK(c, contract_load(c, a.conv).n_rows == 2);
    struct frt_ingest twice[2] = {a, a};
    for (int i = 0; i < 2; i++) {
        twice[i].conv = 0;
        twice[i].dedupe = FN_STR("in one batch");
    }
    struct frt_op_ingest op = {.items = twice, .n = 2};
    DO(c, INGEST, &op);
    CHECK(c, !twice[0].duplicate && twice[1].duplicate);
}

static void ingest_into_known(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100);
    struct frt_ingest in = {.tenant = 1, .conv = a.conv, .dedupe = FN_STR("x")};
    in.row = (struct frt_row){.id = 5, .kind = FRT_IN_HANDBACK, .due_at = 5, .received_at = 5};
    struct frt_op_ingest op = {.items = &in, .n = 1};
    DO(c, INGEST, &op);
    CHECK(c, in.code == FN_OK && in.contact == a.contact && in.row.id > a.row.id);
    in.conv = 424242;
    in.dedupe = FN_STR("y");
    DO(c, INGEST, &op);
    CHECK(c, in.code == FN_NOT_FOUND);
}

/* Two nodes, one clock behind the other: the message that came later stays behind, and is due no sooner. */
static void arrival_is_the_order(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "first", 5000),
                      b = contract_message(c, "phone:1", "second", 4200),
                      d = contract_message(c, "phone:1", "third", 4900);
    struct frt_loaded in = contract_load(c, a.conv);
    CHECK(c, a.conv == b.conv && b.conv == d.conv && in.n_rows == 3);
    CHECK(c, in.n_rows == 3 && in.rows[0].id == a.row.id && in.rows[1].id == b.row.id && in.rows[2].id == d.row.id);
    for (size_t i = 0; i < in.n_rows; i++) {
        CHECK(c, in.rows[i].received_at == 5000 && in.rows[i].due_at == 5000);
    }
    struct frt_ingest later = contract_message(c, "phone:1", "fourth", 6000);
    in = contract_load(c, a.conv);
    CHECK(c, in.n_rows == 4 && in.rows[3].id == later.row.id && in.rows[3].received_at == 6000);
}

static void backlog_is_bounded(struct contract *c)
{
    struct frt_ingest first = contract_message(c, "phone:1", NULL, 100);
    static struct frt_ingest many[FRT_BACKLOG_MAX];
    for (size_t i = 0; i < FRT_BACKLOG_MAX; i++) {
        many[i] = (struct frt_ingest){.tenant = 1, .conv = first.conv};
        many[i].row = (struct frt_row){.id = 10000 + (int64_t)i, .kind = FRT_IN_EVENT, .due_at = 5, .received_at = 5};
    }
    struct frt_op_ingest op = {.items = many, .n = FRT_BACKLOG_MAX};
    DO(c, INGEST, &op);
    CHECK(c, many[FRT_BACKLOG_MAX - 2].code == FN_OK);
    CHECK(c, many[FRT_BACKLOG_MAX - 1].code == FN_LIMIT); /* events are shed */
    struct frt_ingest message = contract_message(c, "phone:1", "m", 900);
    CHECK(c, message.code == FN_OK); /* messages never */
    CHECK(c, contract_load(c, first.conv).n_rows == FRT_BACKLOG_MAX + 1);
}

/* A message into a conversation given by number. */
static struct frt_ingest by_number(struct contract *c, int64_t conv, const char *dedupe, int64_t at, const char *name)
{
    struct frt_ingest in = {
        .tenant = 1, .channel = 7, .conv = conv, .dedupe = fn_str_c(dedupe), .name = fn_str_c(name)};
    in.row = (struct frt_row){.id = 5000 + at, .kind = FRT_IN_MESSAGE, .due_at = at, .received_at = at};
    struct frt_op_ingest op = {.items = &in, .n = 1};
    DO(c, INGEST, &op);
    CHECK(c, op.op.code == FN_OK);
    return in;
}

/* The conversation with one turn behind it: a timer in the mailbox, and something known about the contact. */
static int64_t after_a_turn(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100);
    struct frt_loaded in = contract_load(c, a.conv);
    struct frt_turn t = contract_turn(&in, 1, 77);
    struct frt_row timer = {
        .id = frt_timer_row(0), .kind = FRT_IN_TIMER, .due_at = 9000, .received_at = 9000, .payload = FN_STR("x")};
    struct frt_pair pairs[] = {{FN_STR("t:vip"), FN_STR("true")}, {FN_STR("f:nome"), FN_STR("\"Bia\"")}};
    t.rows = &timer;
    t.n_rows = 1;
    t.pairs = pairs;
    t.n_pairs = 2;
    CHECK(c, contract_commit(c, &t) == FN_OK);
    return a.conv;
}

static void ingest_tells_what_load_would(struct contract *c)
{
    int64_t conv = after_a_turn(c);
    struct frt_ingest first = by_number(c, conv, "b", 200, "");
    struct frt_loaded in = contract_load(c, conv);
    CHECK(c, first.told && first.seq == in.conv.seq && first.n_derived == 1 && in.n_rows == 2);
    CHECK(c, first.n_pairs == in.n_pairs && first.n_pairs == 2);
    for (size_t i = 0; i < first.n_pairs && i < in.n_pairs; i++) {
        CHECK(c,
              fn_str_eq(first.pairs[i].name, in.pairs[i].name) && fn_str_eq(first.pairs[i].value, in.pairs[i].value));
    }
    CHECK(c, !by_number(c, conv, "c", 300, "").told); /* another message lies there: their order is LOAD's to say */
    struct frt_ingest again = by_number(c, conv, "c", 300, "");
    CHECK(c, again.duplicate && !again.told);
}

static void ingest_tells_no_older_name(struct contract *c)
{
    int64_t conv = after_a_turn(c);
    struct frt_ingest named = by_number(c, conv, "b", 200, "Beatriz");
    bool found = !named.told;
    for (size_t i = 0; i < named.n_pairs; i++) {
        found = found || (fn_str_eq(named.pairs[i].name, FN_STR("s:name")) &&
                          fn_str_eq(named.pairs[i].value, FN_STR("Beatriz")));
    }
    CHECK(c, found);
}

static void commit_is_a_turn(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100);
    struct frt_loaded in = contract_load(c, a.conv);
    struct frt_turn t = contract_turn(&in, 1, 77);
    struct frt_row timer = {
        .id = frt_timer_row(0), .kind = FRT_IN_TIMER, .due_at = 9000, .received_at = 9000, .payload = FN_STR("x")};
    struct frt_metric metric = {FN_STR("loja/enter/inicio"), 3600000, 2};
    struct frt_doc doc = {FN_STR("t:pedidos"), FN_STR("7"), FN_STR("{\"total\":8}"), -1};
    struct frt_pair pairs[] = {{FN_STR("f:nome"), FN_STR("\"Bia\"")}, {FN_STR("t:vip"), FN_STR("true")}};
    t.rows = &timer;
    t.metrics = &metric;
    t.docs = &doc;
    t.pairs = pairs;
    t.n_rows = t.n_metrics = t.n_docs = 1;
    t.n_pairs = 2;
    t.conv.timer = timer.id;
    t.conv.deadline = 9500;
    t.conv.last_in_at = 100;
    CHECK(c, contract_commit(c, &t) == FN_OK);
    contract_reopen(c);
    struct frt_loaded out = contract_load(c, a.conv);
    CHECK(c, out.conv.seq == 1 && out.conv.token == 77 && out.conv.epoch == 1 && out.conv.status == FRT_RUNNING);
    CHECK(c, fn_str_eq(out.conv.snap, t.conv.snap) && fn_str_eq(out.conv.prog, t.conv.prog) &&
                 fn_str_eq(out.conv.stage, FN_STR("inicio")));
    CHECK(c, out.conv.timer == timer.id && out.conv.deadline == 9500 && out.conv.clock == 5000 &&
                 out.conv.last_in_at == 100);
    CHECK(c, out.n_rows == 1 && out.rows[0].id == timer.id && out.rows[0].due_at == 9000);
    CHECK(c, out.n_pairs == 2 && fn_str_eq(out.pairs[0].name, FN_STR("f:nome")) &&
                 fn_str_eq(out.pairs[0].value, FN_STR("\"Bia\"")));
    struct frt_pair gone = {FN_STR("t:vip"), FN_STR_NULL};
    struct frt_turn second = {
        .conv = out.conv, .token = 78, .consume = &timer.id, .n_consume = 1, .pairs = &gone, .n_pairs = 1};
    CHECK(c, contract_commit(c, &second) == FN_OK);
    out = contract_load(c, a.conv);
    CHECK(c, out.n_rows == 0 && out.n_pairs == 1 && out.conv.seq == 2);
}

static void commit_compares_and_sets(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100);
    struct frt_loaded in = contract_load(c, a.conv);
    struct frt_turn mine = contract_turn(&in, 2, 11), theirs = contract_turn(&in, 1, 12);
    CHECK(c, contract_commit(c, &mine) == FN_OK);
    CHECK(c, contract_commit(c, &mine) == FN_OK); /* the answer was lost: again, and nothing is repeated */
    CHECK(c, contract_commit(c, &theirs) == FN_CONFLICT);
    struct frt_loaded now = contract_load(c, a.conv);
    CHECK(c, now.conv.seq == 1 && now.conv.token == 11);
    struct frt_turn late = contract_turn(&now, 1, 13); /* a lower epoch: another node owns it */
    CHECK(c, contract_commit(c, &late) == FN_CONFLICT);
    struct frt_op_effects effects = {.tenant = 1, .limit = 10};
    DO(c, EFFECTS, &effects);
    CHECK(c, effects.n == 1);
    struct frt_turn nobody = contract_turn(&now, 2, 14);
    nobody.conv.conv = 424242;
    nobody.n_effects = 0;
    CHECK(c, contract_commit(c, &nobody) == FN_NOT_FOUND);
}

static void commit_batch_is_each_for_itself(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100), b = contract_message(c, "phone:2", "b", 100);
    struct frt_loaded in_a = contract_load(c, a.conv), in_b = contract_load(c, b.conv);
    struct frt_turn turns[2] = {{.conv = in_a.conv, .token = 1}, {.conv = in_b.conv, .token = 2}};
    turns[0].conv.seq = 5; /* loses */
    turns[0].consume = &in_a.rows[0].id;
    turns[1].consume = &in_b.rows[0].id;
    turns[0].n_consume = turns[1].n_consume = 1;
    struct frt_op_commit op = {.items = turns, .n = 2};
    DO(c, COMMIT, &op);
    CHECK(c, op.op.code == FN_OK && turns[0].code == FN_CONFLICT && turns[1].code == FN_OK);
    CHECK(c, contract_load(c, a.conv).n_rows == 1 && contract_load(c, b.conv).n_rows == 0);
}

/* What a message and the turn it made take for granted, as of after_a_turn. */
static struct frt_ingest direct_message(const struct frt_loaded *in, const char *dedupe, int64_t id)
{
    struct frt_ingest x = {.tenant = 1, .channel = 7, .conv = in->conv.conv, .dedupe = fn_str_c(dedupe), .day = 3};
    x.row = (struct frt_row){.id = id, .kind = FRT_IN_MESSAGE, .due_at = 6000, .received_at = 6000};
    x.log = (struct frt_message){.at = 6000, .dir = FRT_DIR_IN, .kind = FN_STR("text"), .body = FN_STR("{}")};
    x.n_derived = in->n_rows;
    x.pairs = in->pairs;
    x.n_pairs = in->n_pairs;
    return x;
}

static struct frt_turn direct_turn(const struct frt_loaded *in, const struct frt_ingest *message, int64_t token)
{
    struct frt_turn t = contract_turn(in, 1, token);
    t.n_consume = 0;
    t.direct = message;
    return t;
}

static size_t log_lines(struct contract *c, int64_t conv)
{
    struct frt_op_messages log = {
        .tenant = 1, .conv = conv, .before_at = INT64_MAX, .before_id = INT64_MAX, .limit = 100};
    DO(c, MESSAGES, &log);
    return log.n;
}

static void a_message_with_its_turn(struct contract *c)
{
    int64_t conv = after_a_turn(c);
    size_t lines = log_lines(c, conv);
    struct frt_loaded in = contract_load(c, conv);
    struct frt_ingest message = direct_message(&in, "d", 7000);
    struct frt_turn t = direct_turn(&in, &message, 21);
    CHECK(c, contract_commit(c, &t) == FN_OK);
    CHECK(c, contract_commit(c, &t) == FN_OK); /* the answer was lost: it finds itself */
    contract_reopen(c);
    struct frt_loaded out = contract_load(c, conv);
    CHECK(c, out.conv.seq == in.conv.seq + 1 && out.n_rows == in.n_rows); /* it was never in the mailbox */
    CHECK(c, log_lines(c, conv) == lines + 2);
    CHECK(c, by_number(c, conv, "a", 6100, "").duplicate);
    struct frt_ingest again = {.tenant = 1, .channel = 7, .conv = conv, .dedupe = FN_STR("d"), .day = 3};
    again.row = (struct frt_row){.id = 7100, .kind = FRT_IN_MESSAGE, .due_at = 6100, .received_at = 6100};
    struct frt_op_ingest op = {.items = &again, .n = 1};
    DO(c, INGEST, &op);
    CHECK(c, again.duplicate);
    struct frt_ingest next = by_number(c, conv, "e", 500, ""); /* its id was lower: it goes behind */
    CHECK(c, next.row.id > 7000);
}

/* Each of these makes the turn lose, and then nothing of the message is there. */
static void a_message_with_a_turn_that_loses(struct contract *c)
{
    int64_t conv = after_a_turn(c);
    size_t lines = log_lines(c, conv);
    struct frt_loaded in = contract_load(c, conv);
    struct frt_pair other[] = {in.pairs[0], {in.pairs[1].name, FN_STR("else")}};
    for (int i = 0; i < 6; i++) {
        struct frt_ingest message = direct_message(&in, i == 0 ? "a" : "d", 7000);
        message.day = i == 0 ? 0 : 3; /* seen before, as contract_message writes it */
        message.n_derived = i == 1 ? 0 : i == 2 ? 2 : message.n_derived;
        message.n_pairs -= i == 3;
        message.pairs = i == 4 ? other : message.pairs;
        struct frt_turn t = direct_turn(&in, &message, 30 + i);
        t.conv.seq -= i == 5;
        CHECK(c, contract_commit(c, &t) == FN_CONFLICT);
    }
    CHECK(c, log_lines(c, conv) == lines && contract_load(c, conv).conv.seq == in.conv.seq);
    struct frt_ingest before = by_number(c, conv, "b", 6000, ""); /* it came first */
    struct frt_ingest message = direct_message(&in, "d", 7000);
    struct frt_turn t = direct_turn(&in, &message, 40);
    CHECK(c, before.code == FN_OK && contract_commit(c, &t) == FN_CONFLICT);
    message.n_derived = in.n_rows + 1;
    CHECK(c, contract_commit(c, &t) == FN_CONFLICT);
    CHECK(c, !by_number(c, conv, "d", 6200, "").duplicate);
}

/* Two conversations, one key: one of them is the first. */
static void a_message_comes_with_two_turns(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100), b = contract_message(c, "phone:2", "b", 100);
    struct frt_loaded first = contract_load(c, a.conv), second = contract_load(c, b.conv);
    struct frt_turn t = contract_turn(&first, 1, 1), u = contract_turn(&second, 1, 2);
    CHECK(c, contract_commit(c, &t) == FN_OK);
    u.n_effects = 0;
    CHECK(c, contract_commit(c, &u) == FN_OK);
    first = contract_load(c, a.conv);
    second = contract_load(c, b.conv);
    struct frt_ingest messages[] = {direct_message(&first, "same", 7000), direct_message(&second, "same", 7001)};
    struct frt_turn turns[] = {{.conv = first.conv, .token = 3, .direct = &messages[0]},
                               {.conv = second.conv, .token = 4, .direct = &messages[1]}};
    struct frt_op_commit op = {.items = turns, .n = 2};
    DO(c, COMMIT, &op);
    CHECK(c, op.op.code == FN_OK);
    CHECK(c, (turns[0].code == FN_OK) != (turns[1].code == FN_OK));
    CHECK(c, contract_load(c, a.conv).conv.seq + contract_load(c, b.conv).conv.seq == 3);
}

static void parking(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100), b = contract_message(c, "phone:1", "b", 200);
    struct frt_loaded in = contract_load(c, a.conv);
    int64_t id = a.row.id;
    struct frt_turn t = {.conv = in.conv, .token = 1, .park = &id, .n_park = 1};
    CHECK(c, contract_commit(c, &t) == FN_OK);
    in = contract_load(c, a.conv);
    CHECK(c, in.n_rows == 2 && in.rows[0].id == id && in.rows[0].due_at == FRT_NEVER && in.rows[1].id == b.row.id);
    t = (struct frt_turn){.conv = in.conv, .token = 2, .unpark = &id, .n_unpark = 1};
    CHECK(c, contract_commit(c, &t) == FN_OK);
    in = contract_load(c, a.conv);
    CHECK(c, in.n_rows == 2 && in.rows[0].due_at == 100);
}

static void due_finds(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 300), b = contract_message(c, "phone:2", "b", 200);
    (void)contract_message(c, "phone:2", "b2", 400);
    (void)contract_message(c, "phone:3", "c", 900);
    struct frt_op_due op = {.now = 500, .limit = 10};
    DO(c, DUE, &op);
    CHECK(c, op.n_keys == 2 && op.keys[0].conv == b.conv && op.keys[1].conv == a.conv && op.next_due == 900);
    op.limit = 1;
    DO(c, DUE, &op);
    CHECK(c, op.n_keys == 1 && op.keys[0].conv == b.conv);
    static int64_t epochs[FRT_SHARDS];
    epochs[frt_shard(1, a.conv)] = 3;
    op.epochs = epochs;
    op.limit = 10;
    DO(c, DUE, &op);
    CHECK(c, op.n_keys >= 1 && op.keys[op.n_keys - 1].conv == a.conv);
    struct frt_loaded in = contract_load(c, b.conv);
    int64_t ids[] = {in.rows[0].id, in.rows[1].id};
    struct frt_turn t = {.conv = in.conv, .token = 1, .park = ids, .n_park = 2};
    CHECK(c, contract_commit(c, &t) == FN_OK);
    op.epochs = NULL;
    DO(c, DUE, &op);
    CHECK(c, op.n_keys == 1 && op.keys[0].conv == a.conv); /* parked rows are not due */
    op.now = 5000;
    DO(c, DUE, &op);
    CHECK(c, op.n_keys == 2 && op.next_due == FRT_NEVER);
}

static void leases(struct contract *c)
{
    static struct frt_op_lease a, b;
    a = (struct frt_op_lease){.node = FN_STR("a"), .ttl_ms = 10000, .all = true};
    DO(c, LEASE, &a);
    CHECK(c, a.op.code == FN_OK && a.epochs[0] == 1 && a.epochs[FRT_SHARDS - 1] == 1);
    a.all = false;
    DO(c, LEASE, &a); /* renewed: the same epoch */
    CHECK(c, a.epochs[5] == 1);
    b = (struct frt_op_lease){.node = FN_STR("b"), .ttl_ms = 10000};
    DO(c, LEASE, &b);
    CHECK(c, b.epochs[5] == 0); /* they are taken */
    b.all = true;
    DO(c, LEASE, &b); /* by force: a single node after a crash */
    CHECK(c, b.epochs[5] == 2);
    DO(c, LEASE, &a);
    CHECK(c, a.epochs[5] == 0);
    b.all = false;
    b.release = true;
    DO(c, LEASE, &b);
    CHECK(c, b.epochs[5] == 0);
    DO(c, LEASE, &a);
    CHECK(c, a.epochs[5] == 3); /* free at once, and never the same epoch again */
    uint64_t give[FRT_SHARDS / 64] = {(uint64_t)1 << 5};
    a.give = give;
    DO(c, LEASE, &a); /* one is handed over, the others renewed */
    CHECK(c, a.epochs[5] == 0 && a.epochs[6] == 3 && a.n_others == 0);
    b.release = false;
    DO(c, LEASE, &b);
    CHECK(c, b.epochs[5] == 4 && b.epochs[6] == 0);
    bool one_file = strcmp(c->store.ops->name, "sqlite") == 0; /* never has a second node */
    CHECK(c, one_file || (b.nodes == 2 && b.n_others == 1 && fn_str_eq(b.others[0], FN_STR("a"))));
}

/* Two nodes that drew the same number make ids for two contacts in the same millisecond: neither is led into the other's conversation. */
static void ids_that_meet(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100), b = a;
    b.aliases[0] = FN_STR("phone:2");
    b.dedupe = FN_STR("b");
    b.conv = 0;
    b.new_id = a.conv;
    struct frt_op_ingest op = {.items = &b, .n = 1};
    DO(c, INGEST, &op);
    CHECK(c, op.op.code == FN_OK && b.code == FN_UNAVAILABLE);
    struct frt_loaded in = contract_load(c, a.conv);
    CHECK(c, in.n_rows == 1);
    b.new_id = a.conv + 1000000;
    b.conv = 0;
    DO(c, INGEST, &op);
    CHECK(c, b.code == FN_OK && b.created && b.conv == b.new_id && b.contact == b.new_id);
    CHECK(c, contract_load(c, a.conv).n_rows == 1 && contract_load(c, b.conv).n_rows == 1);
}

const struct contract_case contract_turn_cases[] = {
    {"ids that meet", ids_that_meet},
    {"ingest makes and finds", ingest_makes_and_finds},
    {"aliases are one contact", aliases_are_one_contact},
    {"tenants do not meet", tenants_do_not_meet},
    {"ingest dedupes", ingest_dedupes},
    {"ingest into a known conversation", ingest_into_known},
    {"arrival is the order", arrival_is_the_order},
    {"backlog is bounded", backlog_is_bounded},
    {"ingest tells what load would", ingest_tells_what_load_would},
    {"ingest tells no older name", ingest_tells_no_older_name},
    {"commit is a turn", commit_is_a_turn},
    {"commit compares and sets", commit_compares_and_sets},
    {"a message with its turn", a_message_with_its_turn},
    {"a message with a turn that loses", a_message_with_a_turn_that_loses},
    {"a message comes with two turns", a_message_comes_with_two_turns},
    {"a batch is each for itself", commit_batch_is_each_for_itself},
    {"parking", parking},
    {"due finds", due_finds},
    {"leases", leases},
    {NULL, NULL},
};

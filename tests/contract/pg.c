/* pg.c: the PostgreSQL store for the contract's cases: the database of DATABASE_URL, emptied between them (tests/contract/with_pg gives one).
 * SPDX-License-Identifier: Apache-2.0 */
#include "pg.h"
#include "store_pg.h"
#include "store_pg_conn.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(void *ctx, const char *event, const char *text)
{
    (void)ctx;
    printf("  (%s: %s)\n", event, text);
}

static bool open_as(struct contract *c, enum fsv_pg_pooler pooler)
{
    struct fn_err err = {0};
    struct fsv_pg_options o = {
        .url = getenv("DATABASE_URL"), .pooler = pooler, .log = pooler == FSV_PG_POOLER_NONE ? say : NULL};
    if (o.url == NULL || fsv_store_pg_open(&o, &c->store, &err) != FN_OK) {
        printf("  postgresql: %s\n", o.url != NULL ? err.text : "DATABASE_URL is not set");
        return false;
    }
    return true;
}

bool contract_pg_open(struct contract *c)
{
    return open_as(c, FSV_PG_POOLER_NONE);
}

bool contract_pg_open_pooled(struct contract *c)
{
    return open_as(c, FSV_PG_POOLER_TRANSACTION);
}

static void note(void *ctx, const char *event, const char *text)
{
    (void)text;
    if (strcmp(event, "store.pg.pooler") == 0) {
        *(bool *)ctx = true;
    }
}

/* DATABASE_URL may lead through a pooler, and the store has to find out: CONTRACT_POOLER says what is true. */
bool contract_pg_open_asked(struct contract *c)
{
    struct fn_err err = {0};
    const char *kind = getenv("CONTRACT_POOLER");
    bool pooled = false;
    struct fsv_pg_options o = {.url = getenv("DATABASE_URL"), .pooler = FSV_PG_POOLER_ASK, .log = note, .ctx = &pooled};
    if (kind == NULL || fsv_store_pg_open(&o, &c->store, &err) != FN_OK) {
        printf("  postgresql: %s\n", kind != NULL ? err.text : "CONTRACT_POOLER is not set");
        return false;
    }
    return CHECK(c, pooled == (strcmp(kind, "transaction") == 0));
}

void contract_pg_wipe(struct contract *c)
{
    struct fn_err err = {0};
    void *plain = NULL;
    c->store.ops->close(c->store.self);
    struct pg_target *t = pg_target_new(getenv("DATABASE_URL"), 0, &err);
    if (t == NULL || pg_plain_open(t, &plain, &err) != FN_OK ||
        pg_plain_run(plain, "DROP SCHEMA funnel CASCADE", &err) != FN_OK) {
        printf("  postgresql: %s\n", err.text);
        c->failed++;
    }
    if (plain != NULL) {
        pg_plain_close(plain);
    }
    pg_target_free(t);
}

/* -- what only a server can do to us ------------------------------------------------------------------------------------------------ */
static int64_t plain(struct contract *c, const char *query)
{
    struct fn_err err = {0};
    void *p = NULL;
    int64_t out = -1;
    struct pg_target *t = pg_target_new(getenv("DATABASE_URL"), 0, &err);
    if (t != NULL && pg_plain_open(t, &p, &err) == FN_OK) {
        CHECK(c, pg_plain_int(p, query, &out, &err) == FN_OK);
        pg_plain_close(p);
    }
    pg_target_free(t);
    CHECK(c, err.text[0] == '\0');
    return out;
}

static void change(struct contract *c, const char *statement)
{
    struct fn_err err = {0};
    void *p = NULL;
    struct pg_target *t = pg_target_new(getenv("DATABASE_URL"), 0, &err);
    if (t != NULL && pg_plain_open(t, &p, &err) == FN_OK) {
        CHECK(c, pg_plain_run(p, statement, &err) == FN_OK);
        pg_plain_close(p);
    }
    pg_target_free(t);
    CHECK(c, err.text[0] == '\0');
}

static int64_t cut_all(struct contract *c)
{
    return plain(c, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
}

/* Every connection dies: the store comes back by itself, and what was acknowledged is there. */
static void connections_die(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100);
    for (int i = 0; i < 5; i++) {
        CHECK(c, cut_all(c) >= 1); /* some may be on their way back */
        struct frt_loaded in = {.key = {1, a.conv}};
        struct frt_op_load op = {.items = &in, .n = 1};
        for (int tries = 0; tries < 10;
             tries++) { /* a read that was under way is told to be no answer, never a wrong one */
            DO(c, LOAD, &op);
            CHECK(c, op.op.code == FN_OK || op.op.code == FN_UNAVAILABLE);
            if (op.op.code == FN_OK) {
                break;
            }
        }
        CHECK(c, op.op.code == FN_OK && in.code == FN_OK && in.n_rows == 1);
    }
}

/* Until n statements wait for a lock. The store at work is driven meanwhile: what was submitted before the end of an earlier batch had
 * arrived leaves only then. */
static bool waiting(struct contract *c, int64_t n)
{
    for (int tries = 0; tries < 1000; tries++) {
        c->store.ops->drain(c->store.self);
        if (plain(c, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") >= n) {
            return true;
        }
        (void)poll(NULL, 0, 20);
    }
    return false;
}

/* The answer to a commit was lost, and the same turn comes again over another connection: its token tells that it is the same. */
static void commit_in_doubt(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100);
    struct frt_loaded in = contract_load(c, a.conv);
    struct frt_turn t = contract_turn(&in, 1, 4711);
    struct frt_op_commit op = {.items = &t, .n = 1};
    struct fsv_pg_options o = {.url = getenv("DATABASE_URL"), .pooler = FSV_PG_POOLER_NONE};
    struct contract other = *c;
    struct fn_err err = {0};
    CHECK(c, fsv_store_pg_open(&o, &other.store, &err) == FN_OK);
    CHECK(c, contract_commit(c, &t) == FN_OK); /* by one store */
    DO(&other, COMMIT, &op);                   /* and again by another, with the same token */
    CHECK(c, op.op.code == FN_OK && t.code == FN_OK);
    t.token = 4712;
    DO(&other, COMMIT, &op);
    CHECK(c, op.op.code == FN_OK && t.code == FN_CONFLICT);
    CHECK(c, plain(c, "SELECT count(*) FROM funnel.effect") == 1);
    other.store.ops->close(other.store.self);
}

/* One item that the server refuses: the batch is refused whole, nothing of it happened, and the others go in without it. */
static void poison(struct contract *c)
{
    struct frt_turn turns[3];
    struct frt_loaded in[3];
    struct frt_effect effects[3];
    for (int i = 0; i < 3; i++) {
        char alias[24];
        snprintf(alias, sizeof alias, "phone:%d", i);
        in[i] = contract_load(c, contract_message(c, alias, NULL, 100).conv);
        turns[i] = contract_turn(&in[i], 1, 100 + i);
        effects[i] = turns[i].effects[0];
        turns[i].effects = &effects[i];
        turns[i].n_log = 0;
    }
    turns[1].conv.status = (enum frt_status)70000; /* no smallint */
    struct frt_op_commit op = {.items = turns, .n = 3};
    DO(c, COMMIT, &op);
    CHECK(c, op.op.code == FN_INVALID);
    CHECK(c, plain(c, "SELECT count(*) FROM funnel.effect") == 0);
    op.n = 1;
    DO(c, COMMIT, &op);
    CHECK(c, op.op.code == FN_OK && turns[0].code == FN_OK);
    op.items = &turns[1];
    DO(c, COMMIT, &op);
    CHECK(c, op.op.code == FN_INVALID);
    op.items = &turns[2];
    DO(c, COMMIT, &op);
    CHECK(c, op.op.code == FN_OK && turns[2].code == FN_OK);
}

/* The hard half of `late commits`: the former owner's statement has begun, its snapshot is taken and its conversation changed, when the new owner
 * loads, sees nothing of it and commits. He waits for the row, sees that it is no longer what he loaded, and loads again. */
static void commit_under_way(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100);
    struct frt_loaded old = contract_load_as(c, a.conv, 1);
    struct contract other = *c;
    struct fsv_pg_options o = {.url = getenv("DATABASE_URL"), .pooler = FSV_PG_POOLER_NONE};
    struct fn_err err = {0};
    void *holder = NULL;
    char insert[128];
    struct pg_target *t = pg_target_new(getenv("DATABASE_URL"), 0, &err);
    snprintf(insert, sizeof insert,
             "INSERT INTO funnel.turn_log (tenant_id, conv_id, seq, at, record) VALUES (1, %lld, 0, 0, '')",
             (long long)a.conv);
    if (!CHECK(c, fsv_store_pg_open(&o, &other.store, &err) == FN_OK && t != NULL &&
                      pg_plain_open(t, &holder, &err) == FN_OK && pg_plain_run(holder, "BEGIN", &err) == FN_OK &&
                      pg_plain_run(holder, insert, &err) == FN_OK)) {
        return;
    }
    bool late_done, new_done;
    struct frt_turn late = contract_turn(&old, 1, 7);
    struct frt_op_commit op = {.items = &late, .n = 1};
    contract_submit(c, FRT_OP_COMMIT, &op.op,
                    &late_done); /* stands in the middle of its statement, behind the compare-and-set */
    CHECK(c, waiting(c, 1));
    struct frt_loaded new = contract_load_as(&other, a.conv, 2);
    CHECK(c, new.conv.seq == 0 && new.orphan == -1 && new.n_rows == 1);
    struct frt_turn turn = {.conv = new.conv, .token = 8, .consume = &new.rows[0].id, .n_consume = 1};
    turn.conv.epoch = 2;
    struct frt_op_commit second = {.items = &turn, .n = 1};
    contract_submit(&other, FRT_OP_COMMIT, &second.op, &new_done);
    CHECK(c, waiting(&other, 2));
    CHECK(c, pg_plain_run(holder, "ROLLBACK", &err) == FN_OK);
    contract_wait(c, &op.op, &late_done);
    contract_wait(&other, &second.op, &new_done);
    CHECK(c, op.op.code == FN_OK && late.code == FN_OK && second.op.code == FN_OK && turn.code == FN_CONFLICT);
    new = contract_load_as(&other, a.conv, 2);
    CHECK(c, new.conv.seq == 1 && new.orphan == frt_effect_id(0, 0));
    other.store.ops->close(other.store.self);
    pg_plain_close(holder);
    pg_target_free(t);
}

/* The same message comes to another node at the same moment, whose INGEST has begun and not ended: only one of them has it. */
static void key_under_way(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100);
    struct frt_loaded in = contract_load(c, a.conv);
    struct frt_turn first = contract_turn(&in, 1, 7);
    CHECK(c, contract_commit(c, &first) == FN_OK);
    in = contract_load(c, a.conv);
    void *holder = NULL;
    struct fn_err err = {0};
    struct pg_target *target = pg_target_new(getenv("DATABASE_URL"), 0, &err);
    if (!CHECK(c, target != NULL && pg_plain_open(target, &holder, &err) == FN_OK &&
                      pg_plain_run(holder, "BEGIN", &err) == FN_OK &&
                      pg_plain_run(holder, "INSERT INTO funnel.seen (tenant_id, day, key) VALUES (1, 3, 'd')", &err) ==
                          FN_OK)) {
        return;
    }
    struct frt_ingest message = {.tenant = 1, .channel = 7, .conv = a.conv, .dedupe = FN_STR("d"), .day = 3};
    message.row = (struct frt_row){.id = 7000, .kind = FRT_IN_MESSAGE, .due_at = 6000, .received_at = 6000};
    message.log = (struct frt_message){.kind = FN_STR("text"), .body = FN_STR("{}"), .dir = FRT_DIR_IN};
    struct frt_turn turn = {.conv = in.conv, .token = 8, .direct = &message};
    struct frt_op_commit op = {.items = &turn, .n = 1};
    bool done;
    contract_submit(c, FRT_OP_COMMIT, &op.op, &done);
    CHECK(c, waiting(c, 1));
    CHECK(c, pg_plain_run(holder, "COMMIT", &err) == FN_OK);
    contract_wait(c, &op.op, &done);
    CHECK(c, op.op.code == FN_OK && turn.code == FN_CONFLICT);
    CHECK(c, contract_load(c, a.conv).conv.seq == 1);
    CHECK(c, plain(c, "SELECT count(*) FROM funnel.message WHERE msg_id = 7000") == 0);
    pg_plain_close(holder);
    pg_target_free(target);
}

/* No room, no memory, a statement that took too long: certainly not done, and nobody's content is to blame, or the engine would park the
 * conversation for it. When the cause is gone the same operation goes through. */
static void server_in_need(struct contract *c)
{
    static const char *const states[] = {"53100", "53200", "57014", "58030", "25006"};
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100);
    struct frt_loaded in = contract_load(c, a.conv);
    struct frt_turn t = contract_turn(&in, 1, 7);
    struct frt_op_commit op = {.items = &t, .n = 1};
    change(c, "CREATE OR REPLACE FUNCTION funnel.in_need() RETURNS trigger LANGUAGE plpgsql AS "
              "$f$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = TG_ARGV[0]; END $f$");
    for (size_t i = 0; i < FN_COUNT(states); i++) {
        char query[256];
        snprintf(query, sizeof query,
                 "CREATE OR REPLACE TRIGGER in_need BEFORE INSERT ON funnel.effect FOR EACH ROW EXECUTE FUNCTION "
                 "funnel.in_need('%s')",
                 states[i]);
        change(c, query);
        DO(c, COMMIT, &op);
        CHECK(c, op.op.code == FN_UNAVAILABLE);
        CHECK(c, contract_load(c, a.conv).conv.seq == 0);
    }
    change(c, "DROP TRIGGER in_need ON funnel.effect");
    CHECK(c, contract_commit(c, &t) == FN_OK && contract_load(c, a.conv).conv.seq == 1);
}

/* Many new people at once in an empty database, where nothing tells the planner what is much: what is asked of conv for them grows as they do, and
 * not with its square. */
static void many_new_people(struct contract *c)
{
    enum { PEOPLE = 200 };
    static const char asked[] =
        "SELECT (SELECT sum(idx_scan + idx_tup_read) FROM pg_stat_user_indexes WHERE schemaname = 'funnel' AND"
        " relname = 'conv')::int8 + (SELECT seq_tup_read FROM pg_stat_user_tables WHERE schemaname = 'funnel' AND"
        " relname = 'conv')::int8";
    static char texts[PEOPLE][2][24];
    struct frt_ingest first = contract_message(c, "phone:0", "d0", 100), people[PEOPLE];
    for (int i = 0; i < PEOPLE; i++) {
        people[i] = first;
        snprintf(texts[i][0], sizeof texts[i][0], "phone:%d", i + 1);
        snprintf(texts[i][1], sizeof texts[i][1], "d%d", i + 1);
        people[i].aliases[0] = fn_str_c(texts[i][0]);
        people[i].dedupe = fn_str_c(texts[i][1]);
        people[i].conv = 0;
        people[i].new_id = people[i].row.id = first.new_id + 10 * (i + 1);
    }
    (void)poll(NULL, 0, 1100); /* a server process tells its counts at most once a second */
    (void)contract_load(c, first.conv);
    int64_t before = plain(c, asked);
    struct frt_op_ingest op = {.items = people, .n = PEOPLE};
    DO(c, INGEST, &op);
    CHECK(c, op.op.code == FN_OK && people[0].created && people[PEOPLE - 1].created);
    (void)poll(NULL, 0, 1100);
    contract_message(c, "phone:0", "again", 100); /* over the same connection: tells them */
    int64_t n = plain(c, asked) - before;
    CHECK(c, n > PEOPLE && n < (int64_t)20 * PEOPLE);
}

static void count(void *ctx)
{
    ++*(unsigned *)ctx;
}

static void notify(struct contract *c)
{
    unsigned heard[2] = {0, 0};
    struct contract nodes[2] = {*c, *c};
    struct fn_err err = {0};
    for (int i = 0; i < 2; i++) {
        struct fsv_pg_options o = {
            .url = getenv("DATABASE_URL"), .pooler = FSV_PG_POOLER_NONE, .woken = count, .ctx = &heard[i]};
        if (!CHECK(c, fsv_store_pg_open(&o, &nodes[i].store, &err) == FN_OK)) {
            return;
        }
        (void)contract_load(&nodes[i], 1); /* the connections are up */
        (void)contract_message(&nodes[i], "phone:1", NULL, 100);
    }
    for (int i = 0; i < 100; i++) {
        fsv_store_pg_tell(nodes[0].store);
    }
    for (int i = 0; i < 20; i++) {
        (void)contract_load(&nodes[0], 1);
        (void)contract_load(&nodes[1], 1);
        (void)poll(NULL, 0, 20);
    }
    CHECK(c, heard[0] == 0 && heard[1] >= 1 && heard[1] <= 3);
    nodes[0].store.ops->close(nodes[0].store.self);
    nodes[1].store.ops->close(nodes[1].store.self);
}

const struct contract_case contract_pg_cases[] = {
    {"connections die", connections_die},
    {"a commit in doubt", commit_in_doubt},
    {"a commit under way", commit_under_way},
    {"a poison turn", poison},
    {"a key under way", key_under_way},
    {"a server in need", server_in_need},
    {"many new people", many_new_people},
    {"nodes wake each other", notify},
    {NULL, NULL},
};

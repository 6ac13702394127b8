/* contract_list.c: catalogue, documents, lists, retention.
 * SPDX-License-Identifier: Apache-2.0 */
#include "contract.h"

static const char hash_a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", hash_b[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

static void put_image(struct contract *c, const char *hash)
{
    struct frt_op_image_put op = {.tenant = 1, .at = 1, .hash = fn_str_c(hash), .bytes = (struct fn_str){"im\0age", 6}};
    DO(c, IMAGE_PUT, &op);
    CHECK(c, op.op.code == FN_OK);
    DO(c, IMAGE_PUT, &op);
    CHECK(c, op.op.code == FN_OK);
}

static struct frt_op_publish publish(struct contract *c, const char *funnel, const char *hash)
{
    struct frt_op_publish op = {.tenant = 1,
                                .pub = {.funnel = fn_str_c(funnel), .hash = fn_str_c(hash), .channel = 7, .at = 5}};
    DO(c, PUBLISH, &op);
    return op;
}

static void catalogue(struct contract *c)
{
    CHECK(c, publish(c, "loja", hash_a).op.code == FN_NOT_FOUND);
    put_image(c, hash_a);
    put_image(c, hash_b);
    struct frt_op_publish first = publish(c, "loja", hash_a), second = publish(c, "loja", hash_b);
    CHECK(c, first.op.code == FN_OK && first.pub.version == 1 && first.pub.previous.n == 0);
    CHECK(c, second.pub.version == 2 && fn_str_eq(second.pub.previous, fn_str_c(hash_a)));
    struct frt_op_publish same = publish(c, "loja", hash_b);
    CHECK(c, same.pub.version == 2 && fn_str_eq(same.pub.previous, fn_str_c(hash_a)));
    (void)publish(c, "clinica", hash_a);
    contract_reopen(c);
    struct frt_op_pubs pubs = {.tenant = 1};
    DO(c, PUBS, &pubs);
    CHECK(c, pubs.n == 2 && fn_str_eq(pubs.pubs[0].funnel, FN_STR("clinica")) &&
                 fn_str_eq(pubs.pubs[1].hash, fn_str_c(hash_b)));
    CHECK(c, pubs.n == 2 && pubs.pubs[1].channel == 7);
    (void)publish(c, "clinica", "");
    DO(c, PUBS, &pubs);
    CHECK(c, pubs.n == 1);
    pubs.tenant = 2;
    DO(c, PUBS, &pubs);
    CHECK(c, pubs.n == 0);
    struct frt_op_image_get get = {.tenant = 1, .hash = fn_str_c(hash_a)};
    DO(c, IMAGE_GET, &get);
    CHECK(c, get.op.code == FN_OK && fn_str_eq(get.bytes, (struct fn_str){"im\0age", 6}));
    get.tenant = 2;
    DO(c, IMAGE_GET, &get);
    CHECK(c, get.op.code == FN_NOT_FOUND);
}

static enum fn_code put(struct contract *c, const char *key, const char *body, int64_t expected, int64_t *rev)
{
    struct frt_doc d = {FN_STR("cfg"), fn_str_c(key), fn_str_c(body), expected};
    struct frt_op_doc_put op = {.tenant = 1, .docs = &d, .n = 1};
    DO(c, DOC_PUT, &op);
    *rev = d.rev;
    return op.op.code;
}

static void documents(struct contract *c)
{
    int64_t rev;
    CHECK(c, put(c, "b", "1", 0, &rev) == FN_OK && rev == 1);
    CHECK(c, put(c, "b", "2", 0, &rev) == FN_CONFLICT);
    CHECK(c, put(c, "b", "2", 1, &rev) == FN_OK && rev == 2);
    CHECK(c, put(c, "b", "3", 1, &rev) == FN_CONFLICT);
    CHECK(c, put(c, "b", "3", -1, &rev) == FN_OK && rev == 3);
    CHECK(c, put(c, "a", "x", -1, &rev) == FN_OK && put(c, "c", "y", -1, &rev) == FN_OK);
    contract_reopen(c);
    struct frt_op_doc_get get = {.tenant = 1, .collection = FN_STR("cfg"), .limit = 2};
    DO(c, DOC_GET, &get);
    CHECK(c, get.n == 2 && fn_str_eq(get.docs[0].key, FN_STR("a")) && fn_str_eq(get.docs[1].body, FN_STR("3")) &&
                 get.docs[1].rev == 3);
    get.after = FN_STR("b");
    DO(c, DOC_GET, &get);
    CHECK(c, get.n == 1 && fn_str_eq(get.docs[0].key, FN_STR("c")));
    get.key = FN_STR("a");
    DO(c, DOC_GET, &get);
    CHECK(c, get.n == 1 && fn_str_eq(get.docs[0].body, FN_STR("x")));
    CHECK(c, put(c, "a", "", 1, &rev) == FN_OK);
    DO(c, DOC_GET, &get);
    CHECK(c, get.n == 0);
    struct frt_doc both[] = {{FN_STR("cfg"), FN_STR("n"), FN_STR("1"), 0},
                             {FN_STR("cfg"), FN_STR("b"), FN_STR("9"), 7}};
    struct frt_op_doc_put all = {.tenant = 1, .docs = both, .n = 2};
    DO(c, DOC_PUT, &all);
    CHECK(c, all.op.code == FN_CONFLICT);
    get.key = FN_STR("n");
    DO(c, DOC_GET, &get);
    CHECK(c, get.n == 0); /* all or none */
}

static void lists(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100), b = contract_message(c, "phone:2", "b", 200);
    struct frt_loaded in = contract_load(c, a.conv);
    struct frt_turn t = contract_turn(&in, 1, 7);
    CHECK(c, contract_commit(c, &t) == FN_OK);
    struct frt_op_convs convs = {.tenant = 1, .status = -1, .owner = -1, .limit = 10};
    DO(c, CONVS, &convs);
    CHECK(c, convs.n == 2 && convs.convs[0].conv < convs.convs[1].conv && convs.convs[0].snap.n == 0);
    convs.status = FRT_RUNNING;
    DO(c, CONVS, &convs);
    CHECK(c, convs.n == 1 && convs.convs[0].conv == a.conv);
    convs = (struct frt_op_convs){.tenant = 1, .conv = a.conv, .status = -1, .owner = -1, .limit = 1};
    DO(c, CONVS, &convs);
    CHECK(c, convs.n == 1 && convs.convs[0].snap.n == 9);
    convs.tenant = 2;
    DO(c, CONVS, &convs);
    CHECK(c, convs.n == 0);
    struct frt_op_messages log = {.tenant = 1, .conv = b.conv, .limit = 2};
    DO(c, MESSAGES, &log);
    CHECK(c, log.n == 1 && log.messages[0].at == 200 && log.messages[0].conv == b.conv);
    log.conv = a.conv;
    DO(c, MESSAGES, &log);
    CHECK(c, log.n == 2 && log.messages[0].at == 5000 && log.messages[1].at == 100);
    log.before_at = 5000;
    log.before_id = log.n == 2 ? log.messages[0].id : 0;
    DO(c, MESSAGES, &log);
    CHECK(c, log.n == 1 && log.messages[0].at == 100 && fn_str_eq(log.messages[0].kind, FN_STR("text")));
    struct frt_op_turns turns = {.tenant = 1, .conv = a.conv, .after = -1, .limit = 10};
    DO(c, TURNS, &turns);
    CHECK(c, turns.n == 1 && turns.turns[0].seq == 0 && fn_str_eq(turns.turns[0].record, FN_STR("{\"clock\":5000}")));
    struct frt_op_standing standing = {.tenant = 1};
    DO(c, STANDING, &standing);
    CHECK(c, standing.n == 1 && standing.rows[0].n == 1 && fn_str_eq(standing.rows[0].stage, FN_STR("inicio")));
}

static void metrics(struct contract *c)
{
    struct frt_ingest a = contract_message(c, "phone:1", "a", 100);
    for (int64_t i = 0; i < 3; i++) {
        struct frt_loaded in = contract_load(c, a.conv);
        struct frt_metric m[] = {{FN_STR("loja/enter/x"), i / 2 * 3600000, 1}, {FN_STR("loja/goal/y"), 0, 5}};
        struct frt_turn t = {.conv = in.conv, .token = i, .metrics = m, .n_metrics = 2};
        CHECK(c, contract_commit(c, &t) == FN_OK);
    }
    struct frt_op_metrics op = {.tenant = 1, .to = FRT_NEVER, .prefix = FN_STR("loja/"), .limit = 10};
    DO(c, METRICS, &op);
    CHECK(c, op.n == 2 && op.metrics[0].n == 3 && op.metrics[1].n == 15);
    op.by_bucket = true;
    op.prefix = FN_STR("loja/enter");
    DO(c, METRICS, &op);
    CHECK(c, op.n == 2 && op.metrics[0].n == 2 && op.metrics[1].bucket == 3600000 && op.metrics[1].n == 1);
    op.from = 3600000;
    DO(c, METRICS, &op);
    CHECK(c, op.n == 1);
}

static void retention(struct contract *c)
{
    (void)contract_message(c, "phone:1", "a", 100);
    struct frt_ingest b = contract_message(c, "phone:1", "b", (int64_t)20 * 86400000);
    struct frt_op_purge op = {.seen_before_day = 10, .log_before = 1000};
    DO(c, PURGE, &op);
    CHECK(c, op.op.code == FN_OK && op.removed == 2);
    struct frt_op_messages log = {.tenant = 1, .conv = b.conv, .limit = 10};
    DO(c, MESSAGES, &log);
    CHECK(c, log.n == 1);
    CHECK(c, contract_load(c, b.conv).n_rows == 2); /* the mailbox is no log */
    struct frt_ingest again = contract_message(c, "phone:1", "b", (int64_t)20 * 86400000);
    CHECK(c, again.duplicate);
}

const struct contract_case contract_list_cases[] = {
    {"catalogue", catalogue}, {"documents", documents}, {"lists", lists},
    {"metrics", metrics},     {"retention", retention}, {NULL, NULL},
};

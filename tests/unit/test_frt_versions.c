/* Versions of a funnel while conversations run: moved at a stage, begun anew, offered to some and taken back.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine_world.h"
#include "fbc_format.h"
#include "fbc_image.h"
#include "fcc_compile.h"
#include "frt_engine.h"
#include "fsl_natives.h"
#include "unit.h"

static void test_upgrade_at_stage(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    publish(&w, "ei", 0);
    say(&w, "b"); /* -> conta: moves here */
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 20);
    CU_ASSERT_EQUAL(conv_now(&w, &arena).prog.p[0], 'e');
    fn_arena_fini(&arena);
    CU_ASSERT_EQUAL(metric(&w, "eco/upgrade/conta"), 1);
    say(&w, "c");
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"c\"}"));
    teardown(&w);
}

/* What runs in a version that was replaced with inflight=restart begins its stage anew in the new one, whatever wakes it. */
static void restarted_by(const char *first, void (*wake)(struct world *w), size_t more, const char *then)
{
    struct world w;
    struct fn_arena arena;
    setup(&w, 0);
    say(&w, "a"); /* waits in conta */
    w.hold = strcmp(first, "http") == 0;
    if (first[0] != '\0') {
        say(&w, first);
    }
    size_t n = w.n_said;
    publish_as(&w, "ei", 0, FRT_RESTART);
    wake(&w);
    w.hold = false;
    settle(&w);
    fn_arena_init(&arena, 1 << 20);
    CU_ASSERT_EQUAL(conv_now(&w, &arena).prog.p[0], 'e');
    fn_arena_fini(&arena);
    CU_ASSERT_EQUAL(metric(&w, "eco/upgrade/conta"), 1);
    CU_ASSERT_EQUAL(status_now(&w), FRT_RUNNING);
    CU_ASSERT_EQUAL(w.n_said, n + more);
    say(&w, then);
    CU_ASSERT_TRUE(w.n_said > n + more);
    teardown(&w);
}

static void by_message(struct world *w)
{
    say(w, "resposta a pergunta velha");
}

static void by_silence(struct world *w)
{
    wait_ms(w, 60001); /* no "tchau": the silence was the old version's */
}

static void by_result(struct world *w)
{
    answer(w, FRT_SENT);
    settle(w);
}

static void by_event(struct world *w)
{
    post(w, FRT_IN_EVENT, "pago", "e1");
}

static void test_restart(void)
{
    restarted_by("", by_message, 0, "b");
    restarted_by("", by_silence, 0, "b");
    restarted_by("http", by_result, 0, "b");
    restarted_by("espera", by_event, 0, "espera"); /* the event was kept: the new wait has it at once */
}

/* -- canary: taken back by itself ------------------------------------------------------------------------------------------------------ */
static void canary_publish(struct world *w, const char *greeting)
{
    struct fn_arena arena;
    char live[FRT_HASH], canary[FRT_HASH];
    publish(w, greeting, 0); /* puts the image */
    fn_arena_init(&arena, 1 << 20);
    memset(live, 'o', sizeof live);
    memset(canary, greeting[0], sizeof canary);
    struct frt_op_publish op = {.op = {.kind = FRT_OP_PUBLISH, .arena = &arena, .done = ignore}, .tenant = 1};
    op.pub = (struct frt_pub){
        .funnel = FN_STR("eco"), .hash = {live, FRT_HASH}, .canary = {canary, FRT_HASH}, .percent = 99};
    frt_store_submit(w->store, &op.op);
    while (w->store.ops->drain(w->store.self) != 0) {
    }
    CU_ASSERT_EQUAL(op.op.code, FN_OK);
    frt_engine_reload(w->engine, 1);
    fn_arena_fini(&arena);
}

static bool has_canary(struct world *w)
{
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 20);
    struct frt_op_pubs op = {.op = {.kind = FRT_OP_PUBS, .arena = &arena, .done = ignore}, .tenant = 1};
    frt_store_submit(w->store, &op.op);
    while (w->store.ops->drain(w->store.self) != 0) {
    }
    bool has = op.n == 1 && op.pubs[0].canary.n != 0 && op.pubs[0].hash.p[0] == 'o';
    CU_ASSERT_TRUE(op.n == 1 && op.pubs[0].hash.p[0] == 'o'); /* the live version is what it was */
    fn_arena_fini(&arena);
    return has;
}

static void customer_says(struct world *w, unsigned customer, const char *text)
{
    char phone[32], id[32];
    snprintf(phone, sizeof phone, "phone:55119%08u", customer);
    snprintf(id, sizeof id, "c%u-%s", customer, text);
    struct frt_inbound in = {
        .tenant = 1, .channel = 7, .kind = FRT_IN_MESSAGE, .aliases = {fn_str_c(phone)}, .n_aliases = 1};
    in.address = fn_str_c(phone + 6);
    in.dedupe = fn_str_c(id);
    in.payload.text = fn_str_c(text);
    frt_engine_ingest(w->engine, &in, NULL, NULL);
    w->n_said = 0; /* what is said is not looked at */
    settle(w);
}

/* `customers` begin in the canary and then type `text`; whether it is still there half a minute later. */
static bool canary_stays(unsigned customers, unsigned typing, const char *text)
{
    struct world w;
    setup(&w, 0);
    canary_publish(&w, "ei");
    CU_ASSERT_TRUE(has_canary(&w));
    for (unsigned i = 0; i < customers; i++) {
        customer_says(&w, i, "a");
        if (i < typing) {
            customer_says(&w, i, text);
        }
    }
    for (unsigned i = 0; i < 3; i++) {
        wait_ms(&w, 10001);
        customer_says(&w, 1000 + i, "a"); /* whoever runs turns looks */
    }
    bool stays = has_canary(&w);
    teardown(&w);
    return stays;
}

static void test_canary_is_taken_back(void)
{
    CU_ASSERT_FALSE(canary_stays(40, 40, "humano")); /* all ask for a person */
    CU_ASSERT_FALSE(canary_stays(40, 40, "divide")); /* all go to `on error` */
    CU_ASSERT_TRUE(canary_stays(40, 0, ""));         /* nobody does */
    CU_ASSERT_TRUE(canary_stays(40, 4, "humano"));   /* a tenth: within the 25 points of canary.def */
    CU_ASSERT_TRUE(canary_stays(10, 10, "humano"));  /* too few to tell */
}

/* compat says that a wider text is the same, so a running conversation moves with it; a narrower one is unsettled, and it stays. */
static void test_wider_text(void)
{
#define BOUND(n)                                                                                                 \
    "funnel eco \"Eco\"\nstart on message -> a\nalways {\n  on error -> f\n}\nvar x: text(" n ") = \"\"\n"       \
    "stage a {\n  ask x \"?\"\n  -> b\n}\nstage b {\n  ask y: text(9) \"" n "\"\n  say \"{x} {y}\"\n  -> b\n}\n" \
    "stage f {\n  end\n}\n"
    struct world w;
    setup(&w, 0);
    publish_source(&w, BOUND("10"));
    say(&w, "oi");
    say(&w, "bia");
    publish_source_as(&w, BOUND("20"), 'w');
    say(&w, "um"); /* -> b: moves here */
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"bia um\"}"));
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"20\"}"));
    publish_source_as(&w, BOUND("5"), 'n');
    say(&w, "dois");
    CU_ASSERT_TRUE(said(&w, 5, "{\"text\":\"20\"}"));
    teardown(&w);
#undef BOUND
}

/* The same of what is composed: a text in an option, a record, a list, a map, and the list itself; two variables that were of one type
 * and share a value may become of two. */
static bool moves(const char *from, const char *to)
{
#define PARTS(r, s, t, n)                                                                                           \
    "funnel eco \"Eco\"\nstart on message -> a\nalways {\n  on error -> f\n}\nrecord R {\n  a: text(" r             \
    ")\n  b: text(9)?\n}\nrecord S {\n  a: text(" s ")\n  b: text(9)?\n}\nvar r: R?\nvar s: S?\nvar l: list<R>(" n  \
    ")\nvar m: map<text, text(" t ")>\nvar o: text(" t                                                              \
    ")?\nstage a {\n  ask x: text(5) \"?\"\n  r = R { a: x, b: x }\n"                                               \
    "  s = S { a: x, b: x }\n  l = [R { a: x }, R { a: x, b: x }]\n  m[\"k\"] = x\n  o = x\n  -> b\n}\n"            \
    "stage b {\n  ask y: text(9) \"" r s t n "\"\n  say \"{o or \"-\"} {l.count} {m.count} {y}\"\n  for i in l {\n" \
    "    say \"{i.a} {i.b or \"-\"}\"\n  }\n  -> b\n}\nstage f {\n  end\n}\n"
    struct world w;
    setup(&w, 0);
    publish_source(&w, from);
    say(&w, "oi");
    say(&w, "bia");
    publish_source_as(&w, to, 'w');
    say(&w, "um"); /* -> b: moves here, when it does */
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"bia 2 1 um\"}"));
    say(&w, "dois");
    CU_ASSERT_TRUE(said(&w, 6, "{\"text\":\"bia 2 1 dois\"}"));
    CU_ASSERT_TRUE(said(&w, 7, "{\"text\":\"bia -\"}"));
    CU_ASSERT_TRUE(said(&w, 8, "{\"text\":\"bia bia\"}"));
    CU_ASSERT_EQUAL(status_now(&w), FRT_RUNNING);
    bool moved = metric(&w, "eco/upgrade/b") == 1;
    teardown(&w);
    return moved;
}

static void test_wider_parts(void)
{
    static const char *const old = PARTS("40", "40", "40", "300");
    CU_ASSERT_TRUE(moves(old, PARTS("80", "40", "40", "300")));
    CU_ASSERT_TRUE(moves(old, PARTS("80", "90", "40", "300")));
    CU_ASSERT_TRUE(moves(old, PARTS("40", "40", "41", "301")));
    CU_ASSERT_FALSE(moves(old, PARTS("39", "40", "40", "300")));
    CU_ASSERT_FALSE(moves(old, PARTS("40", "40", "39", "300")));
    CU_ASSERT_FALSE(moves(old, PARTS("40", "40", "40", "299")));
#undef PARTS
}

/* The image in the buffer as format 1 had it: variables do not say their bounds behind options and in lists. */
static void to_format_1(struct fn_buf *image)
{
    size_t at = FBC_HEADER;
    uint32_t head[3] = {0}; /* id, length, rows */
    for (memcpy(head, image->p + at, sizeof head); head[0] != FBC_S_GLOBALS; memcpy(head, image->p + at, sizeof head)) {
        at += 8 + head[1];
    }
    size_t row = at + sizeof head;
    for (uint32_t i = 0; i < head[2]; i++) {
        uint32_t name = 0;
        memcpy(&name, image->p + row, sizeof name);
        row += 8 + name;
        memmove(image->p + row, image->p + row + 2, image->n - row - 2);
        image->n -= 2;
    }
    head[1] -= 2 * head[2];
    memcpy(image->p + at, head, sizeof head);
    image->p[4] = 1;
    uint32_t total = (uint32_t)image->n, crc = fn_crc32c(image->p + FBC_HEADER, image->n - FBC_HEADER);
    memcpy(image->p + 8, &total, sizeof total);
    memcpy(image->p + FBC_CRC_AT, &crc, sizeof crc);
}

/* A conversation that an image of format 1 runs moves to one of today, unless it holds what the bounds that format left out forbid. */
static bool moves_from_format_1(const char *answer)
{
#define OF(n)                                                                                                         \
    "funnel eco \"Eco\"\nstart on message -> a\nalways {\n  on error -> f\n}\ncontact {\n  x: text(" n                \
    ")?\n}\nvar y: list<text(" n ")>\nstage a {\n  ask z: text(" n ") \"?\"\n  contact.x = z\n  y = [z]\n  -> b\n}\n" \
    "stage b {\n  ask t: text(9) \"" n                                                                                \
    "\"\n  say \"{contact.x or \"-\"} {y.count}\"\n  -> b\n}\nstage f {\n  end\n}\n"
    struct world w;
    struct fn_buf image;
    setup(&w, 0);
    fn_buf_init(&image, 1 << 20);
    compile_source(&image, OF("20"));
    to_format_1(&image);
    publish_image(&w, fn_buf_view(&image), 'x', FRT_AT_STAGE);
    fn_buf_fini(&image);
    say(&w, "oi");
    say(&w, answer);
    publish_source_as(&w, OF("10"), 'n');
    say(&w, "um");
    CU_ASSERT_EQUAL(status_now(&w), FRT_RUNNING);
    CU_ASSERT_EQUAL(metric(&w, "eco/fault/image"), 0);
    bool moved = metric(&w, "eco/upgrade/b") == 1;
    CU_ASSERT_TRUE(said(&w, 3, moved ? "{\"text\":\"10\"}" : "{\"text\":\"20\"}"));
    teardown(&w);
    return moved;
#undef OF
}

static void test_format_1(void)
{
    CU_ASSERT_TRUE(moves_from_format_1("bia"));
    CU_ASSERT_FALSE(moves_from_format_1("maria antonia"));
}

UNIT_SUITE("frt_versions", {"wider text", test_wider_text}, {"wider parts", test_wider_parts},
           {"format 1", test_format_1}, {"upgrade at stage", test_upgrade_at_stage}, {"restart", test_restart},
           {"canary is taken back", test_canary_is_taken_back})

/* test_fsv_evolution.c: webhook bodies to items, over the fixtures; identities; effects to requests; answers to verdicts.
 * The bodies of ../shared/payloads, where they are there, are judged row by row in test_fsv_payloads.c.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_evolution.h"
#include "unit.h"

#include <stdio.h>

enum { BODY_MAX = 4 << 20, ARENA = 16 << 20 };

static bool read_file(const char *path, struct fn_buf *out)
{
    FILE *f = fopen(path, "rb");
    char part[4096];
    if (f == NULL) {
        return false;
    }
    for (size_t n = fread(part, 1, sizeof part, f); n > 0; n = fread(part, 1, sizeof part, f)) {
        fn_buf_put(out, part, n);
    }
    fclose(f);
    return !out->failed;
}

/* -- the fixtures ---------------------------------------------------------------------------------------------------------------- */

struct expected {
    const char *file;
    enum fsv_evo_kind kind;
    const char *contact, *text, *option, *media; /* NULL: not looked at; media: a part of it */
    const char *address;
    int64_t at_ms; /* 0: not looked at */
};
#define PHONE "5571998877665"
static const struct expected table[] = {
    {"text", FSV_EVO_MESSAGE, PHONE, "bom dia", "", "", PHONE, 1790000000000},
    {"text-extended", FSV_EVO_MESSAGE, PHONE, "veja https://exemplo.com", "", "", NULL, 0},
    {"ephemeral-in-ephemeral", FSV_EVO_MESSAGE, PHONE, "some logo", "", "", NULL, 0},
    {"view-once-image", FSV_EVO_MESSAGE, PHONE, "olha", "", "\"kind\":\"image\"", NULL, 0},
    {"wrapped-twenty-times", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
    {"buttons-reply", FSV_EVO_MESSAGE, PHONE, "Pão francês", "pao", "", NULL, 0},
    {"template-reply", FSV_EVO_MESSAGE, PHONE, "Bolo", "bolo", "", NULL, 0},
    {"list-reply", FSV_EVO_MESSAGE, PHONE, "Sonho", "sonho", "", NULL, 0},
    {"native-flow-reply", FSV_EVO_MESSAGE, PHONE, "Café", "cafe", "", NULL, 0},
    {"native-flow-broken", FSV_EVO_MESSAGE, PHONE, "Café", "", "", NULL, 0},
    {"voice-note", FSV_EVO_MESSAGE, PHONE, "", "", "\"voice\":true", NULL, 0},
    {"document-with-caption", FSV_EVO_MESSAGE, PHONE, "a nota", "", "\"name\":\"../../etc/passwd\"", NULL, 0},
    {"location", FSV_EVO_MESSAGE, PHONE, "", "", "\"lat\":-12.9714,\"lon\":-38.5014", NULL, 0},
    {"contact", FSV_EVO_MESSAGE, PHONE, "", "", "\"contact\":\"Dona Flor\"", NULL, 0},
    {"reaction", FSV_EVO_REACTION, PHONE, "❤️", "", "", NULL, 0},
    {"poll-vote", FSV_EVO_MESSAGE, PHONE, "Tarde", "", "", NULL, 0},
    {"poll-vote-withdrawn", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
    {"unknown-empty", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
    {"unknown-context-only", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
    {"from-me", FSV_EVO_OWN, PHONE, "deixa comigo", "", "", NULL, 0},
    {"lid-with-alt", FSV_EVO_MESSAGE, PHONE, "oi lid", "", "", PHONE, 0},
    {"lid-alone", FSV_EVO_MESSAGE, "lid:240011223344556", "oi lid só", "", "", "240011223344556@lid", 0},
    {"lid-sender-pn", FSV_EVO_MESSAGE, PHONE, "oi pn", "", "", PHONE, 0},
    {"swapped-2-4", FSV_EVO_MESSAGE, PHONE, "oi 2.4", "", "", PHONE, 0},
    {"short-mobile", FSV_EVO_MESSAGE, PHONE, "sem nono", "", "", "557198877665", 0},
    {"group", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
    {"status-broadcast", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
    {"newsletter", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
    {"time-string", FSV_EVO_MESSAGE, PHONE, "a", "", "", NULL, 1790000123000},
    {"time-object", FSV_EVO_MESSAGE, PHONE, "a", "", "", NULL, 1790000124000},
    {"time-nonsense", FSV_EVO_MESSAGE, PHONE, "a", "", "", NULL, 0},
    {"hostile-types", FSV_EVO_MESSAGE, PHONE, "a", "", "", NULL, 0},
    {"hostile-no-key", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
    {"hostile-data-null", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
    {"hostile-long-id", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
    {"hostile-long-name", FSV_EVO_MESSAGE, PHONE, "a", "", "", NULL, 0},
    {"hostile-nul", FSV_EVO_MESSAGE, PHONE,
     "a\xef\xbf\xbd"
     "b",
     "", "", NULL, 0},
    {"hostile-surrogate", FSV_EVO_MESSAGE, PHONE,
     "a\xef\xbf\xbd"
     "b",
     "", "", NULL, 0},
    {"edit", FSV_EVO_EDIT, PHONE, "corrigido", "", "", NULL, 1790000200000},
    {"edit-revoke", FSV_EVO_REVOKE, PHONE, "", "", "", NULL, 0},
    {"edit-ephemeral-setting", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
    {"delete", FSV_EVO_REVOKE, PHONE, "", "", "", NULL, 0},
    {"update-read", FSV_EVO_STATUS, PHONE, "", "", "", NULL, 0},
    {"update-error", FSV_EVO_STATUS, PHONE, "", "", "", NULL, 0},
    {"update-of-theirs", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
    {"update-list", FSV_EVO_STATUS, PHONE, "", "", "", NULL, 0},
    {"echo", FSV_EVO_ECHO, PHONE, "já vai", "", "", NULL, 0},
    {"echo-of-buttons", FSV_EVO_ECHO, PHONE, "", "", "", NULL, 0},
    {"connection-open", FSV_EVO_CONNECTION, "", "", "", "", NULL, 0},
    {"connection-close", FSV_EVO_CONNECTION, "", "", "", "", NULL, 0},
    {"logout", FSV_EVO_CONNECTION, "", "", "", "", NULL, 0},
    {"status-instance", FSV_EVO_CONNECTION, "", "", "", "", NULL, 0},
    {"call", FSV_EVO_CALL, PHONE, "", "", "", NULL, 0},
    {"qrcode", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
    {"contacts-upsert", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
    {"never-heard", FSV_EVO_IGNORED, NULL, NULL, NULL, NULL, NULL, 0},
};

static bool holds(struct fn_str s, const char *part)
{
    size_t n = strlen(part);
    for (size_t i = 0; i + n <= s.n; i++) {
        if (memcmp(s.p + i, part, n) == 0) {
            return true;
        }
    }
    return false;
}

/* No string of an item may hold the instance's key. */
static void check_no_secret(const struct fsv_evo_batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        const struct fsv_evo_item *it = &batch->items[i];
        const struct fn_str all[] = {it->contact, it->phone, it->lid,    it->address, it->name,   it->id,
                                     it->dedupe,  it->text,  it->option, it->media,   it->quoted, it->state};
        for (size_t j = 0; j < FN_COUNT(all); j++) {
            CU_ASSERT_FALSE(holds(all[j], "CHAVE-QUE-NAO-PODE-VAZAR"));
        }
    }
}

static void check_item(const struct expected *want, const struct fsv_evo_item *got)
{
    if (got->kind != want->kind) {
        printf("\n%s: got %s (%s)\n", want->file, fsv_evo_kind_name(got->kind), got->why != NULL ? got->why : "");
    }
    CU_ASSERT_EQUAL_FATAL(got->kind, want->kind);
    CU_ASSERT_EQUAL(got->why != NULL, got->kind == FSV_EVO_IGNORED);
    if (want->text == NULL) {
        return;
    }
    UNIT_ASSERT_STR(got->contact, want->contact);
    UNIT_ASSERT_STR(got->text, want->text);
    UNIT_ASSERT_STR(got->option, want->option);
    CU_ASSERT(want->media[0] == '\0' ? got->media.n == 0 : holds(got->media, want->media));
    if (want->address != NULL) {
        UNIT_ASSERT_STR(got->address, want->address);
    }
    CU_ASSERT(want->at_ms == 0 || got->at_ms == want->at_ms);
}

static void test_fixtures(void)
{
    for (size_t i = 0; i < FN_COUNT(table); i++) {
        struct fn_buf body;
        struct fn_arena arena;
        struct fsv_evo_batch batch;
        char path[512];
        snprintf(path, sizeof path, "%s/tests/fixtures/evolution/wh-%s.json", UNIT_ROOT, table[i].file);
        fn_buf_init(&body, BODY_MAX);
        fn_arena_init(&arena, ARENA);
        CU_ASSERT_TRUE_FATAL(read_file(path, &body));
        CU_ASSERT_EQUAL_FATAL(fsv_evo_parse(&arena, fn_buf_view(&body), &batch, NULL), FN_OK);
        UNIT_ASSERT_STR(batch.instance, "padaria");
        CU_ASSERT_EQUAL_FATAL(batch.n, strcmp(table[i].file, "update-list") == 0 ? 2u : 1u);
        check_item(&table[i], &batch.items[0]);
        check_no_secret(&batch);
        fn_arena_fini(&arena);
        fn_buf_fini(&body);
    }
}

static const struct fsv_evo_item *parse_one(struct fn_arena *arena, const char *file)
{
    static struct fsv_evo_batch batch;
    struct fn_buf body;
    char path[512];
    snprintf(path, sizeof path, "%s/tests/fixtures/evolution/wh-%s.json", UNIT_ROOT, file);
    fn_buf_init(&body, BODY_MAX);
    CU_ASSERT_TRUE_FATAL(read_file(path, &body));
    CU_ASSERT_EQUAL_FATAL(fsv_evo_parse(arena, fn_buf_view(&body), &batch, NULL), FN_OK);
    fn_buf_fini(&body);
    return &batch.items[0];
}

static void test_details(void)
{
    struct fn_arena arena;
    fn_arena_init(&arena, ARENA);
    UNIT_ASSERT_STR(parse_one(&arena, "text-extended")->quoted, "3EB0CITADA");
    UNIT_ASSERT_STR(parse_one(&arena, "text")->name, "Jorge Amado");
    UNIT_ASSERT_STR(parse_one(&arena, "hostile-types")->dedupe, "padaria|" PHONE "@s.whatsapp.net|0|777");
    CU_ASSERT_EQUAL(parse_one(&arena, "hostile-long-name")->name.n, 200); /* 100 letters of two bytes */
    CU_ASSERT_EQUAL(parse_one(&arena, "update-read")->status, FSV_EVO_READ);
    CU_ASSERT_EQUAL(parse_one(&arena, "update-error")->status, FSV_EVO_ERROR);
    UNIT_ASSERT_STR(parse_one(&arena, "connection-open")->state, "open");
    CU_ASSERT_EQUAL(parse_one(&arena, "connection-close")->reason, 401);
    UNIT_ASSERT_STR(parse_one(&arena, "logout")->state, "close");
    UNIT_ASSERT_STR(parse_one(&arena, "lid-with-alt")->lid, "240011223344556");
    UNIT_ASSERT_STR(parse_one(&arena, "reaction")->quoted, "3EB0NOSSA");
    UNIT_ASSERT_STR(parse_one(&arena, "echo-of-buttons")->id, "3EB0BOT");
    fn_arena_fini(&arena);
}

static void test_not_a_body(void)
{
    static const char *const bad[] = {"",
                                      "{",
                                      "[]",
                                      "null",
                                      "{\"event\":1,\"instance\":\"x\"}",
                                      "{\"event\":\"a\"}",
                                      "{\"event\":\"a\",\"instance\":7}"};
    for (size_t i = 0; i < FN_COUNT(bad); i++) {
        struct fn_arena arena;
        struct fsv_evo_batch batch;
        struct fn_err err;
        fn_arena_init(&arena, ARENA);
        CU_ASSERT_EQUAL(fsv_evo_parse(&arena, fn_str_c(bad[i]), &batch, &err), FN_INVALID);
        fn_arena_fini(&arena);
    }
}

/* What stands behind the limit would be lost behind a 200. */
static void test_long_lists(void)
{
    static const struct {
        const char *event;
        size_t n, items;
        enum fn_code code;
    } cases[] = {{"messages.upsert", FSV_EVO_ITEMS_MAX, FSV_EVO_ITEMS_MAX, FN_OK},
                 {"messages.upsert", FSV_EVO_ITEMS_MAX + 1, 0, FN_LIMIT},
                 {"messages.upsert", 0, 0, FN_OK},
                 {"messages.set", 5000, 1, FN_OK}};
    for (size_t i = 0; i < FN_COUNT(cases); i++) {
        struct fn_arena arena;
        struct fn_buf body;
        struct fsv_evo_batch batch = {.n = 0};
        fn_arena_init(&arena, ARENA);
        fn_buf_init(&body, BODY_MAX);
        fn_buf_printf(&body, "{\"event\":\"%s\",\"instance\":\"padaria\",\"data\":[", cases[i].event);
        for (size_t k = 0; k < cases[i].n; k++) {
            fn_buf_printf(&body, "%s{\"key\":{\"remoteJid\":\"" PHONE "@s.whatsapp.net\",\"id\":\"3A%zu\"},",
                          k > 0 ? "," : "", k);
            fn_buf_z(&body, "\"message\":{\"conversation\":\"oi\"}}");
        }
        fn_buf_z(&body, "]}");
        CU_ASSERT_EQUAL(fsv_evo_parse(&arena, fn_buf_view(&body), &batch, NULL), cases[i].code);
        CU_ASSERT_EQUAL(batch.n, cases[i].items);
        fn_buf_fini(&body);
        fn_arena_fini(&arena);
    }
}

/* -- identities --------------------------------------------------------------------------------------------------------------------- */

static void test_jids(void)
{
    struct fn_str user = FN_STR_NULL;
    CU_ASSERT_EQUAL(fsv_jid_read(FN_STR("5511987654321@s.whatsapp.net"), &user), FSV_JID_PHONE);
    UNIT_ASSERT_STR(user, "5511987654321");
    CU_ASSERT_EQUAL(fsv_jid_read(FN_STR("5511987654321:12@s.whatsapp.net"), &user), FSV_JID_PHONE);
    UNIT_ASSERT_STR(user, "5511987654321");
    CU_ASSERT_EQUAL(fsv_jid_read(FN_STR("5511987654321@c.us"), &user), FSV_JID_PHONE);
    CU_ASSERT_EQUAL(fsv_jid_read(FN_STR("123456789012345678@lid"), &user), FSV_JID_LID);
    CU_ASSERT_EQUAL(fsv_jid_read(FN_STR("1@g.us"), &user), FSV_JID_CROWD);
    CU_ASSERT_EQUAL(fsv_jid_read(FN_STR("status@broadcast"), &user), FSV_JID_CROWD);
    static const char *const bad[] = {"",
                                      "@",
                                      "x",
                                      "5511987654321",
                                      "@s.whatsapp.net",
                                      "55a@s.whatsapp.net",
                                      "5511987654321@evil",
                                      "1@s.whatsapp.net",
                                      "1234567890123456@s.whatsapp.net",
                                      ":1@lid",
                                      "123456789012345678901@lid"};
    for (size_t i = 0; i < FN_COUNT(bad); i++) {
        CU_ASSERT_EQUAL(fsv_jid_read(fn_str_c(bad[i]), &user), FSV_JID_BAD);
    }
}

static void test_ninth_digit(void)
{
    static const char *const cases[][2] = {
        {"5511987654321", "5511987654321"},
        {"551187654321", "5511987654321"},
        {"554167654321", "5541967654321"},
        {"551132654321", "551132654321"},
        /* a landline */ {"12025550123", "12025550123"},
        {"5511", "5511"},
    };
    struct fn_arena arena;
    fn_arena_init(&arena, ARENA);
    for (size_t i = 0; i < FN_COUNT(cases); i++) {
        UNIT_ASSERT_STR(fsv_phone_key(&arena, fn_str_c(cases[i][0])), cases[i][1]);
    }
    fn_arena_fini(&arena);
}

/* -- out ------------------------------------------------------------------------------------------------------------------------------ */

static void check_build(const char *host, const char *json, enum fsv_evo_choose choose, const char *path,
                        const char *body)
{
    struct fn_arena arena;
    const struct fn_json *args;
    struct fsv_evo_request r;
    fn_arena_init(&arena, ARENA);
    fsv_evo_request_init(&r);
    CU_ASSERT_EQUAL_FATAL(fn_json_parse(&arena, fn_str_c(json), 0, &args, NULL), FN_OK);
    struct fsv_evo_effect e = {
        FN_STR("loja 1/ç"), FN_STR("5511987654321"), fn_str_c(host), FN_STR("3AREF"), args, choose};
    CU_ASSERT_EQUAL(fsv_evo_build(&r, &e, NULL), path != NULL ? FN_OK : FN_INVALID);
    if (path != NULL) {
        const struct fn_json *check;
        UNIT_ASSERT_STR(fn_buf_view(&r.path), path);
        UNIT_ASSERT_STR(fn_buf_view(&r.body), body);
        CU_ASSERT_EQUAL(fn_json_parse(&arena, fn_buf_view(&r.body), 0, &check, NULL), FN_OK);
    }
    fsv_evo_request_fini(&r);
    fn_arena_fini(&arena);
}

static void test_build(void)
{
    const char *two = "{\"question\":\"q\",\"text\":\"Qual?\",\"ids\":[\"a\",\"b\"],\"labels\":[\"Um\",\"Dois\"]}";
    const char *four = "{\"text\":\"Qual?\",\"ids\":[\"a\",\"b\",\"c\",\"d\"],\"labels\":[\"1\",\"2\",\"3\",\"4\"]}";
    check_build("say", "{\"text\":\"Oi \\\"você\\\"\\n\"}", FSV_CHOOSE_TEXT, "/message/sendText/loja%201%2F%C3%A7",
                "{\"number\":\"5511987654321\",\"text\":\"Oi \\\"você\\\"\\n\",\"delay\":0}");
    check_build("choose", two, FSV_CHOOSE_TEXT, "/message/sendText/loja%201%2F%C3%A7",
                "{\"number\":\"5511987654321\",\"text\":\"Qual?\\n\\n1. Um\\n2. Dois\",\"delay\":0}");
    check_build("choose", two, FSV_CHOOSE_BUTTONS, "/message/sendButtons/loja%201%2F%C3%A7",
                "{\"number\":\"5511987654321\",\"title\":\"Qual?\",\"buttons\":[{\"type\":\"reply\",\"displayText\":"
                "\"Um\",\"id\":\"a\"},"
                "{\"type\":\"reply\",\"displayText\":\"Dois\",\"id\":\"b\"}]}");
    check_build("choose", four, FSV_CHOOSE_BUTTONS, "/message/sendList/loja%201%2F%C3%A7",
                "{\"number\":\"5511987654321\",\"title\":\"Qual?\",\"footerText\":\"\\u2193\",\"buttonText\":"
                "\"\\u2630\",\"sections\":[{\"title\":"
                "\"\\u2630\",\"rows\":[{\"title\":\"1\",\"rowId\":\"a\"},{\"title\":\"2\",\"rowId\":\"b\"},{\"title\":"
                "\"3\",\"rowId\":\"c\"},"
                "{\"title\":\"4\",\"rowId\":\"d\"}]}]}");
    /* what buttons and lists do not show is numbered text, whatever the channel was set to */
    check_build(
        "choose", "{\"text\":\"Q\",\"ids\":[\"a\"],\"labels\":[\"vinte e um caracteres.\"]}", FSV_CHOOSE_BUTTONS,
        "/message/sendList/loja%201%2F%C3%A7",
        "{\"number\":\"5511987654321\",\"title\":\"Q\",\"footerText\":\"\\u2193\",\"buttonText\":\"\\u2630\","
        "\"sections\":[{\"title\":\"\\u2630\",\"rows\":[{\"title\":\"vinte e um caracteres.\",\"rowId\":\"a\"}]}]}");
    check_build(
        "choose",
        "{\"text\":\"Q\",\"ids\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\"],"
        "\"labels\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\"]}",
        FSV_CHOOSE_BUTTONS, "/message/sendText/loja%201%2F%C3%A7",
        "{\"number\":\"5511987654321\",\"text\":\"Q\\n\\n1. a\\n2. b\\n3. c\\n4. d\\n5. e\\n6. f\\n7. g\\n8. h\\n9. i"
        "\\n10. j\\n11. k\",\"delay\":0}");
    check_build("choose", "{\"first\":136,\"text\":\"\",\"ids\":[\"137\",\"138\"],\"labels\":[\"a\",\"b\"]}",
                FSV_CHOOSE_BUTTONS, "/message/sendText/loja%201%2F%C3%A7",
                "{\"number\":\"5511987654321\",\"text\":\"137. a\\n138. b\",\"delay\":0}");
    check_build("media", "{\"kind\":\"image\",\"url\":\"https://x/a.png\",\"caption\":\"foto\"}", FSV_CHOOSE_TEXT,
                "/message/sendMedia/loja%201%2F%C3%A7",
                "{\"number\":\"5511987654321\",\"media\":\"https://x/"
                "a.png\",\"mediatype\":\"image\",\"caption\":\"foto\",\"delay\":0}");
    check_build(
        "media", "{\"kind\":\"image\",\"url\":\"data:image/png;base64,iVBORw==\",\"caption\":\"\"}", FSV_CHOOSE_TEXT,
        "/message/sendMedia/loja%201%2F%C3%A7",
        "{\"number\":\"5511987654321\",\"media\":\"iVBORw==\",\"mimetype\":\"image/png\",\"fileName\":\"image.png\","
        "\"mediatype\":\"image\",\"delay\":0}");
    check_build("media", "{\"kind\":\"audio\",\"url\":\"data:audio/ogg;base64,T2dn\"}", FSV_CHOOSE_TEXT,
                "/message/sendWhatsAppAudio/loja%201%2F%C3%A7",
                "{\"number\":\"5511987654321\",\"audio\":\"T2dn\",\"mimetype\":\"audio/"
                "ogg\",\"fileName\":\"audio.ogg\",\"delay\":0}");
    check_build("media", "{\"kind\":\"image\",\"url\":\"data:,\"}", FSV_CHOOSE_TEXT,
                "/message/sendMedia/loja%201%2F%C3%A7",
                "{\"number\":\"5511987654321\",\"media\":\"data:,\",\"mediatype\":\"image\",\"delay\":0}");
    check_build("react", "{\"emoji\":\"👍\"}", FSV_CHOOSE_TEXT, "/message/sendReaction/loja%201%2F%C3%A7",
                "{\"key\":{\"remoteJid\":\"5511987654321@s.whatsapp.net\",\"id\":\"3AREF\",\"fromMe\":false},"
                "\"reaction\":\"👍\"}");
    check_build("typing", "{\"milliseconds\":90000}", FSV_CHOOSE_TEXT, "/chat/sendPresence/loja%201%2F%C3%A7",
                "{\"number\":\"5511987654321\",\"presence\":\"composing\",\"delay\":3000}");
    check_build("say", "{\"text\":\"\"}", FSV_CHOOSE_TEXT, NULL, NULL);
    check_build("choose", "{\"text\":\"x\",\"ids\":[\"a\"],\"labels\":[]}", FSV_CHOOSE_TEXT, NULL, NULL);
    check_build("choose", "{\"text\":\"x\",\"ids\":7,\"labels\":[\"a\"]}", FSV_CHOOSE_BUTTONS, NULL, NULL);
}

struct judged {
    bool wrote, answered, blocked;
    int status;
    const char *body;
    enum fsv_verdict verdict;
};
static const struct judged judgements[] = {
    {true, true, false, 201, "{\"key\":{\"id\":\"3EB0A\"},\"status\":\"PENDING\"}", FSV_SENT},
    {true, true, false, 200, "{\"error\":true,\"message\":\"[object Object]\"}", FSV_DOWN},
    {true, true, false, 200, "<html>", FSV_UNKNOWN},
    {true, true, false, 400,
     "{\"status\":400,\"response\":{\"message\":[{\"jid\":\"x\",\"exists\":false,\"number\":\"y\"}]}}", FSV_REFUSED},
    {true, true, false, 400, "{\"status\":400,\"response\":{\"message\":[\"Error: Connection Closed\"]}}", FSV_DOWN},
    {true, true, false, 400,
     "{\"response\":{\"message\":[\"TypeError: Cannot read properties of undefined (reading 'id')\"]}}", FSV_DOWN},
    {true, true, false, 400,
     "{\"response\":{\"message\":{\"data\":null,\"isBoom\":true,\"output\":{\"statusCode\":428}}}}", FSV_DOWN},
    {true, true, false, 500, "{\"response\":{\"message\":\"Connection Closed\"}}", FSV_DOWN},
    {true, true, false, 500, "Cannot read properties of undefined (reading 'onWhatsApp')", FSV_DOWN},
    {true, true, false, 400, "{\"response\":{\"message\":[[\"instance requires property \\\"text\\\"\"]]}}",
     FSV_REFUSED},
    {true, true, false, 400, "{\"response\":{\"message\":[\"Maximum of 3 reply buttons allowed\"]}}", FSV_REFUSED},
    {true, true, false, 401, "{\"status\":401}", FSV_DOWN},
    {true, true, false, 404, "{\"status\":404}", FSV_DOWN},
    {true, true, false, 429, "{}", FSV_NOT_SENT},
    {true, true, false, 500, "<html>", FSV_UNKNOWN},
    {true, true, false, 502, "<html>", FSV_UNKNOWN},
    {true, true, false, 504, "", FSV_UNKNOWN},
    {true, true, false, 503, "{\"error\":\"service not activated\",\"code\":\"LICENSE_REQUIRED\"}", FSV_DOWN},
    {false, false, false, 0, "", FSV_NOT_SENT},
    {true, false, false, 0, "", FSV_UNKNOWN},
    {false, false, true, 0, "", FSV_REFUSED},
};

static void test_verdicts(void)
{
    for (size_t i = 0; i < FN_COUNT(judgements); i++) {
        const struct judged *j = &judgements[i];
        struct fsv_outcome o = {.wrote = j->wrote,
                                .answered = j->answered,
                                .blocked = j->blocked,
                                .status = j->status,
                                .body = fn_str_c(j->body)};
        struct fn_arena arena;
        struct fn_str id;
        const char *why = NULL;
        fn_arena_init(&arena, ARENA);
        enum fsv_verdict got = fsv_evo_classify(&arena, &o, &id, &why);
        if (got != j->verdict) {
            printf("\n%d %s: %s\n", j->status, j->body, fsv_verdict_name(got));
        }
        CU_ASSERT_EQUAL(got, j->verdict);
        CU_ASSERT_PTR_NOT_NULL(why);
        CU_ASSERT_EQUAL(fn_str_eq(id, FN_STR("3EB0A")), got == FSV_SENT);
        fn_arena_fini(&arena);
    }
}

static enum fsv_verdict find(struct fn_arena *arena, const struct fsv_outcome *o, const char *address, const char *text,
                             int64_t since_ms, const char *known)
{
    struct fn_str ids[] = {FN_STR("3EBOTHER"), fn_str_c(known)};
    struct fsv_evo_search s = {.address = fn_str_c(address), .text = fn_str_c(text), .since_ms = since_ms};
    s.known = ids;
    s.n_known = FN_COUNT(ids);
    enum fsv_verdict verdict = fsv_evo_find(arena, o, &s);
    CU_ASSERT_FALSE(s.more);
    CU_ASSERT_EQUAL(fn_str_eq(s.id, FN_STR("3EBNEW")), verdict == FSV_SENT);
    return verdict;
}

static void test_find(void)
{
    const char *body =
        "{\"messages\":{\"records\":["
        "{\"key\":{\"id\":\"3AHERS\",\"fromMe\":false},\"message\":{\"conversation\":\"Oi\"},\"messageTimestamp\":100},"
        "{\"key\":{\"id\":\"3EBNEW\",\"fromMe\":true},\"message\":{\"conversation\":\"Oi\"},\"messageTimestamp\":100},"
        "{\"key\":{\"id\":\"3EBOLD\",\"fromMe\":true},\"message\":{\"conversation\":\"Oi\"},\"messageTimestamp\":10}]}"
        "}";
    const char *phone = "5511987654321", *lid = "182736450912345@lid";
    struct fsv_outcome o = {.answered = true, .wrote = true, .status = 200, .body = fn_str_c(body)};
    struct fn_arena arena;
    fn_arena_init(&arena, ARENA);
    CU_ASSERT_EQUAL(find(&arena, &o, phone, "Oi", 99500, ""), FSV_SENT);
    CU_ASSERT_EQUAL(find(&arena, &o, phone, "Oi", 99500, "3EBNEW"), FSV_REFUSED);
    CU_ASSERT_EQUAL(find(&arena, &o, phone, "Oi", 9000, "3EBOLD"), FSV_SENT);
    CU_ASSERT_EQUAL(find(&arena, &o, phone, "Tchau", 99500, ""), FSV_REFUSED);
    CU_ASSERT_EQUAL(find(&arena, &o, phone, "Oi", 101000, ""), FSV_REFUSED);
    CU_ASSERT_EQUAL(find(&arena, &o, lid, "Oi", 99500, ""), FSV_SENT);
    CU_ASSERT_EQUAL(find(&arena, &o, lid, "Tchau", 99500, ""), FSV_UNKNOWN);
    o.status = 400;
    CU_ASSERT_EQUAL(find(&arena, &o, phone, "Oi", 0, ""), FSV_UNKNOWN);
    static const int nobody_looked[] = {408, 429, 500, 502, 503, 504};
    for (size_t i = 0; i < FN_COUNT(nobody_looked); i++) {
        o.status = nobody_looked[i];
        CU_ASSERT_EQUAL(find(&arena, &o, phone, "Oi", 0, ""), FSV_NOT_SENT);
    }
    fn_arena_fini(&arena);
}

/* A full page of others: the message may be on the next one, unless this one goes back far enough. */
static void test_find_on_pages(void)
{
    static const struct {
        unsigned records;
        int64_t since_ms;
        const char *before; /* id of what was said last before it */
        bool more;
        enum fsv_verdict verdict;
    } pages[] = {{50, 51000, "", true, FSV_REFUSED},      {50, 52000, "", false, FSV_REFUSED},
                 {49, 0, "", false, FSV_REFUSED},         {0, 0, "", false, FSV_REFUSED},
                 {50, 51000, "3A60", false, FSV_REFUSED}, {50, 51000, "3A50", true, FSV_REFUSED},
                 {49, 0, "3A60", false, FSV_REFUSED},     {49, 0, "3A40", false, FSV_UNKNOWN} /* it forgets */};
    for (size_t i = 0; i < FN_COUNT(pages); i++) {
        struct fn_buf body;
        struct fn_arena arena;
        struct fsv_evo_search s = {.address = FN_STR("5511987654321"), .text = FN_STR("Oi")};
        fn_arena_init(&arena, ARENA);
        fn_buf_init(&body, 1 << 16);
        fn_buf_z(&body, "{\"messages\":{\"records\":[");
        for (unsigned k = 0; k < pages[i].records; k++) {
            fn_json_comma(&body);
            fn_buf_printf(&body, "{\"key\":{\"id\":\"3A%u\",\"fromMe\":true},\"messageTimestamp\":%u}", 100 - k,
                          100 - k);
        }
        fn_buf_z(&body, "]}}");
        struct fsv_outcome o = {.answered = true, .wrote = true, .status = 200, .body = fn_buf_view(&body)};
        s.since_ms = pages[i].since_ms;
        s.before = fn_str_c(pages[i].before);
        CU_ASSERT_EQUAL(fsv_evo_find(&arena, &o, &s), pages[i].verdict);
        CU_ASSERT_EQUAL(s.more, pages[i].more);
        fn_buf_fini(&body);
        fn_arena_fini(&arena);
    }
}

UNIT_SUITE("fsv_evolution", {"fixtures", test_fixtures}, {"details", test_details}, {"not a body", test_not_a_body},
           {"long lists", test_long_lists}, {"jids", test_jids}, {"ninth digit", test_ninth_digit},
           {"build", test_build}, {"verdicts", test_verdicts}, {"find", test_find},
           {"find on pages", test_find_on_pages})

/* test_fsv_payloads.c: where the folder shared/payloads lies beside the checkout, each of its Evolution bodies and answers, and each answer of an
 * OpenAI-compatible chat service, must mean what its index says. A file there that has no row here fails the test. Without the folder the
 * fixtures of test_fsv_evolution.c and test_fsv_talk.c stand for it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_ai.h"
#include "fsv_evolution.h"
#include "unit.h"

#include <dirent.h>
#include <stdio.h>

enum { BODY_MAX = 4 << 20, ARENA = 64 << 20 };
#define FOLDER UNIT_ROOT "/../shared/payloads"
#define PHONE  "5511987654321"
#define LID    "182736450912345"

static const struct fn_json *read_json(struct fn_arena *arena, const char *folder, const char *file)
{
    char path[1024];
    struct fn_buf text;
    const struct fn_json *root = NULL;
    snprintf(path, sizeof path, FOLDER "/%s/%s.json", folder, file);
    fn_buf_init(&text, BODY_MAX);
    FILE *f = fopen(path, "rb");
    char part[4096];
    for (size_t n = f != NULL ? fread(part, 1, sizeof part, f) : 0; n > 0; n = fread(part, 1, sizeof part, f)) {
        fn_buf_put(&text, part, n);
    }
    if (f != NULL) {
        fclose(f);
        CU_ASSERT_EQUAL(fn_json_parse(arena, fn_arena_dup(arena, fn_buf_view(&text)),
                                      FN_JSON_REPAIR | FN_JSON_ALLOW_DUPLICATES, &root, NULL),
                        FN_OK);
    }
    fn_buf_fini(&text);
    return root;
}

static bool holds(struct fn_str s, const char *part)
{
    size_t n = strlen(part);
    for (size_t i = 0; n > 0 && i + n <= s.n; i++) {
        if (memcmp(s.p + i, part, n) == 0) {
            return true;
        }
    }
    return n == 0;
}

static bool wrong(const char *file, const char *what)
{
    printf("\n%s: %s\n", file, what);
    return false;
}

/* Every file of the folder whose name begins so has its row; row(i) names them. */
static void all_have_rows(const char *folder, const char *prefix, const char *(*row)(size_t i))
{
    char path[512];
    for (size_t i = 0; row(i) != NULL;
         i++) { /* also where the folder is not: a row twice would hide what the first says */
        for (size_t k = 0; k < i; k++) {
            CU_ASSERT(strcmp(row(i), row(k)) != 0 || strncmp(row(i), "chat-", 5) == 0 || wrong(row(i), "two rows"));
        }
    }
    snprintf(path, sizeof path, FOLDER "/%s", folder);
    DIR *dir = opendir(path);
    for (struct dirent *e = dir != NULL ? readdir(dir) : NULL; e != NULL; e = readdir(dir)) {
        bool found = strncmp(e->d_name, prefix, strlen(prefix)) != 0;
        for (size_t i = 0; !found && row(i) != NULL; i++) {
            size_t n = strlen(row(i));
            found = strncmp(e->d_name, row(i), n) == 0 && strcmp(e->d_name + n, ".json") == 0;
        }
        CU_ASSERT(found || wrong(e->d_name, "no row tells what it means"));
    }
    if (dir != NULL) {
        closedir(dir);
    }
}

/* -- webhook bodies ------------------------------------------------------------------------------------------------------------------- */

struct body {
    const char *file;
    enum fsv_evo_kind kind;
    const char *contact, *lid;                   /* NULL: none */
    const char *text;                            /* the whole; a text ending in U+2026 is its beginning */
    const char *option, *media, *quoted, *state; /* media: a part of it */
    enum fsv_evo_status status;
    int64_t at;
};
#define MSG(f, ...)                                                                             \
    {                                                                                           \
        .kind = FSV_EVO_MESSAGE, .contact = PHONE, .lid = LID, .file = (f), .text = __VA_ARGS__ \
    }
#define GRAPH(f, ...)                                                               \
    {                                                                               \
        .kind = FSV_EVO_MESSAGE, .contact = PHONE, .file = (f), .text = __VA_ARGS__ \
    }
#define IS(f, ...)                       \
    {                                    \
        .file = (f), .kind = __VA_ARGS__ \
    }
static const struct body bodies[] = {
    MSG("wh-text-conversation", "Oi, quero saber do plano", .at = 1763912345000),
    IS("wh-contacts-upsert", FSV_EVO_IGNORED),
    MSG("wh-text-quoted-link", "Sim, esse aí https://example.com/p", .quoted = "3EB0QUOTED0000000001"),
    MSG("wh-text-emoji-rtl-controls", "👩🏽‍💻🇧🇷 שלום مرحبا \xe2\x80\xae"
                                      "abc\xe2\x80\xac…"),
    MSG("wh-text-4097-chars", "çççççççççççççççççççç…"),
    MSG("wh-text-no-pushname", "sem nome"),
    MSG("wh-text-lid-with-alt", "vim por LID"),
    IS("wh-text-lid-no-alt", FSV_EVO_MESSAGE, .contact = "lid:" LID, .lid = LID, .text = "LID sem telefone"),
    IS("wh-text-from-me-phone", FSV_EVO_OWN, .contact = PHONE, .lid = LID, .text = "respondi pelo celular"),
    IS("wh-status-broadcast", FSV_EVO_IGNORED),
    MSG("wh-image-caption", "comprovante", .media = "{\"kind\":\"image\""),
    MSG("wh-audio-ptt", "", .media = "\"voice\":true"),
    MSG("wh-video", "olha", .media = "{\"kind\":\"video\""),
    MSG("wh-document-with-caption", "segue o contrato", .media = "{\"kind\":\"document\""),
    MSG("wh-sticker", "", .media = "{\"kind\":\"sticker\""),
    MSG("wh-location", "", .media = "\"lat\":"),
    MSG("wh-live-location", "", .media = "\"lat\":"),
    MSG("wh-contact-card", "", .media = "\"contact\":\"João\""),
    MSG("wh-buttons-response", "Sim", .option = "btn-1", .quoted = "3EB0BTN00000000000001"),
    MSG("wh-template-button-reply", "Sim", .option = "btn-1", .quoted = "3EB0TPL00000000000001"),
    MSG("wh-interactive-response", "Sim", .option = "btn-1", .quoted = "3EB0NFM00000000000001"),
    MSG("wh-list-response", "Plano Pro", .option = "row-2", .quoted = "3EB0LST00000000000001"),
    IS("wh-reaction", FSV_EVO_REACTION, .contact = PHONE, .lid = LID, .text = "👍", .quoted = "3EB0SENT000000000001"),
    IS("wh-poll-creation", FSV_EVO_IGNORED),
    IS("wh-edited-protocol", FSV_EVO_EDIT, .contact = PHONE, .text = "Oi, quero saber do plano PRO",
       .at = 1763912399000),
    IS("wh-edited-wrapped", FSV_EVO_EDIT, .contact = PHONE, .text = "editado de novo", .at = 1763912400000),
    IS("wh-revoked-as-edited", FSV_EVO_REVOKE, .contact = PHONE),
    IS("wh-revoked-as-delete", FSV_EVO_REVOKE, .contact = PHONE),
    IS("wh-ephemeral-setting", FSV_EVO_IGNORED),
    MSG("wh-ephemeral-text", "mensagem temporária"),
    MSG("wh-view-once-image", "ver uma vez", .media = "{\"kind\":\"image\""),
    IS("wh-unknown-empty-message", FSV_EVO_IGNORED),
    IS("wh-unknown-context-only", FSV_EVO_IGNORED),
    MSG("wh-offline-append", "chegou atrasada", .at = 1763912381000),
    MSG("wh-order", "", .media = "{\"kind\":\"order\""),
    IS("wh-update-server-ack", FSV_EVO_STATUS, .contact = PHONE, .status = FSV_EVO_SERVER_ACK),
    IS("wh-update-delivery-ack", FSV_EVO_STATUS, .contact = PHONE, .status = FSV_EVO_DELIVERED),
    IS("wh-update-read", FSV_EVO_STATUS, .contact = PHONE, .status = FSV_EVO_READ),
    IS("wh-update-error", FSV_EVO_STATUS, .contact = PHONE, .status = FSV_EVO_ERROR),
    IS("wh-connection-connecting", FSV_EVO_CONNECTION, .state = "connecting"),
    IS("wh-connection-open", FSV_EVO_CONNECTION, .state = "open"),
    IS("wh-connection-close-401", FSV_EVO_CONNECTION, .state = "close"),
    IS("wh-status-instance", FSV_EVO_CONNECTION, .state = "close"),
    IS("wh-logout-instance", FSV_EVO_CONNECTION, .state = "close"),
    IS("wh-qrcode-updated", FSV_EVO_IGNORED),
    IS("wh-instance-create", FSV_EVO_IGNORED),
    IS("wh-group-text-pn", FSV_EVO_IGNORED),
    IS("wh-group-text-lid", FSV_EVO_IGNORED),
    IS("wh-group-no-pushname", FSV_EVO_IGNORED),
    IS("wh-send-message-echo", FSV_EVO_ECHO, .contact = PHONE, .text = "Olá! 🌻 Tudo bem?"),
    IS("wh-send-message-buttons", FSV_EVO_ECHO, .contact = PHONE),
    GRAPH("wh-business-text", "Olá, quero saber o preço"),
    GRAPH("wh-business-button-reply-lossy", "Sim, quero", .quoted = "wamid.PREV"),
    GRAPH("wh-business-list-reply-lossy", "Plano Pro", .quoted = "wamid.PREV2"),
    GRAPH("wh-business-template-button-lossy", "Confirmar", .quoted = "wamid.PREV3"),
    GRAPH("wh-business-audio-base64", "", .media = "\"voice\":true"),
    GRAPH("wh-business-location", "", .media = "\"lat\":"),
    IS("wh-business-reaction", FSV_EVO_REACTION, .contact = PHONE, .text = "👍", .quoted = "wamid.PREV"),
    GRAPH("wh-business-duplicate-id", "Olá, quero saber o preço"),
    IS("wh-business-batch-only-first", FSV_EVO_MESSAGE, .contact = "5511900000002", .text = "first"),
    IS("wh-business-contacts-upsert-no-jid", FSV_EVO_IGNORED),
    MSG("wh-v230-lid-senderPn", "vim por LID"),
    GRAPH("wh-v237-lid-normalised", "vim por LID"),
    MSG("wh-v240-lid-swapped", "vim por LID"),
    GRAPH("wh-v22-base64-longstrings", "Oi", .at = 1763912345000),
    MSG("wh-v237-poll-vote", "Manhã"),
    IS("wh-v237-poll-vote-cleared", FSV_EVO_IGNORED),
    IS("wh-v237-messages-delete", FSV_EVO_REVOKE, .contact = PHONE),
    MSG("wh-hostile-lone-surrogate", "vim por LID"),
    MSG("wh-hostile-nul-escape", "a\xef\xbf\xbd"
                                 "b"),
    MSG("wh-hostile-injection-text", "'; DROP TABLE leads; -- {{lead.email}} ${7*7} <script>…"),
    GRAPH("wh-hostile-wrong-types", "vim por LID"),
    IS("wh-hostile-missing-key", FSV_EVO_IGNORED),
    MSG("wh-timestamp-long-object", "vim por LID", .at = 1763912346000),
    MSG("wh-timestamp-string", "vim por LID", .at = 1763912346000),
    IS("wh-call-offer", FSV_EVO_CALL, .contact = PHONE),
    IS("wh-unknown-event", FSV_EVO_IGNORED),
    MSG("wh-hostile-instance-mismatch", "vim por LID"), /* the handler compares the instance: tests/e2e */
};

static const char *body_row(size_t i)
{
    return i < FN_COUNT(bodies) ? bodies[i].file : NULL;
}

static bool text_is(struct fn_str got, const char *want)
{
    struct fn_str w = fn_str_c(want != NULL ? want : ""), dots = FN_STR("…");
    bool part = w.n > dots.n && memcmp(w.p + w.n - dots.n, dots.p, dots.n) == 0;
    return part ? fn_str_starts(got, (struct fn_str){w.p, w.n - dots.n}) : fn_str_eq(got, w);
}

static enum fn_code parse_body(struct fn_arena *arena, const struct fn_json *body, struct fsv_evo_batch *out)
{
    struct fn_buf one;
    fn_buf_init(&one, BODY_MAX);
    fn_json_put_value(&one, body);
    enum fn_code code = fsv_evo_parse(arena, fn_arena_dup(arena, fn_buf_view(&one)), out, NULL);
    fn_buf_fini(&one);
    return code;
}

/* A phone is where it is answered to, else the lid. */
static bool address_is(const struct fsv_evo_item *got, const struct body *want)
{
    bool lid = want->contact != NULL && strncmp(want->contact, "lid:", 4) == 0;
    return got->kind == FSV_EVO_IGNORED || got->kind == FSV_EVO_CALL ||
           text_is(got->address, lid ? LID "@lid" : want->contact);
}

static void check_body(const struct body *want, const struct fsv_evo_item *got)
{
    const char *f = want->file;
    CU_ASSERT(got->kind == want->kind || wrong(f, fsv_evo_kind_name(got->kind)));
    CU_ASSERT((got->kind == FSV_EVO_IGNORED) == (got->why != NULL));
    if (want->kind == FSV_EVO_IGNORED) {
        return;
    }
    CU_ASSERT(text_is(got->contact, want->contact) || wrong(f, "contact"));
    CU_ASSERT(text_is(got->lid, want->lid) || wrong(f, "lid"));
    CU_ASSERT(text_is(got->text, want->text) || wrong(f, "text"));
    CU_ASSERT(text_is(got->option, want->option) || wrong(f, "option"));
    CU_ASSERT(text_is(got->quoted, want->quoted) || wrong(f, "quoted"));
    CU_ASSERT(text_is(got->state, want->state) || wrong(f, "state"));
    CU_ASSERT((want->media == NULL ? got->media.n == 0 : holds(got->media, want->media)) || wrong(f, "media"));
    CU_ASSERT(got->status == want->status || wrong(f, "status"));
    CU_ASSERT(want->at == 0 || got->at_ms == want->at || wrong(f, "time"));
    CU_ASSERT(address_is(got, want) || wrong(f, "address"));
    CU_ASSERT(got->kind == FSV_EVO_CONNECTION || got->id.n > 0 || wrong(f, "id"));
}

static void test_bodies(void)
{
    for (size_t i = 0; i < FN_COUNT(bodies); i++) {
        struct fn_arena arena;
        struct fsv_evo_batch batch;
        fn_arena_init(&arena, ARENA);
        const struct fn_json *body = read_json(&arena, "evolution", bodies[i].file);
        if (body != NULL) {
            CU_ASSERT_EQUAL_FATAL(parse_body(&arena, body, &batch), FN_OK);
            CU_ASSERT_EQUAL_FATAL(batch.n, 1);
            check_body(&bodies[i], &batch.items[0]);
        }
        fn_arena_fini(&arena);
    }
    all_have_rows("evolution", "wh-", body_row);
}

/* What comes again has the key of the first; what only looks alike has another. */
static void test_sequences(void)
{
    struct fn_arena arena;
    struct fsv_evo_batch batch[3];
    fn_arena_init(&arena, ARENA);
    const struct fn_json *file = read_json(&arena, "evolution", "seq-duplicate-id");
    const struct fn_json *all = fn_json_get(file, "deliveries");
    for (size_t i = 0; file != NULL && i < 3; i++) {
        CU_ASSERT_EQUAL_FATAL(parse_body(&arena, fn_json_get(fn_json_at(all, i), "body"), &batch[i]), FN_OK);
        CU_ASSERT(fn_str_eq(batch[i].items[0].dedupe, batch[0].items[0].dedupe));
    }
    const struct fn_json *text = read_json(&arena, "evolution", "wh-business-text"),
                         *again = read_json(&arena, "evolution", "wh-business-duplicate-id"),
                         *other = read_json(&arena, "evolution", "wh-text-conversation");
    if (text != NULL && again != NULL && other != NULL) {
        CU_ASSERT_EQUAL_FATAL(parse_body(&arena, text, &batch[0]), FN_OK);
        CU_ASSERT_EQUAL_FATAL(parse_body(&arena, again, &batch[1]), FN_OK);
        CU_ASSERT_EQUAL_FATAL(parse_body(&arena, other, &batch[2]), FN_OK);
        CU_ASSERT(fn_str_eq(batch[0].items[0].dedupe, batch[1].items[0].dedupe));
        CU_ASSERT_FALSE(fn_str_eq(batch[0].items[0].dedupe, batch[2].items[0].dedupe));
    }
    fn_arena_fini(&arena);
}

/* -- answers ---------------------------------------------------------------------------------------------------------------------------- */

/* The response of a file as the HTTP client would give it. */
static bool read_outcome(struct fn_arena *arena, const struct fn_json *file, struct fsv_outcome *out)
{
    const struct fn_json *response = fn_json_get(file, "response"), *body = fn_json_get(response, "body"),
                         *headers = fn_json_get(response, "headers");
    int64_t status = 0;
    struct fn_buf text;
    if (response == NULL || !fn_json_int(fn_json_get(response, "status"), &status)) {
        return false;
    }
    fn_buf_init(&text, BODY_MAX);
    if (body != NULL && body->kind != FN_JSON_STRING) {
        fn_json_put_value(&text, body);
    } else {
        fn_buf_str(&text, fn_json_str(body != NULL ? body : fn_json_get(response, "body_text")));
    }
    *out = (struct fsv_outcome){.wrote = true, .answered = true, .status = (int)status, .retry_after_ms = -1};
    out->body = fn_arena_dup(arena, fn_buf_view(&text));
    out->should_retry = fn_json_str(fn_json_get(headers, "x-should-retry"));
    fn_buf_fini(&text);
    return true;
}

struct answer {
    const char *file;
    enum fsv_verdict verdict;
    const char *id;
};
static const struct answer answers[] = {
    {"api-sendText", FSV_SENT, "3EB05940CF1288CC95C69B"},
    {"api-sendText-quoted", FSV_SENT, "3EB0B97BEF9E2144B18968"},
    {"api-sendText-not-on-whatsapp", FSV_REFUSED, ""},
    {"api-sendText-br-9th-digit", FSV_SENT, "3EB0BA371096B8B5B86F8E"},
    {"api-sendText-empty", FSV_REFUSED, ""},
    {"api-sendText-unknown-group", FSV_REFUSED, ""},
    {"api-sendText-to-lid", FSV_SENT, "3EB0BAB20752841AA44211"},
    {"api-sendButtons", FSV_SENT, "3EB0RELAYED0000000001"},
    {"api-sendButtons-4", FSV_REFUSED, ""},
    {"api-sendButtons-mixed", FSV_REFUSED, ""},
    {"api-sendButtons-pix", FSV_SENT, "3EB0RELAYED0000000001"},
    {"api-sendList", FSV_SENT, "3EB09A4984B494E38B5A85"},
    {"api-sendList-missing-footer", FSV_REFUSED, ""},
    {"api-sendPoll", FSV_SENT, "3EB072080BC31F81837F7F"},
    {"api-sendReaction", FSV_SENT, "3EB0E954AC35F96C0E910F"},
    {"api-sendLocation", FSV_SENT, "3EB0DA08EE1E8453FBD2C4"},
    {"api-sendContact", FSV_SENT, "3EB0ED18BA2D4680AB68EA"},
    {"api-sendMedia-base64-document", FSV_SENT, "3EB00869083224595D4F7D"},
    {"api-sendMedia-bad", FSV_REFUSED, ""},
    {"api-sendMedia-bad-type", FSV_REFUSED, ""},
    {"api-markMessageAsRead", FSV_SENT, ""},
    {"api-sendPresence", FSV_SENT, ""},
    {"api-sendPresence-invalid", FSV_REFUSED, ""},
    {"api-whatsappNumbers", FSV_SENT, ""},
    {"api-findMessages", FSV_SENT, ""},
    {"api-socket-down-sendText", FSV_DOWN, ""},
    {"api-socket-down-sendText-quoted", FSV_DOWN, ""},
    {"api-socket-down-sendText-not-on-whatsapp", FSV_DOWN, ""},
    {"api-socket-down-sendMedia-base64", FSV_DOWN, ""},
    {"api-socket-down-markMessageAsRead", FSV_DOWN, ""},
    {"api-socket-down-whatsappNumbers", FSV_DOWN, ""},
    {"api-401", FSV_DOWN, ""},
    {"api-404-instance", FSV_DOWN, ""},
    {"api-404-route", FSV_DOWN, ""},
    {"api-403-name-in-use", FSV_REFUSED, ""},
    {"api-connectionState", FSV_SENT, ""},
    {"api-delete", FSV_SENT, ""},
    {"api-restart-error-200", FSV_DOWN, ""},
    {"api-webhook-set", FSV_SENT, ""},
    {"api-webhook-set-no-events-500", FSV_UNKNOWN, ""},
    {"api-license-503", FSV_DOWN, ""},
};

static const char *answer_row(size_t i)
{
    return i < FN_COUNT(answers) ? answers[i].file : NULL;
}

static void test_answers(void)
{
    for (size_t i = 0; i < FN_COUNT(answers); i++) {
        struct fn_arena arena;
        struct fsv_outcome o;
        struct fn_str id = FN_STR_NULL;
        const char *why = NULL;
        fn_arena_init(&arena, ARENA);
        const struct fn_json *file = read_json(&arena, "evolution", answers[i].file);
        if (file != NULL) {
            CU_ASSERT_TRUE_FATAL(read_outcome(&arena, file, &o));
            enum fsv_verdict verdict = fsv_evo_classify(&arena, &o, &id, &why);
            CU_ASSERT(verdict == answers[i].verdict || wrong(answers[i].file, fsv_verdict_name(verdict)));
            UNIT_ASSERT_STR(id, answers[i].id);
        }
        fn_arena_fini(&arena);
    }
    all_have_rows("evolution", "api-", answer_row);
}

/* -- the model ---------------------------------------------------------------------------------------------------------------------------- */

struct model {
    const char *file, *host;
    enum fsv_verdict verdict;
    bool present, account;
    const char *part; /* of the result */
};
static const struct model models[] = {
    {"chat-text", "write", FSV_SENT, true, false, ""},
    {"chat-4096-plus", "write", FSV_SENT, true, false, ""},
    {"chat-rtl-control", "write", FSV_SENT, true, false, ""},
    {"chat-image-input", "write", FSV_SENT, true, false, ""},
    {"chat-structured", "extract", FSV_SENT, true, false, "{"},
    {"chat-structured-truncated", "extract", FSV_SENT, false, false, ""},
    {"chat-content-filter", "write", FSV_SENT, false, false, ""},
    {"chat-content-filter", "talk", FSV_SENT, false, false, ""},
    {"chat-reasoning-empty", "write", FSV_SENT, false, false, ""},
    {"chat-reasoning-empty", "talk", FSV_SENT, false, false, ""},
    {"chat-tool-result-roundtrip", "talk", FSV_SENT, true, false, "\"say\":"},
    {"chat-tool-call-parallel", "talk", FSV_SENT, true, false, "\"tool\":\"get_price\",\"args\":{\"plan\":\"pro\"}"},
    {"chat-tool-bad-json-args", "talk", FSV_SENT, false, false, ""}, /* cut by its length: no round */
    {"chat-tool-unknown-function", "talk", FSV_SENT, true, false, "\"tool\":\"?\""},
    {"chat-tool-empty-args", "talk", FSV_SENT, true, false, "\"tool\":\"get_price\",\"args\":{}"},
    {"transcription-json", "transcribe", FSV_SENT, true, false, "Oi, quero saber do plano."},
    {"transcription-whisper-duration", "transcribe", FSV_SENT, true, false, "Oi, quero saber do plano."},
    {"transcription-error-oga", "transcribe", FSV_REFUSED, false, false, ""},
    {"error-401-invalid-key", "write", FSV_REFUSED, false, true, ""},
    {"error-403-country", "write", FSV_REFUSED, false, true, ""},
    {"error-400-schema-chat", "extract", FSV_REFUSED, false, false, ""},
    {"error-400-schema-responses", "extract", FSV_REFUSED, false, false, ""},
    {"error-400-tool-order", "talk", FSV_REFUSED, false, false, ""},
    {"error-429-tpm", "write", FSV_NOT_SENT, false, false, ""},
    {"error-429-rpm", "write", FSV_NOT_SENT, false, false, ""},
    {"error-429-request-too-large", "write", FSV_REFUSED, false, false, ""},
    {"error-429-insufficient-quota", "write", FSV_REFUSED, false, true, ""},
    {"error-429-retry-after-date", "write", FSV_NOT_SENT, false, false, ""},
    {"error-429-should-not-retry", "write", FSV_REFUSED, false, false, ""},
    {"error-500", "write", FSV_NOT_SENT, false, false, ""},
    {"error-503-overloaded", "write", FSV_NOT_SENT, false, false, ""},
    {"error-502-html", "write", FSV_NOT_SENT, false, false, ""},
};

static const char *model_row(size_t i)
{
    return i < FN_COUNT(models) ? models[i].file : NULL;
}

static void test_models(void)
{
    static const char args[] =
        "{\"message\":\"oi\",\"with\":{\"tools\":[{\"name\":\"get_price\"},{\"name\":\"book_slot\"}]}}";
    for (size_t i = 0; i < FN_COUNT(models); i++) {
        const struct model *m = &models[i];
        struct fn_arena arena;
        struct fsv_outcome o;
        struct fsv_ai_answer a;
        const struct fn_json *call;
        fn_arena_init(&arena, ARENA);
        const struct fn_json *file = read_json(&arena, "openai", m->file);
        if (file != NULL) {
            CU_ASSERT_EQUAL_FATAL(fn_json_parse(&arena, fn_str_c(args), 0, &call, NULL), FN_OK);
            CU_ASSERT_TRUE_FATAL(read_outcome(&arena, file, &o));
            fsv_ai_read(&arena, &o, fn_str_c(m->host), call, 1000, &a);
            CU_ASSERT(a.verdict == m->verdict || wrong(m->file, fsv_verdict_name(a.verdict)));
            CU_ASSERT(a.present == m->present || wrong(m->file, a.why));
            CU_ASSERT(a.account == m->account || wrong(m->file, "account"));
            CU_ASSERT(holds(a.result, m->part) || wrong(m->file, "result"));
            CU_ASSERT((a.result.n > 0) == m->present);
        }
        fn_arena_fini(&arena);
    }
    all_have_rows("openai", "chat-", model_row);
    all_have_rows("openai", "error-", model_row);
    all_have_rows("openai", "transcription-", model_row);
}

UNIT_SUITE("fsv_payloads", {"bodies", test_bodies}, {"sequences", test_sequences}, {"answers", test_answers},
           {"models", test_models})

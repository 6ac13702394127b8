/* api_chat.c: the web chat. The page posts messages and waits for news by long polling; what it shows is the conversation's message log.
 * A visitor is a random session word; the token that names his conversation carries a MAC over channel, session and conversation, so that
 * nobody reads another's by counting. A waiting request is registered before the log is read: a change in between is not missed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "handlers.h"

#include "fn_json.h"
#include "fn_utf8.h"
#include "fsv_pages.h"

#include <stdio.h>
#include <stdlib.h>

enum { SESSION_MIN = 16, SESSION_MAX = 64, TEXT_POINTS = 4096, SHOWN = 60, LIST_MAX = 4 << 20, MAC_HEX = 32 };

struct fsv_poller {
    struct fsv_request *r;
    int64_t tenant, conv;
    uint64_t tag; /* of what the page has */
    bool reading, again;
    struct fsv_poller *next;
};

static bool is_word(struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
    }
    return s.n >= SESSION_MIN && s.n <= SESSION_MAX;
}

/* "CONV.MAC" in the arena. */
static struct fn_str token_of(struct fsv_request *r, const struct fsv_channel *c, struct fn_str session, int64_t conv)
{
    uint8_t mac[FSV_SHA256_BYTES];
    struct fn_buf hex;
    struct fn_str what =
        fn_arena_printf(&r->arena, "chat|%lld|%.*s|%lld", (long long)c->id, FN_STR_ARG(session), (long long)conv);
    fsv_derive((struct fn_str){(const char *)r->app->master, sizeof r->app->master}, what, mac);
    fn_buf_init(&hex, MAC_HEX);
    fn_buf_hex(&hex, mac, MAC_HEX / 2);
    struct fn_str token = fn_arena_printf(&r->arena, "%lld.%.*s", (long long)conv, FN_STR_ARG(fn_buf_view(&hex)));
    fn_buf_fini(&hex);
    return token;
}

static int64_t read_token(struct fsv_request *r, const struct fsv_channel *c, struct fn_str session,
                          struct fn_str token)
{
    const char *dot = token.n > 0 ? memchr(token.p, '.', token.n) : NULL;
    struct fn_json number = {.kind = FN_JSON_NUMBER};
    int64_t conv = 0;
    number.text = (struct fn_str){token.p, dot != NULL ? (size_t)(dot - token.p) : 0};
    if (number.text.n == 0 || !fn_json_int(&number, &conv)) {
        return 0;
    }
    struct fn_str right = token_of(r, c, session, conv);
    return right.n == token.n && fsv_equal(right.p, token.p, token.n) ? conv : 0;
}

/* -- the visitor writes -------------------------------------------------------------------------------------------------------------- */

struct posting {
    struct fsv_channel *channel;
    struct fn_str session;
};

static void on_accepted(void *ctx, const struct frt_accepted *accepted)
{
    struct fsv_request *r = ctx;
    const struct posting *p = r->state;
    bool refused = accepted->code == FN_INVALID || accepted->code == FN_LIMIT;
    if (accepted->code == FN_OK) {
        struct fn_str token = token_of(r, p->channel, p->session, accepted->conv);
        fsv_metric_add(accepted->duplicate ? FSV_M_DUPLICATES : FSV_M_RECEIVED, "web", 1);
        fsv_answer_json(r, 200, fn_arena_printf(&r->arena, "{\"token\":\"%.*s\"}", FN_STR_ARG(token)));
    } else {
        fsv_problem(r, refused ? FSV_P_FIELD : FSV_P_BUSY, FN_STR_NULL);
    }
    fsv_release(r);
}

void fsv_post_chat(struct fsv_app *app, struct fsv_request *r)
{
    const struct fn_json *root;
    struct fn_err err;
    struct posting *p = fn_arena_alloc(&r->arena, sizeof *p);
    struct fsv_channel *c = fsv_channel_of(r, FSV_CHANNEL_WEB);
    if (c == NULL || p == NULL) {
        return;
    }
    if (fn_json_parse(&r->arena, fn_buf_view(&r->body), 0, &root, &err) != FN_OK) {
        fsv_problem(r, FSV_P_JSON, fn_str_c(err.text));
        return;
    }
    struct fn_str session = fn_json_str(fn_json_get(root, "session")), id = fn_json_str(fn_json_get(root, "id"));
    struct fn_str text = fn_json_str(fn_json_get(root, "text")), option = fn_json_str(fn_json_get(root, "option"));
    bool empty = text.n == 0 && option.n == 0;
    if (!is_word(session) || !is_word(id) || empty || fn_utf8_count(text) > TEXT_POINTS || option.n > FRT_DEDUPE_MAX) {
        fsv_problem(r, FSV_P_FIELD, FN_STR("session, id, text, option"));
        return;
    }
    *p = (struct posting){c, session};
    r->state = p;
    struct frt_inbound in = {.tenant = c->tenant, .channel = c->id, .kind = FRT_IN_MESSAGE, .n_aliases = 1};
    in.aliases[0] = fn_arena_printf(&r->arena, "web:%.*s", FN_STR_ARG(session));
    in.address = session;
    in.dedupe = fn_arena_printf(&r->arena, "web:%lld:%.*s:%.*s", (long long)c->id, FN_STR_ARG(session), FN_STR_ARG(id));
    in.ref = id;
    in.payload.text = text;
    in.payload.option = option;
    fsv_hold(r);
    frt_engine_ingest(app->engine, &in, on_accepted, r);
}

/* -- the page waits ------------------------------------------------------------------------------------------------------------------- */

static uint64_t tag_of(const struct frt_op_messages *list)
{
    uint64_t tag = fn_hash("", 0);
    for (size_t i = 0; i < list->n; i++) {
        uint64_t one[2] = {(uint64_t)list->messages[i].id, tag};
        tag = fn_hash(one, sizeof one);
    }
    return tag;
}

static void put_shown(struct fn_buf *b, const struct frt_message *m)
{
    fn_json_comma(b);
    fn_buf_printf(b, "{\"id\":\"%lld\",\"at\":%lld,\"in\":%s", (long long)m->id, (long long)m->at,
                  m->dir == FRT_DIR_IN ? "true" : "false");
    fn_json_put_key(b, "kind");
    fn_json_put_str(b, m->kind);
    fn_json_put_key(b, "body");
    fn_buf_str(b, m->body.n > 0 ? m->body : FN_STR("null"));
    fn_buf_char(b, '}');
}

/* Oldest first; notes are the tenant's business. */
static void answer_news(struct fsv_request *r, const struct frt_op_messages *list, uint64_t tag)
{
    struct fn_buf b;
    fn_buf_init(&b, LIST_MAX);
    fn_buf_printf(&b, "{\"tag\":\"%llx\",\"messages\":[", (unsigned long long)tag);
    for (size_t i = list->n; i > 0; i--) {
        if (list->messages[i - 1].dir != FRT_DIR_NOTE) {
            put_shown(&b, &list->messages[i - 1]);
        }
    }
    fn_buf_z(&b, "]}");
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}

static void unlink_poller(struct fsv_app *app, struct fsv_poller *p)
{
    for (struct fsv_poller **at = &app->pollers; *at != NULL; at = &(*at)->next) {
        if (*at == p) {
            *at = p->next;
            fsv_release(p->r);
            return;
        }
    }
}

static void read_log(struct fsv_poller *p);

static void on_read(struct fsv_request *r, void *op)
{
    const struct frt_op_messages *list = op;
    struct fsv_poller *p = r->state;
    p->reading = false;
    if (r->answered) { /* its deadline came meanwhile */
        return;
    }
    uint64_t tag = list->op.code == FN_OK ? tag_of(list) : p->tag;
    if (list->op.code == FN_OK && tag == p->tag) {
        if (p->again) {
            read_log(p);
        }
        return;
    }
    if (fsv_op_good(r, op)) {
        answer_news(r, list, tag);
    }
    unlink_poller(r->app, p);
}

static void read_log(struct fsv_poller *p)
{
    struct frt_op_messages *list = fsv_op_new(p->r, sizeof *list, FRT_OP_MESSAGES, on_read);
    if (list == NULL) {
        unlink_poller(p->r->app, p);
        return;
    }
    p->reading = true;
    p->again = false;
    list->tenant = p->tenant;
    list->conv = p->conv;
    list->limit = SHOWN;
    fsv_op_submit(list);
}

static void on_nothing(struct fsv_request *r)
{
    struct fsv_poller *p = r->state;
    char json[64];
    int n = snprintf(json, sizeof json, "{\"tag\":\"%llx\",\"messages\":[]}", (unsigned long long)p->tag);
    fsv_answer_json(r, 200, (struct fn_str){json, (size_t)n});
    unlink_poller(r->app, p);
}

void fsv_get_chat_events(struct fsv_app *app, struct fsv_request *r)
{
    struct fsv_channel *c = fsv_channel_of(r, FSV_CHANNEL_WEB);
    struct fsv_poller *p = fn_arena_alloc(&r->arena, sizeof *p);
    if (c == NULL || p == NULL) {
        return;
    }
    struct fn_str tag = fsv_query(r, "tag"), session = fsv_query(r, "session");
    int64_t conv = read_token(r, c, session, fsv_query(r, "token"));
    if (conv == 0 || tag.n > 16) {
        fsv_problem(r, FSV_P_FIELD, FN_STR("session, token, tag"));
        return;
    }
    *p = (struct fsv_poller){.r = r, .tenant = c->tenant, .conv = conv, .next = app->pollers};
    p->tag = tag.n > 0 ? strtoull(tag.p, NULL, 16) : 0;
    app->pollers = p;
    fsv_hold(r);
    r->state = p;
    r->on_deadline = on_nothing;
    read_log(p);
}

void fsv_chat_changed(struct fsv_app *app, int64_t conv)
{
    for (struct fsv_poller *p = app->pollers, *next; p != NULL; p = next) {
        next = p->next;
        if (p->conv != conv) {
            continue;
        }
        p->again = true;
        if (!p->reading) {
            read_log(p);
        }
    }
}

void fsv_chat_close(struct fsv_app *app)
{
    while (app->pollers != NULL) {
        on_nothing(app->pollers->r);
    }
}

/* -- the pages --------------------------------------------------------------------------------------------------------------------------- */

static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

static void answer_page(struct fsv_request *r, struct fn_str name, const char *type)
{
    const struct fn_embedded *file = fn_embedded_find(fsv_pages, fsv_pages_count, name);
    if (file == NULL) {
        fsv_problem(r, FSV_P_NOT_FOUND, FN_STR_NULL);
        return;
    }
    r->policy = page_policy;
    fsv_answer(r, 200, type, file->bytes);
}

void fsv_get_chat(struct fsv_app *app, struct fsv_request *r)
{
    (void)app;
    if (fsv_channel_of(r, FSV_CHANNEL_WEB) != NULL) {
        answer_page(r, FN_STR("chat.html"), "text/html; charset=utf-8");
    }
}

void fsv_get_home(struct fsv_app *app, struct fsv_request *r)
{
    (void)app;
    answer_page(r, FN_STR("home.html"), "text/html; charset=utf-8");
}

void fsv_get_asset(struct fsv_app *app, struct fsv_request *r)
{
    static const struct {
        struct fn_str end;
        const char *type;
    } types[] = {{{".js", 3}, "text/javascript; charset=utf-8"}, {{".css", 4}, "text/css; charset=utf-8"}};
    struct fn_str name = r->param[0];
    (void)app;
    for (size_t i = 0; i < FN_COUNT(types); i++) {
        size_t n = types[i].end.n;
        if (name.n > n && memcmp(name.p + name.n - n, types[i].end.p, n) == 0) {
            answer_page(r, name, types[i].type);
            return;
        }
    }
    fsv_problem(r, FSV_P_NOT_FOUND, FN_STR_NULL);
}

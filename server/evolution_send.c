/* evolution_send.c: effects -> requests to the Evolution API, and its answers -> verdicts. Pure; the provider does the I/O.
 * Buttons and lists often do not render over Baileys, so a question is numbered text unless the channel says otherwise. Evolution's `delay`
 * makes the call itself wait, so it is always 0. Statuses are unreliable: the body decides first.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_evolution.h"

#include "fn_utf8.h"

enum { BODY_MAX = 65536, PATH_MAX_BYTES = 512, TYPING_MAX_MS = 3000, RECORDS = 50 /* of a page */ };
/* What WhatsApp shows of buttons and lists: docs/language/channels.*.md. */
enum { BUTTONS_MAX = 3, BUTTON_POINTS = 20, BODY_POINTS = 1024, ROWS_MAX = 10 };

void fsv_evo_request_init(struct fsv_evo_request *r)
{
    fn_buf_init(&r->path, PATH_MAX_BYTES);
    fn_buf_init(&r->body, BODY_MAX);
}

void fsv_evo_request_fini(struct fsv_evo_request *r)
{
    fn_buf_fini(&r->path);
    fn_buf_fini(&r->body);
}

static void put_path(struct fn_buf *out, const char *route, struct fn_str instance)
{
    fn_buf_z(out, route);
    for (size_t i = 0; i < instance.n; i++) {
        unsigned char c = (unsigned char)instance.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_' || c == '.';
        if (plain) {
            fn_buf_char(out, (char)c);
        } else {
            fn_buf_printf(out, "%%%02X", c);
        }
    }
}

static void put_field(struct fn_buf *b, const char *key, struct fn_str s)
{
    fn_json_put_key(b, key);
    fn_json_put_str(b, s);
}

static void open_body(struct fsv_evo_request *out, const char *route, const struct fsv_evo_effect *e)
{
    put_path(&out->path, route, e->instance);
    fn_buf_char(&out->body, '{');
    put_field(&out->body, "number", e->address);
}

static struct fn_str arg(const struct fsv_evo_effect *e, const char *name)
{
    return fn_json_str(fn_json_get(e->args, name));
}

/* -- the effects --------------------------------------------------------------------------------------------------------------------- */

void fsv_evo_text(struct fn_buf *out, struct fn_str host, const struct fn_json *args)
{
    fn_buf_str(out, fn_json_str(fn_json_get(args, "text")));
    if (!fn_str_eq(host, FN_STR("choose"))) {
        return;
    }
    int64_t number = 0; /* rows that earlier messages said: runtime/choose.c */
    (void)fn_json_int(fn_json_get(args, "first"), &number);
    const struct fn_json *labels = fn_json_get(args, "labels");
    for (const struct fn_json *l = labels != NULL ? labels->first : NULL; l != NULL; l = l->next) {
        fn_buf_printf(out, "%s%lld. %.*s",
                      out->n == 0   ? ""
                      : number == 0 ? "\n\n"
                                    : "\n",
                      (long long)number + 1, FN_STR_ARG(fn_json_str(l)));
        number++;
    }
}

static enum fn_code build_text(struct fsv_evo_request *out, const struct fsv_evo_effect *e, struct fn_err *err)
{
    struct fn_buf text;
    fn_buf_init(&text, BODY_MAX);
    fsv_evo_text(&text, e->host, e->args);
    open_body(out, "/message/sendText/", e);
    put_field(&out->body, "text", fn_buf_view(&text));
    fn_buf_z(&out->body, ",\"delay\":0}");
    bool empty = text.n == 0 || text.failed;
    fn_buf_fini(&text);
    return empty ? fn_fail(err, FN_INVALID, "nothing to say") : FN_OK;
}

static void put_buttons(struct fsv_evo_request *out, const struct fsv_evo_effect *e)
{
    const struct fn_json *id = fn_json_get(e->args, "ids")->first, *label = fn_json_get(e->args, "labels")->first;
    open_body(out, "/message/sendButtons/", e);
    put_field(&out->body, "title", arg(e, "text"));
    fn_buf_z(&out->body, ",\"buttons\":[");
    for (; id != NULL && label != NULL; id = id->next, label = label->next) {
        fn_json_comma(&out->body);
        fn_buf_z(&out->body, "{\"type\":\"reply\"");
        put_field(&out->body, "displayText", fn_json_str(label));
        put_field(&out->body, "id", fn_json_str(id));
        fn_buf_char(&out->body, '}');
    }
    fn_buf_z(&out->body, "]}");
}

/* Evolution refuses a list without footerText and buttonText; symbols need no translation. */
static void put_list(struct fsv_evo_request *out, const struct fsv_evo_effect *e)
{
    const struct fn_json *id = fn_json_get(e->args, "ids")->first, *label = fn_json_get(e->args, "labels")->first;
    open_body(out, "/message/sendList/", e);
    put_field(&out->body, "title", arg(e, "text"));
    fn_buf_z(&out->body,
             ",\"footerText\":\"\\u2193\",\"buttonText\":\"\\u2630\",\"sections\":[{\"title\":\"\\u2630\",\"rows\":[");
    for (; id != NULL && label != NULL; id = id->next, label = label->next) {
        fn_json_comma(&out->body);
        fn_buf_char(&out->body, '{');
        put_field(&out->body, "title", fn_json_str(label));
        put_field(&out->body, "rowId", fn_json_str(id));
        fn_buf_char(&out->body, '}');
    }
    fn_buf_z(&out->body, "]}]}");
}

static size_t longest(const struct fn_json *labels)
{
    size_t most = 0;
    for (const struct fn_json *l = labels->first; l != NULL; l = l->next) {
        size_t points = fn_utf8_count(fn_json_str(l));
        most = points > most ? points : most;
    }
    return most;
}

static enum fn_code build_choose(struct fsv_evo_request *out, const struct fsv_evo_effect *e, struct fn_err *err)
{
    const struct fn_json *ids = fn_json_get(e->args, "ids"), *labels = fn_json_get(e->args, "labels");
    if (ids == NULL || labels == NULL || ids->kind != FN_JSON_ARRAY || labels->kind != FN_JSON_ARRAY || ids->n == 0 ||
        ids->n != labels->n) {
        return fn_fail(err, FN_INVALID, "choose without options");
    }
    if (e->choose == FSV_CHOOSE_TEXT || ids->n > ROWS_MAX || fn_json_get(e->args, "first") != NULL) {
        return build_text(out, e, err);
    }
    if (ids->n <= BUTTONS_MAX && longest(labels) <= BUTTON_POINTS && fn_utf8_count(arg(e, "text")) <= BODY_POINTS) {
        put_buttons(out, e);
    } else {
        put_list(out, e);
    }
    return FN_OK;
}

static enum fn_code build_location(struct fsv_evo_request *out, const struct fsv_evo_effect *e, struct fn_err *err)
{
    struct fn_str at = arg(e, "url");
    const char *comma = at.n > 0 ? memchr(at.p, ',', at.n) : NULL;
    struct fn_json lat = {.kind = FN_JSON_NUMBER}, lon = {.kind = FN_JSON_NUMBER};
    double a, o;
    if (comma != NULL) {
        lat.text = (struct fn_str){at.p, (size_t)(comma - at.p)};
        lon.text = (struct fn_str){comma + 1, at.n - lat.text.n - 1};
    }
    if (comma == NULL || !fn_json_num(&lat, &a) || !fn_json_num(&lon, &o)) {
        return fn_fail(err, FN_INVALID, "a location is written \"latitude,longitude\"");
    }
    open_body(out, "/message/sendLocation/", e);
    fn_json_put_key(&out->body, "latitude");
    fn_json_put_num(&out->body, a);
    fn_json_put_key(&out->body, "longitude");
    fn_json_put_num(&out->body, o);
    put_field(&out->body, "name", arg(e, "caption"));
    put_field(&out->body, "address", arg(e, "caption"));
    fn_buf_char(&out->body, '}');
    return FN_OK;
}

/* image/png of data:image/png;base64,...; empty for any other URL. */
static struct fn_str data_type(struct fn_str url)
{
    struct fn_str head = FN_STR("data:"), tail = FN_STR(";base64");
    const char *comma = fn_str_starts(url, head) ? memchr(url.p, ',', url.n) : NULL;
    struct fn_str type =
        comma != NULL ? (struct fn_str){url.p + head.n, (size_t)(comma - url.p) - head.n} : FN_STR_NULL;
    if (type.n <= tail.n || memcmp(type.p + type.n - tail.n, tail.p, tail.n) != 0) {
        return FN_STR_NULL;
    }
    type.n -= tail.n;
    return type;
}

/* Evolution takes a URL or plain base64 ("Owned media must be a url or base64"): of a data URL what stands behind its comma, its type beside it
 * and a name, without which it takes no document. */
static void put_medium(struct fn_buf *b, const char *key, struct fn_str kind, struct fn_str url)
{
    struct fn_str type = data_type(url);
    if (type.n == 0) {
        put_field(b, key, url);
        return;
    }
    const char *bytes = type.p + type.n + sizeof ";base64," - 1, *slash = memchr(type.p, '/', type.n);
    int ending = slash != NULL ? (int)(type.p + type.n - slash) - 1 : 0;
    struct fn_buf name;
    fn_buf_init(&name, 256);
    fn_buf_printf(&name, "%.*s.%.*s", FN_STR_ARG(kind), ending, slash != NULL ? slash + 1 : "");
    put_field(b, key, (struct fn_str){bytes, (size_t)(url.p + url.n - bytes)});
    put_field(b, "mimetype", type);
    put_field(b, "fileName", fn_buf_view(&name));
    fn_buf_fini(&name);
}

static enum fn_code build_media(struct fsv_evo_request *out, const struct fsv_evo_effect *e, struct fn_err *err)
{
    struct fn_str kind = arg(e, "kind"), caption = arg(e, "caption");
    if (fn_str_eq(kind, FN_STR("location"))) {
        return build_location(out, e, err);
    }
    bool audio = fn_str_eq(kind, FN_STR("audio"));
    if (!audio && !fn_str_eq(kind, FN_STR("image")) && !fn_str_eq(kind, FN_STR("video")) &&
        !fn_str_eq(kind, FN_STR("document"))) {
        return fn_fail(err, FN_UNSUPPORTED, "media of kind %.*s", FN_STR_ARG(kind));
    }
    open_body(out, audio ? "/message/sendWhatsAppAudio/" : "/message/sendMedia/", e);
    put_medium(&out->body, audio ? "audio" : "media", kind, arg(e, "url"));
    if (!audio) {
        put_field(&out->body, "mediatype", kind);
    }
    if (!audio && caption.n > 0) {
        put_field(&out->body, "caption", caption);
    }
    fn_buf_z(&out->body, ",\"delay\":0}");
    return FN_OK;
}

static void put_jid(struct fn_buf *b, const char *key, struct fn_str address)
{
    bool jid = address.n > 0 && memchr(address.p, '@', address.n) != NULL;
    struct fn_buf text;
    fn_buf_init(&text, 256);
    fn_buf_str(&text, address);
    fn_buf_z(&text, jid ? "" : "@s.whatsapp.net");
    put_field(b, key, fn_buf_view(&text));
    fn_buf_fini(&text);
}

static enum fn_code build_reaction(struct fsv_evo_request *out, const struct fsv_evo_effect *e, struct fn_err *err)
{
    if (e->last_ref.n == 0) {
        return fn_fail(err, FN_INVALID, "no message to react to");
    }
    put_path(&out->path, "/message/sendReaction/", e->instance);
    fn_buf_z(&out->body, "{\"key\":{");
    put_jid(&out->body, "remoteJid", e->address);
    put_field(&out->body, "id", e->last_ref);
    fn_buf_z(&out->body, ",\"fromMe\":false}");
    put_field(&out->body, "reaction", arg(e, "emoji"));
    fn_buf_char(&out->body, '}');
    return FN_OK;
}

/* The call blocks for its delay: a long one would keep the contact's lane waiting. */
static enum fn_code build_typing(struct fsv_evo_request *out, const struct fsv_evo_effect *e, struct fn_err *err)
{
    int64_t ms = 0;
    if (!fn_json_int(fn_json_get(e->args, "milliseconds"), &ms) || ms < 0) {
        return fn_fail(err, FN_INVALID, "typing without a time");
    }
    open_body(out, "/chat/sendPresence/", e);
    fn_buf_printf(&out->body, ",\"presence\":\"composing\",\"delay\":%d}",
                  ms < TYPING_MAX_MS ? (int)ms : TYPING_MAX_MS);
    return FN_OK;
}

static enum fn_code build_template(struct fsv_evo_request *out, const struct fsv_evo_effect *e, struct fn_err *err)
{
    (void)out;
    return fn_fail(err, FN_UNSUPPORTED, "no text of template %.*s in the catalogue", FN_STR_ARG(arg(e, "name")));
}

void fsv_evo_build_fetch(struct fsv_evo_request *out, const struct fsv_evo_effect *e, struct fn_str id)
{
    put_path(&out->path, "/chat/getBase64FromMediaMessage/", e->instance);
    fn_buf_z(&out->body, "{\"message\":{\"key\":{");
    put_field(&out->body, "id", id);
    fn_buf_z(&out->body, "}},\"convertToMp4\":false}");
}

typedef enum fn_code build_fn(struct fsv_evo_request *out, const struct fsv_evo_effect *e, struct fn_err *err);
static const struct {
    const char *host;
    build_fn *build;
} builders[] = {
    {"say", build_text},       {"say_or_template", build_text}, {"choose", build_choose},     {"media", build_media},
    {"react", build_reaction}, {"typing", build_typing},        {"template", build_template},
};

enum fn_code fsv_evo_build(struct fsv_evo_request *out, const struct fsv_evo_effect *effect, struct fn_err *err)
{
    for (size_t i = 0; i < FN_COUNT(builders); i++) {
        if (fn_str_eq(effect->host, fn_str_c(builders[i].host))) {
            enum fn_code code = builders[i].build(out, effect, err);
            return code == FN_OK && (out->body.failed || out->path.failed) ? fn_fail(err, FN_LIMIT, "message too large")
                                                                           : code;
        }
    }
    return fn_fail(err, FN_UNSUPPORTED, "effect %.*s", FN_STR_ARG(effect->host));
}

/* -- answers ----------------------------------------------------------------------------------------------------------------------------- */

/* Texts of a session that is not there, whatever the status; the call certainly sent nothing. */
static const char *const down_texts[] = {"Connection Closed", "reading 'id'", "onWhatsApp", "LICENSE_REQUIRED",
                                         "\"statusCode\":428"};

static bool holds(struct fn_str s, const char *needle)
{
    size_t n = strlen(needle);
    for (size_t i = 0; i + n <= s.n; i++) {
        if (memcmp(s.p + i, needle, n) == 0) {
            return true;
        }
    }
    return false;
}

static bool says_down(struct fn_str body)
{
    for (size_t i = 0; i < FN_COUNT(down_texts); i++) {
        if (holds(body, down_texts[i])) {
            return true;
        }
    }
    return false;
}

static enum fsv_verdict judge_success(struct fn_arena *arena, struct fn_str body, struct fn_str *out_id,
                                      const char **why)
{
    const struct fn_json *root = NULL;
    if (fn_json_parse(arena, body, FN_JSON_REPAIR | FN_JSON_ALLOW_DUPLICATES, &root, NULL) != FN_OK) {
        *why = "2xx without JSON";
        return FSV_UNKNOWN;
    }
    const struct fn_json *error = fn_json_get(root, "error");
    if (error != NULL && error->kind == FN_JSON_TRUE) {
        *why = "2xx with an error inside";
        return FSV_DOWN;
    }
    *out_id = fn_json_str(fn_json_path(root, "key.id"));
    *why = "accepted";
    return FSV_SENT;
}

static enum fsv_verdict judge_error(int status, struct fn_str body, const char **why)
{
    if (says_down(body) || status == 503) {
        *why = "the WhatsApp session is down";
        return FSV_DOWN;
    }
    if (status == 401 ||
        status == 404) { /* of the channel, not of the message: hold the messages until a person mends it */
        *why = status == 401 ? "apikey refused" : "instance unknown";
        return FSV_DOWN;
    }
    if (status == 429) {
        *why = "too many requests";
        return FSV_NOT_SENT;
    }
    if (status >= 500 || status == 408) {
        *why = "server error";
        return FSV_UNKNOWN;
    }
    *why =
        holds(body, "\"exists\":false") || holds(body, "\"exists\": false") ? "number is not on WhatsApp" : "refused";
    return FSV_REFUSED;
}

enum fsv_verdict fsv_evo_classify(struct fn_arena *arena, const struct fsv_outcome *outcome, struct fn_str *out_id,
                                  const char **why)
{
    *out_id = FN_STR_NULL;
    enum fsv_verdict verdict = fsv_outcome_transport(outcome);
    if (verdict != FSV_SENT) {
        *why = outcome->error != NULL ? outcome->error : "no answer";
        return verdict;
    }
    if (outcome->status >= 200 && outcome->status < 300) {
        return judge_success(arena, outcome->body, out_id, why);
    }
    return judge_error(outcome->status, outcome->body, why);
}

/* -- did it arrive? ------------------------------------------------------------------------------------------------------------------------ */

/* fromMe: those who know no such filter give the contact's, too, and more pages of them. */
void fsv_evo_build_query(struct fsv_evo_request *out, const struct fsv_evo_effect *effect, unsigned page)
{
    put_path(&out->path, "/chat/findMessages/", effect->instance);
    fn_buf_z(&out->body, "{\"where\":{\"key\":{");
    put_jid(&out->body, "remoteJid", effect->address);
    fn_buf_printf(&out->body, ",\"fromMe\":true}},\"page\":%u,\"offset\":%d}", page, RECORDS);
}

static struct fn_str record_text(const struct fn_json *record)
{
    struct fn_str text = fn_json_str(fn_json_path(record, "message.conversation"));
    return text.n > 0 ? text : fn_json_str(fn_json_path(record, "message.extendedTextMessage.text"));
}

static bool is_recent(const struct fn_json *record, int64_t since_ms)
{
    int64_t seconds = 0;
    return fn_json_int(fn_json_get(record, "messageTimestamp"), &seconds) && seconds >= since_ms / 1000;
}

static bool is_known(const struct fsv_evo_search *s, struct fn_str id)
{
    for (size_t i = 0; i < s->n_known; i++) {
        if (fn_str_eq(s->known[i], id)) {
            return true;
        }
    }
    return false;
}

static bool is_ours(const struct fn_json *record, const struct fsv_evo_search *s)
{
    const struct fn_json *mine = fn_json_path(record, "key.fromMe");
    return mine != NULL && mine->kind == FN_JSON_TRUE && is_recent(record, s->since_ms) &&
           fn_str_eq(record_text(record), s->text) && !is_known(s, fn_json_str(fn_json_path(record, "key.id")));
}

enum fsv_verdict fsv_evo_find(struct fn_arena *arena, const struct fsv_outcome *outcome, struct fsv_evo_search *search)
{
    const struct fn_json *root = NULL;
    search->more = false;
    if (!outcome->answered || outcome->status >= 500 || outcome->status == 408 || outcome->status == 429) {
        return FSV_NOT_SENT;
    }
    if (outcome->status != 200 ||
        fn_json_parse(arena, outcome->body, FN_JSON_REPAIR | FN_JSON_ALLOW_DUPLICATES, &root, NULL) != FN_OK) {
        return FSV_UNKNOWN;
    }
    const struct fn_json *records = fn_json_path(root, "messages.records"), *last = NULL;
    if (records == NULL || records->kind != FN_JSON_ARRAY) {
        return FSV_UNKNOWN;
    }
    bool back = false; /* as far as what this one was sent behind */
    for (const struct fn_json *r = records->first; r != NULL; last = r, r = r->next) {
        back = back || (search->before.n > 0 && fn_str_eq(fn_json_str(fn_json_path(r, "key.id")), search->before));
        if (is_ours(r, search)) {
            search->id = fn_json_str(fn_json_path(r, "key.id"));
            return FSV_SENT;
        }
    }
    struct fn_str user;
    search->more = !back && records->n >= RECORDS && is_recent(last, search->since_ms);
    bool forgets =
        !back && search->before.n > 0 && records->n < RECORDS; /* all there is, without what was told before */
    return forgets || fsv_jid_read(search->address, &user) == FSV_JID_LID ? FSV_UNKNOWN : FSV_REFUSED;
}

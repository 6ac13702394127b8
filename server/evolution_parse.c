/* evolution_parse.c: a webhook body of Evolution -> what happened, in our words. Bodies differ by version and are hostile: any field may be
 * missing or of another type, content may be wrapped again and again, 64-bit numbers come as integers, strings or {low, high}.
 * Content the table evolution_content.def does not know is acknowledged and dropped, never an error: Evolution would drop the event for ever
 * after a 4xx. The instance's apikey, which the body carries, is not copied anywhere.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_evolution.h"

#include "fn_utf8.h"

static const char *const kind_words[FSV_EVO_KINDS] = {
#define FSV_EVO(NAME, word, meaning) [FSV_EVO_##NAME] = (word),
#include "evolution_kinds.def"
#undef FSV_EVO
};

struct content_row {
    enum { WRAPPER, PLAIN, CHOICE, MEDIA } how;
    const char *key, *a, *b;
};
static const struct content_row content_rows[] = {
#define FSV_EVO_WRAPPER(key)           {WRAPPER, (key), NULL, NULL},
#define FSV_EVO_TEXT(key, path)        {PLAIN, (key), (path), NULL},
#define FSV_EVO_CHOICE(key, id, label) {CHOICE, (key), (id), (label)},
#define FSV_EVO_MEDIA(key, kind)       {MEDIA, (key), (kind), NULL},
#include "evolution_content.def"
#undef FSV_EVO_WRAPPER
#undef FSV_EVO_TEXT
#undef FSV_EVO_CHOICE
#undef FSV_EVO_MEDIA
};

const char *fsv_evo_kind_name(enum fsv_evo_kind kind)
{
    return kind_words[kind];
}

static void ignore(struct fsv_evo_item *item, const char *why)
{
    item->kind = FSV_EVO_IGNORED;
    item->why = why;
}

/* -- scalars whose type depends on the version ----------------------------------------------------------------------------------- */

/* Seconds or milliseconds as number, decimal string or {low, high}. */
static bool read_long(const struct fn_json *v, int64_t *out)
{
    int64_t low, high;
    if (v == NULL) {
        return false;
    }
    if (v->kind == FN_JSON_OBJECT) {
        if (!fn_json_int(fn_json_get(v, "low"), &low) || !fn_json_int(fn_json_get(v, "high"), &high) ||
            high < INT32_MIN || high > INT32_MAX) {
            return false;
        }
        *out = (int64_t)((uint64_t)high << 32 | (uint32_t)low);
        return true;
    }
    if (v->kind == FN_JSON_STRING) {
        struct fn_json number = {.kind = FN_JSON_NUMBER, .text = v->text};
        return v->text.n > 0 && v->text.n <= 19 && fn_json_int(&number, out);
    }
    return fn_json_int(v, out);
}

static int64_t read_time_ms(const struct fn_json *v)
{
    int64_t t;
    if (!read_long(v, &t) || t <= 0 || t > 100000000000000) {
        return 0;
    }
    return t < 100000000000 ? t * 1000 : t; /* seconds reach the bound in the year 5138 */
}

/* Ids are strings; a hostile number is taken as it is spelled. */
static struct fn_str read_id(const struct fn_json *v)
{
    return v != NULL && (v->kind == FN_JSON_STRING || v->kind == FN_JSON_NUMBER) ? v->text : FN_STR_NULL;
}

static bool read_bool(const struct fn_json *v)
{
    if (v == NULL) {
        return false;
    }
    return v->kind == FN_JSON_TRUE || (v->kind == FN_JSON_STRING && fn_str_eq(v->text, FN_STR("true"))) ||
           (v->kind == FN_JSON_NUMBER && fn_str_eq(v->text, FN_STR("1")));
}

/* -- who ------------------------------------------------------------------------------------------------------------------------- */

static void take_alias(struct fsv_evo_item *item, struct fn_str jid)
{
    struct fn_str user;
    enum fsv_jid_kind kind = fsv_jid_read(jid, &user);
    if (kind == FSV_JID_PHONE && item->phone.n == 0) {
        item->phone = user;
    } else if (kind == FSV_JID_LID && item->lid.n == 0) {
        item->lid = user;
    }
}

/* Phone := the first phone of these fields, lid := the first lid; both are kept. */
static void take_identity(struct fn_arena *arena, struct fsv_evo_item *item, const struct fn_json *key)
{
    static const char *const fields[] = {"remoteJid", "remoteJidAlt", "senderPn", "senderLid", "participantAlt"};
    for (size_t i = 0; i < FN_COUNT(fields); i++) {
        take_alias(item, fn_json_str(fn_json_get(key, fields[i])));
    }
    if (item->phone.n > 0) {
        item->contact = fsv_phone_key(arena, item->phone);
        item->address = item->phone;
    } else if (item->lid.n > 0) {
        item->contact = fn_arena_printf(arena, "lid:%.*s", FN_STR_ARG(item->lid));
        item->address = fn_arena_printf(arena, "%.*s@lid", FN_STR_ARG(item->lid));
    }
}

/* Reads a message key; false when the item became IGNORED. */
static bool take_key(struct fn_arena *arena, struct fsv_evo_item *item, const struct fn_json *key,
                     struct fn_str instance, struct fn_str id)
{
    struct fn_str jid = fn_json_str(fn_json_get(key, "remoteJid")), user;
    if (fsv_jid_read(jid, &user) == FSV_JID_CROWD) {
        ignore(item, "group, broadcast or channel");
        return false;
    }
    take_identity(arena, item, key);
    item->id = id;
    if (item->contact.n == 0 || id.n == 0 || id.n > FSV_EVO_ID_MAX) {
        ignore(item, "no usable key");
        return false;
    }
    const struct fn_str bar = FN_STR("|"), own = read_bool(fn_json_get(key, "fromMe")) ? FN_STR("1") : FN_STR("0");
    item->dedupe = FN_JOIN(arena, instance, bar, jid, bar, own, bar, id);
    return true;
}

/* -- what ------------------------------------------------------------------------------------------------------------------------ */

static void put_text(struct fn_buf *b, const char *key, struct fn_str s)
{
    if (s.n > 0) {
        fn_json_put_key(b, key);
        fn_json_put_str(b, s);
    }
}

static void put_number(struct fn_buf *b, const char *key, const struct fn_json *v)
{
    double n;
    if (fn_json_num(v, &n)) {
        fn_json_put_key(b, key);
        fn_json_put_num(b, n);
    }
}

/* Media as the program sees it; its bytes are fetched only when a program asks (the URL is encrypted by WhatsApp). */
static struct fn_str media_json(struct fn_arena *arena, const struct fn_json *m, const char *kind, struct fn_str id)
{
    struct fn_buf b;
    fn_buf_init(&b, 16384);
    fn_buf_char(&b, '{');
    put_text(&b, "kind", fn_str_c(kind));
    put_text(&b, "id", id);
    put_text(&b, "mime", fn_json_str(fn_json_get(m, fn_json_get(m, "mimetype") != NULL ? "mimetype" : "mime_type")));
    put_text(&b, "url", fn_json_str(fn_json_get(m, "url")));
    put_text(&b, "name", fn_json_str(fn_json_get(m, fn_json_get(m, "fileName") != NULL ? "fileName" : "name")));
    put_text(&b, "address", fn_json_str(fn_json_get(m, "address")));
    put_text(&b, "contact", fn_json_str(fn_json_get(m, "displayName")));
    put_number(&b, "lat", fn_json_get(m, "degreesLatitude"));
    put_number(&b, "lon", fn_json_get(m, "degreesLongitude"));
    if (read_bool(fn_json_get(m, "ptt"))) {
        fn_buf_z(&b, ",\"voice\":true");
    }
    fn_buf_char(&b, '}');
    struct fn_str out =
        b.failed ? fn_arena_printf(arena, "{\"kind\":\"%s\"}", kind) : fn_arena_dup(arena, fn_buf_view(&b));
    fn_buf_fini(&b);
    return out;
}

static void take_row(struct fn_arena *arena, struct fsv_evo_item *item, const struct content_row *row,
                     const struct fn_json *v)
{
    if (row->how == PLAIN) {
        item->text = fn_json_str(row->a[0] == '\0' ? v : fn_json_path(v, row->a));
    } else if (row->how == CHOICE) {
        item->option = fn_json_str(fn_json_path(v, row->a));
        item->text = fn_json_str(fn_json_path(v, row->b));
    } else {
        item->media = media_json(arena, v, row->a, item->id);
        item->text = fn_json_str(fn_json_get(v, "caption"));
    }
}

/* A native-flow reply: its id is inside a JSON text. */
static bool take_native_flow(struct fn_arena *arena, struct fsv_evo_item *item, const struct fn_json *m)
{
    const struct fn_json *reply = fn_json_get(m, "interactiveResponseMessage"), *params;
    if (reply == NULL) {
        return false;
    }
    item->text = fn_json_str(fn_json_path(reply, "body.text"));
    struct fn_str text = fn_json_str(fn_json_path(reply, "nativeFlowResponseMessage.paramsJson"));
    if (text.n > 0 && fn_json_parse(arena, text, FN_JSON_REPAIR | FN_JSON_ALLOW_DUPLICATES, &params, NULL) == FN_OK) {
        struct fn_str label = fn_json_str(fn_json_get(params, "display_text"));
        item->option = fn_json_str(fn_json_get(params, "id"));
        item->text = item->text.n > 0 ? item->text : label;
    }
    return true;
}

/* 2.3.7 and later decrypt votes: the names of the options that stand now; none: the vote was withdrawn. */
static bool take_vote(struct fsv_evo_item *item, const struct fn_json *m)
{
    const struct fn_json *vote = fn_json_path(m, "pollUpdateMessage.vote");
    if (fn_json_get(m, "pollUpdateMessage") == NULL) {
        return false;
    }
    item->text = fn_json_str(fn_json_at(fn_json_get(vote, "selectedOptions"), 0));
    if (item->text.n == 0) {
        ignore(item, "poll vote withdrawn or encrypted");
    }
    return true;
}

static bool take_reaction(struct fsv_evo_item *item, const struct fn_json *m)
{
    const struct fn_json *reaction = fn_json_get(m, "reactionMessage");
    if (reaction == NULL) {
        return false;
    }
    item->kind = FSV_EVO_REACTION;
    item->text = fn_json_str(fn_json_get(reaction, "text"));
    item->quoted = fn_json_str(fn_json_path(reaction, "key.id"));
    return true;
}

static void take_content(struct fn_arena *arena, struct fsv_evo_item *item, const struct fn_json *m)
{
    int depth = 0;
    for (size_t i = 0; i < FN_COUNT(content_rows); i++) {
        const struct fn_json *v = fn_json_get(m, content_rows[i].key);
        if (v == NULL || v->kind == FN_JSON_NULL) {
            continue;
        }
        if (content_rows[i].how != WRAPPER) {
            take_row(arena, item, &content_rows[i], v);
            return;
        }
        if (++depth > FSV_EVO_UNWRAP_MAX) {
            ignore(item, "wrapped too deep");
            return;
        }
        m = fn_json_get(v, "message");
        i = (size_t)-1; /* from the first row again */
    }
    if (!take_native_flow(arena, item, m) && !take_vote(item, m) && !take_reaction(item, m)) {
        ignore(item, "no content we know");
    }
}

/* -- events ---------------------------------------------------------------------------------------------------------------------- */

static void on_upsert(struct fn_arena *arena, struct fsv_evo_item *item, const struct fn_json *data,
                      struct fn_str instance)
{
    const struct fn_json *key = fn_json_get(data, "key");
    if (!take_key(arena, item, key, instance, read_id(fn_json_get(key, "id")))) {
        return;
    }
    item->kind = read_bool(fn_json_get(key, "fromMe")) ? FSV_EVO_OWN : FSV_EVO_MESSAGE;
    item->name = fn_json_str(fn_json_get(data, "pushName"));
    item->name.n = fn_utf8_cut(item->name, FSV_EVO_NAME_MAX);
    item->at_ms = read_time_ms(fn_json_get(data, "messageTimestamp"));
    item->quoted = fn_json_str(fn_json_path(data, "contextInfo.stanzaId"));
    take_content(arena, item, fn_json_get(data, "message"));
    if (item->kind == FSV_EVO_MESSAGE && item->text.n == 0 && item->option.n == 0 && item->media.n == 0) {
        ignore(item, "empty message");
    }
}

static void on_echo(struct fn_arena *arena, struct fsv_evo_item *item, const struct fn_json *data,
                    struct fn_str instance)
{
    on_upsert(arena, item, data, instance);
    if (item->kind == FSV_EVO_OWN || item->kind == FSV_EVO_MESSAGE ||
        (item->kind == FSV_EVO_IGNORED && item->dedupe.n > 0)) {
        item->why = NULL;
        item->kind = FSV_EVO_ECHO; /* buttons and lists have no content row, but their id is what counts */
    }
}

static enum fsv_evo_status read_status(struct fn_str s)
{
    static const char *const words[] = {"", "ERROR", "PENDING", "SERVER_ACK", "DELIVERY_ACK", "READ"};
    for (size_t i = 1; i < FN_COUNT(words); i++) {
        if (fn_str_eq(s, fn_str_c(words[i]))) {
            return (enum fsv_evo_status)i;
        }
    }
    return fn_str_eq(s, FN_STR("PLAYED")) ? FSV_EVO_READ : FSV_EVO_NO_STATUS;
}

static void on_update(struct fn_arena *arena, struct fsv_evo_item *item, const struct fn_json *data,
                      struct fn_str instance)
{
    const struct fn_json *key = fn_json_get(data, "key") != NULL ? fn_json_get(data, "key") : data;
    struct fn_str id = read_id(fn_json_get(data, "keyId"));
    if (!take_key(arena, item, key, instance, id.n > 0 ? id : read_id(fn_json_get(key, "id")))) {
        return;
    }
    const struct fn_json *status = fn_json_get(data, "status");
    item->status = read_status(fn_json_str(status != NULL ? status : fn_json_path(data, "update.status")));
    item->kind = FSV_EVO_STATUS;
    if (item->status == FSV_EVO_NO_STATUS || !read_bool(fn_json_get(key, "fromMe"))) {
        ignore(item, "status of no message of ours");
    }
}

/* messages.edited carries edits, but also revokes and the disappearing-messages setting. */
static void on_edited(struct fn_arena *arena, struct fsv_evo_item *item, const struct fn_json *data,
                      struct fn_str instance)
{
    struct fn_str type = fn_json_str(fn_json_get(data, "type"));
    const struct fn_json *key = fn_json_get(data, "key");
    if (fn_str_eq(type, FN_STR("EPHEMERAL_SETTING"))) {
        ignore(item, "disappearing-messages setting");
        return;
    }
    if (!take_key(arena, item, key, instance, read_id(fn_json_get(key, "id")))) {
        return;
    }
    item->at_ms = read_time_ms(fn_json_get(data, "timestampMs"));
    item->kind = FSV_EVO_EDIT;
    if (fn_str_eq(type, FN_STR("REVOKE"))) {
        item->kind = FSV_EVO_REVOKE;
        return;
    }
    take_content(arena, item, fn_json_get(data, "editedMessage"));
}

static void on_delete(struct fn_arena *arena, struct fsv_evo_item *item, const struct fn_json *data,
                      struct fn_str instance)
{
    const struct fn_json *key = fn_json_get(data, "key") != NULL ? fn_json_get(data, "key") : data;
    if (take_key(arena, item, key, instance, read_id(fn_json_get(key, "id")))) {
        item->kind = FSV_EVO_REVOKE;
    }
}

static void on_connection(struct fn_arena *arena, struct fsv_evo_item *item, const struct fn_json *data,
                          struct fn_str instance)
{
    (void)arena;
    (void)instance;
    item->kind = FSV_EVO_CONNECTION;
    item->state = fn_json_str(fn_json_get(data, "state"));
    if (item->state.n == 0) { /* logout.instance and status.instance: the session is gone */
        item->state = FN_STR("close");
    }
    if (!fn_json_int(fn_json_get(data, "statusReason"), &item->reason) &&
        !fn_json_int(fn_json_get(data, "disconnectionReasonCode"), &item->reason)) {
        item->reason = 0;
    }
}

static void on_call(struct fn_arena *arena, struct fsv_evo_item *item, const struct fn_json *data,
                    struct fn_str instance)
{
    (void)instance;
    take_alias(item, fn_json_str(fn_json_get(data, "from")));
    item->contact = item->phone.n > 0 ? fsv_phone_key(arena, item->phone) : FN_STR_NULL;
    item->id = read_id(fn_json_get(data, "id"));
    item->kind = FSV_EVO_CALL;
}

typedef void event_fn(struct fn_arena *arena, struct fsv_evo_item *item, const struct fn_json *data,
                      struct fn_str instance);
static const struct {
    const char *event;
    event_fn *on;
} events[] = {
    {"messages.upsert", on_upsert},     {"send.message", on_echo},          {"messages.update", on_update},
    {"messages.edited", on_edited},     {"messages.delete", on_delete},     {"connection.update", on_connection},
    {"logout.instance", on_connection}, {"status.instance", on_connection}, {"call", on_call},
};

/* NULL: an event we do not use. */
static event_fn *event_of(struct fn_str name)
{
    for (size_t i = 0; i < FN_COUNT(events); i++) {
        if (fn_str_eq(name, fn_str_c(events[i].event))) {
            return events[i].on;
        }
    }
    return NULL;
}

static void read_items(struct fn_arena *arena, struct fsv_evo_batch *batch, size_t n, const struct fn_json *first,
                       event_fn *on)
{
    for (const struct fn_json *d = first; batch->n < n; d = d != NULL ? d->next : NULL) {
        on(arena, &batch->items[batch->n++], d, batch->instance);
    }
}

enum fn_code fsv_evo_parse(struct fn_arena *arena, struct fn_str body, struct fsv_evo_batch *out, struct fn_err *err)
{
    const struct fn_json *root;
    enum fn_code code = fn_json_parse(arena, body, FN_JSON_REPAIR | FN_JSON_ALLOW_DUPLICATES, &root, err);
    if (code != FN_OK) {
        return code;
    }
    *out = (struct fsv_evo_batch){fn_json_str(fn_json_get(root, "event")), fn_json_str(fn_json_get(root, "instance")),
                                  NULL, 0};
    if (out->event.n == 0 || out->instance.n == 0) {
        return fn_fail(err, FN_INVALID, "no event or no instance in the body");
    }
    const struct fn_json *data = fn_json_get(root, "data");
    event_fn *on = event_of(out->event);
    bool list = on != NULL && data != NULL && data->kind == FN_JSON_ARRAY;
    size_t n = list ? data->n : 1;
    if (n > FSV_EVO_ITEMS_MAX) { /* taking a part would lose the rest behind a 200 */
        return fn_fail(err, FN_LIMIT, "more than %d items in one body", FSV_EVO_ITEMS_MAX);
    }
    out->items = fn_arena_array(arena, n > 0 ? n : 1, sizeof *out->items);
    if (out->items == NULL) {
        return FN_NO_MEMORY;
    }
    if (on != NULL) {
        read_items(arena, out, n, list ? data->first : data, on);
    } else { /* such as messages.set, with the history of a phone: one item however long its list */
        ignore(&out->items[out->n++], "event we do not use");
    }
    return arena->failed ? FN_NO_MEMORY : FN_OK;
}

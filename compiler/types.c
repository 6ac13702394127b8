/* types.c: types, interned so that equal types are equal pointers, and what fits where.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

const struct fcc_type fcc_t_error = {.cls = FCC_C_ERROR}, fcc_t_void = {.cls = FCC_C_VOID},
                      fcc_t_none = {.cls = FCC_C_NONE};
#define BASIC(name, BASE) const struct fcc_type fcc_t_##name = {.cls = FCC_C_BASIC, .basic = FGR_T_##BASE}
BASIC(bool, BOOL);
BASIC(int, INT);
BASIC(number, NUMBER);
BASIC(money, MONEY);
BASIC(text, TEXT);
BASIC(date, DATE);
BASIC(time, TIME);
BASIC(datetime, DATETIME);
BASIC(duration, DURATION);
BASIC(phone, PHONE);
BASIC(email, EMAIL);
BASIC(url, URL);
BASIC(image, IMAGE);
BASIC(audio, AUDIO);
BASIC(video, VIDEO);
BASIC(document, DOCUMENT);
BASIC(location, LOCATION);
BASIC(json, JSON);

enum { TEXT_MOST = 65536, DEEPEST = 64 };

static const struct fcc_type *const basics[] = {
    [FGR_T_BOOL] = &fcc_t_bool,         [FGR_T_INT] = &fcc_t_int,           [FGR_T_NUMBER] = &fcc_t_number,
    [FGR_T_MONEY] = &fcc_t_money,       [FGR_T_TEXT] = &fcc_t_text,         [FGR_T_DATE] = &fcc_t_date,
    [FGR_T_TIME] = &fcc_t_time,         [FGR_T_DATETIME] = &fcc_t_datetime, [FGR_T_DURATION] = &fcc_t_duration,
    [FGR_T_PHONE] = &fcc_t_phone,       [FGR_T_EMAIL] = &fcc_t_email,       [FGR_T_URL] = &fcc_t_url,
    [FGR_T_IMAGE] = &fcc_t_image,       [FGR_T_AUDIO] = &fcc_t_audio,       [FGR_T_VIDEO] = &fcc_t_video,
    [FGR_T_DOCUMENT] = &fcc_t_document, [FGR_T_LOCATION] = &fcc_t_location, [FGR_T_JSON] = &fcc_t_json,
};

bool fcc_same(const struct fcc_type *a, const struct fcc_type *b)
{
    while (a != b) {
        if (a->cls != b->cls || a->basic != b->basic || a->decl != b->decl || a->elem == NULL || b->elem == NULL) {
            return a->cls == b->cls && a->basic == b->basic && a->decl == b->decl && a->elem == b->elem;
        }
        a = a->elem;
        b = b->elem;
    }
    return true;
}

/* The one type equal to *t. Its key is its bytes: memset makes the padding equal too. */
static const struct fcc_type *intern(struct ctx *c, struct fcc_type t)
{
    struct fcc_type key;
    memset(&key, 0, sizeof key);
    key.cls = t.cls;
    key.basic = t.basic;
    key.bound = t.bound;
    key.elem = t.elem;
    key.decl = t.decl;
    struct fn_str bytes = {(const char *)&key, sizeof key};
    const struct name *n = sema_name(c, &c->types, bytes, false);
    if (n == NULL) {
        struct fn_str kept = fn_arena_dup(c->arena, bytes);
        n = kept.p != NULL ? sema_name(c, &c->types, kept, true) : NULL;
    }
    c->full |= n == NULL;
    return n != NULL ? (const struct fcc_type *)(const void *)n->text.p : &fcc_t_error;
}

const struct fcc_type *sema_type_text(struct ctx *c, uint64_t bound)
{
    if (bound == 0 || bound > TEXT_MOST) {
        return &fcc_t_text;
    }
    /* Every text that is written has a type of this kind, and few lengths are common: the last one of each slot is kept at hand. */
    const struct fcc_type **kept = &c->texts[bound % SEMA_TEXTS];
    if (*kept == NULL || (*kept)->bound != bound) {
        *kept = intern(c, (struct fcc_type){.cls = FCC_C_BASIC, .basic = FGR_T_TEXT, .bound = (uint32_t)bound});
    }
    return *kept;
}

const struct fcc_type *sema_type_list(struct ctx *c, const struct fcc_type *elem, uint32_t bound)
{
    return sema_is_error(elem) ? elem : intern(c, (struct fcc_type){.cls = FCC_C_LIST, .elem = elem, .bound = bound});
}

const struct fcc_type *sema_type_map(struct ctx *c, const struct fcc_type *elem)
{
    return sema_is_error(elem) ? elem : intern(c, (struct fcc_type){.cls = FCC_C_MAP, .elem = elem});
}

const struct fcc_type *sema_type_option(struct ctx *c, const struct fcc_type *elem)
{
    bool as_is =
        elem->cls == FCC_C_ERROR || elem->cls == FCC_C_OPTION || elem->cls == FCC_C_VOID || elem->cls == FCC_C_NONE;
    return as_is ? elem : intern(c, (struct fcc_type){.cls = FCC_C_OPTION, .elem = elem});
}

const struct fcc_type *sema_open(const struct fcc_type *t)
{
    return t->cls == FCC_C_OPTION ? t->elem : t;
}

static bool is_type(const struct fcc_sym *s)
{
    return s->kind == FCC_S_ENUM || s->kind == FCC_S_RECORD || s->kind == FCC_S_TABLE;
}

/* `br.Endereco`: a type of a module. */
static struct fcc_sym *qualified(struct ctx *c, const struct fgr_node *n)
{
    const char *dot = memchr(n->text.p, '.', n->text.n);
    if (dot == NULL) {
        return NULL;
    }
    struct fn_str module = {n->text.p, (size_t)(dot - n->text.p)};
    struct fn_str name = {dot + 1, n->text.n - module.n - 1};
    struct fcc_sym *m = sema_lookup(c, NS_VALUE, module);
    if (m == NULL || m->kind != FCC_S_MODULE || m->index >= c->p->n_trees) {
        return NULL;
    }
    m->uses++;
    const struct name *found = sema_name(c, &c->tables[m->index], name, false);
    return found != NULL ? found->in[NS_VALUE] : NULL;
}

static const struct fcc_type *named(struct ctx *c, struct fgr_node *n)
{
    struct fcc_sym *s = qualified(c, n);
    if (s == NULL) {
        s = sema_find(c, NS_VALUE, n, n->text, FGR_D_TYPE_UNKNOWN, is_type);
    } else if (!is_type(s)) {
        sema_name_diag(c, FGR_D_TYPE_UNKNOWN, n);
        return &fcc_t_error;
    }
    n->sym = s;
    return s != NULL ? sema_type_of_decl(c, s) : &fcc_t_error;
}

static const struct fcc_type *generic(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *args = n->kid[FGR_TYPE_args];
    bool map = n->aux == FGR_T_MAP;
    uint32_t wanted = map ? 2 : 1;
    if (args == NULL || args->n_items != wanted) {
        struct fn_diag *d = sema_diag(c, FGR_D_TYPE_ARGS, n);
        sema_arg(d, "form", map ? FN_STR("map<text, T>") : FN_STR("list<T>"));
        return &fcc_t_error;
    }
    if (map && !sema_is_basic(sema_type_node(c, args->items[0]), FGR_T_TEXT)) {
        sema_arg(sema_diag(c, FGR_D_TYPE_ARGS, args->items[0]), "form", FN_STR("map<text, T>"));
    }
    const struct fcc_type *elem = sema_type_node(c, args->items[wanted - 1]);
    return map ? sema_type_map(c, elem)
               : sema_type_list(c, elem, n->num > 0 && n->num < TEXT_MOST ? (uint32_t)n->num : 0);
}

const struct fcc_type *sema_type_node(struct ctx *c, struct fgr_node *n)
{
    const struct fcc_type *t = &fcc_t_error;
    if (n == NULL || n->kind != FGR_TYPE || c->depth > DEEPEST) {
        return t;
    }
    c->depth++;
    if (n->aux == FGR_T_NAMED) {
        t = named(c, n);
    } else if (n->aux == FGR_T_LIST || n->aux == FGR_T_MAP) {
        t = generic(c, n);
    } else if (n->aux == FGR_T_TEXT) {
        t = sema_type_text(c, n->num > 0 ? (uint64_t)n->num : 0);
    } else if (n->aux < FN_COUNT(basics)) {
        t = basics[n->aux];
    }
    c->depth--;
    if ((n->flags & FGR_OPTIONAL) != 0) {
        t = sema_type_option(c, t);
    }
    n->type = t;
    return t;
}

static uint32_t list_most(const struct fcc_type *list)
{
    return list->bound != 0 ? list->bound : SEMA_LIST;
}

const struct fcc_type *sema_widest(struct ctx *c, const struct fcc_type *a, const struct fcc_type *b)
{
    if (a == b) {
        return a;
    }
    if (sema_is_textual(a) && sema_is_textual(b)) {
        uint64_t x = sema_text_max(a), y = sema_text_max(b);
        return sema_type_text(c, x == 0 || y == 0 ? 0 : x > y ? x : y);
    }
    if (a->cls != b->cls || a->elem == NULL || b->elem == NULL) {
        return a;
    }
    const struct fcc_type *elem = sema_widest(c, a->elem, b->elem);
    return a->cls == FCC_C_LIST  ? sema_type_list(c, elem, list_most(a) > list_most(b) ? a->bound : b->bound)
           : a->cls == FCC_C_MAP ? sema_type_map(c, elem)
                                 : sema_type_option(c, elem);
}

bool sema_is_textual(const struct fcc_type *t)
{
    return t->cls == FCC_C_BASIC &&
           (t->basic == FGR_T_TEXT || t->basic == FGR_T_PHONE || t->basic == FGR_T_EMAIL || t->basic == FGR_T_URL);
}

bool sema_is_numeric(const struct fcc_type *t)
{
    return sema_is_basic(t, FGR_T_INT) || sema_is_basic(t, FGR_T_NUMBER);
}

bool sema_is_media(const struct fcc_type *t)
{
    return t->cls == FCC_C_BASIC && t->basic >= FGR_T_IMAGE && t->basic <= FGR_T_LOCATION;
}

bool sema_fits(const struct fcc_type *want, const struct fcc_type *got)
{
    if (sema_is_error(want) || sema_is_error(got) || fcc_same(want, got)) {
        return true;
    }
    if (want->cls == FCC_C_OPTION) {
        return got->cls == FCC_C_NONE || (got->cls != FCC_C_OPTION && sema_fits(want->elem, got));
    }
    if (sema_is_basic(want, FGR_T_NUMBER)) {
        return sema_is_basic(got, FGR_T_INT);
    }
    return sema_is_basic(want, FGR_T_TEXT) && sema_is_textual(got);
}

uint32_t sema_n_fields(const struct fcc_type *record, struct fgr_node ***fields)
{
    const struct fgr_node *decl = record->cls == FCC_C_RECORD && record->decl != NULL ? record->decl->decl : NULL;
    const struct fgr_node *list =
        decl == NULL ? NULL : decl->kid[decl->kind == FGR_TABLE ? FGR_TABLE_fields : FGR_RECORD_fields];
    *fields = list != NULL ? list->items : NULL;
    return list != NULL ? list->n_items : 0;
}

struct fcc_sym *sema_field(const struct fcc_type *record, struct fn_str name)
{
    return record->cls == FCC_C_RECORD && record->decl != NULL ? sema_part(record->decl, name) : NULL;
}

unsigned sema_type_taint(const struct fcc_type *t)
{
    while (t->elem != NULL) {
        t = t->elem;
    }
    return t->cls == FCC_C_RECORD && t->decl != NULL ? sema_sym(t->decl)->taint : 0;
}

static uint64_t members_max(const struct fcc_type *t)
{
    const struct fgr_node *decl = t->decl->decl;
    uint64_t most = 1;
    for (uint32_t i = 0; decl != NULL && i < decl->kid[FGR_ENUM_members]->n_items; i++) {
        const struct fgr_node *m = decl->kid[FGR_ENUM_members]->items[i], *label = m->kid[FGR_MEMBER_label];
        uint64_t n = label != NULL ? label->text.n : m->text.n;
        most = n > most ? n : most;
    }
    return most;
}

/* Widths of what the natives show_* print (stdlib/show*.c), rounded up. */
uint64_t sema_text_max(const struct fcc_type *t)
{
    t = sema_open(t);
    if (t->cls == FCC_C_ENUM) {
        return members_max(t);
    }
    switch (t->basic) {
    case FGR_T_TEXT: return t->bound;
    case FGR_T_BOOL: return 5;
    case FGR_T_INT: return 26;
    case FGR_T_NUMBER: return 40;
    case FGR_T_MONEY: return 32;
    case FGR_T_DATE: return 10;
    case FGR_T_TIME: return 8;
    case FGR_T_DATETIME: return 48;
    case FGR_T_DURATION: return 48;
    case FGR_T_PHONE: return 20;
    case FGR_T_EMAIL: return 254;
    case FGR_T_URL: return 2048;
    case FGR_T_NAMED:
    case FGR_T_IMAGE:
    case FGR_T_AUDIO:
    case FGR_T_VIDEO:
    case FGR_T_DOCUMENT:
    case FGR_T_LOCATION:
    case FGR_T_JSON:
    case FGR_T_LIST:
    case FGR_T_MAP: break;
    }
    return 0;
}

static uint64_t capped(uint64_t v)
{
    const uint64_t cap = (uint64_t)1 << 40;
    return v > cap ? cap : v;
}

static uint64_t bytes_at(const struct fcc_type *t, unsigned depth);

static uint64_t record_bytes(const struct fcc_type *t, unsigned depth)
{
    struct fgr_node **fields;
    uint32_t n = sema_n_fields(t, &fields);
    uint64_t sum = 8;
    for (uint32_t i = 0; i < n; i++) {
        sum = capped(sum + (fields[i]->type != NULL ? bytes_at(fields[i]->type, depth + 1) : 8));
    }
    return sum;
}

/* A slot of 8 bytes, and what it refers to: a text has its length before it and up to 4 bytes a code point. */
static uint64_t bytes_at(const struct fcc_type *t, unsigned depth)
{
    if (depth > DEEPEST) {
        return 8;
    }
    if (t->cls == FCC_C_OPTION) {
        return capped(8 + bytes_at(t->elem, depth + 1));
    }
    if (t->cls == FCC_C_LIST || t->cls == FCC_C_MAP) {
        uint64_t key = t->cls == FCC_C_MAP ? 8 + 16 + TEXT_MOST : 0; /* nothing bounds the keys of a map */
        return capped(16 + list_most(t) * (key + bytes_at(t->elem, depth + 1)));
    }
    if (t->cls == FCC_C_RECORD) {
        return capped(8 + record_bytes(t, depth));
    }
    if (sema_is_textual(t)) {
        uint64_t points = sema_text_max(t);
        return 16 + (points != 0 && 4 * points < TEXT_MOST ? 4 * points : TEXT_MOST);
    }
    return sema_is_media(t) || sema_is_basic(t, FGR_T_JSON) ? 16 + TEXT_MOST : 8;
}

/* In a variable or a register a number has up to 10 bytes, and a bit says that it is there. */
uint64_t sema_bytes_max(const struct fcc_type *t)
{
    return 3 + bytes_at(t, 0);
}

/* emit_type.c: types of the source as types of the image.
 *
 * The machine treats scalars of one representation alike but wants equal types for what is composed, so everything inside an option, list
 * or map is written without bounds of texts, and all lists of a program share one bound. Bounds of texts stay on globals and on fields;
 * a global has a second type beside it with every bound, by which what comes from outside is judged and migrations are (struct fbc_global).
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

#include "sema.h"

static const uint8_t kinds[] = {
    [FGR_T_BOOL] = FBC_T_BOOL,         [FGR_T_INT] = FBC_T_INT,           [FGR_T_NUMBER] = FBC_T_NUMBER,
    [FGR_T_MONEY] = FBC_T_MONEY,       [FGR_T_TEXT] = FBC_T_TEXT,         [FGR_T_DATE] = FBC_T_DATE,
    [FGR_T_TIME] = FBC_T_TIME,         [FGR_T_DATETIME] = FBC_T_DATETIME, [FGR_T_DURATION] = FBC_T_DURATION,
    [FGR_T_PHONE] = FBC_T_PHONE,       [FGR_T_EMAIL] = FBC_T_EMAIL,       [FGR_T_URL] = FBC_T_URL,
    [FGR_T_IMAGE] = FBC_T_IMAGE,       [FGR_T_AUDIO] = FBC_T_AUDIO,       [FGR_T_VIDEO] = FBC_T_VIDEO,
    [FGR_T_DOCUMENT] = FBC_T_DOCUMENT, [FGR_T_LOCATION] = FBC_T_LOCATION, [FGR_T_JSON] = FBC_T_JSON,
};

bool emit_is(const struct fcc_type *t, enum fgr_type basic)
{
    return t->cls == FCC_C_BASIC && t->basic == basic;
}

bool emit_is_option(const struct fcc_type *t)
{
    return t->cls == FCC_C_OPTION;
}

bool emit_is_plain(const struct emit *e, uint16_t type)
{
    if (type == e->t_bool || type == e->t_int || type == e->t_number) {
        return true;
    }
    for (uint32_t i = 0; i < e->n_types; i++) {
        if (e->types[i].index == type) {
            enum fbc_repr repr = emit_repr(e->types[i].type);
            return repr == FBC_REPR_I || repr == FBC_REPR_F || repr == FBC_REPR_B;
        }
    }
    return false;
}

bool emit_is_media(const struct fcc_type *t)
{
    return t->cls == FCC_C_BASIC && t->basic >= FGR_T_IMAGE && t->basic <= FGR_T_LOCATION;
}

enum fbc_repr emit_repr(const struct fcc_type *t)
{
    switch (t->cls) {
    case FCC_C_ENUM: return FBC_REPR_I;
    case FCC_C_RECORD: return FBC_REPR_R;
    case FCC_C_LIST: return FBC_REPR_L;
    case FCC_C_MAP: return FBC_REPR_M;
    case FCC_C_OPTION: return FBC_REPR_O;
    case FCC_C_BASIC: break;
    case FCC_C_ERROR:
    case FCC_C_VOID:
    case FCC_C_NONE: return FBC_REPR_O;
    }
    switch (t->basic) {
    case FGR_T_BOOL: return FBC_REPR_B;
    case FGR_T_NUMBER: return FBC_REPR_F;
    case FGR_T_INT:
    case FGR_T_MONEY:
    case FGR_T_DATE:
    case FGR_T_TIME:
    case FGR_T_DATETIME:
    case FGR_T_DURATION: return FBC_REPR_I;
    case FGR_T_NAMED:
    case FGR_T_TEXT:
    case FGR_T_PHONE:
    case FGR_T_EMAIL:
    case FGR_T_URL:
    case FGR_T_IMAGE:
    case FGR_T_AUDIO:
    case FGR_T_VIDEO:
    case FGR_T_DOCUMENT:
    case FGR_T_LOCATION:
    case FGR_T_JSON:
    case FGR_T_LIST:
    case FGR_T_MAP: break;
    }
    return FBC_REPR_T;
}

bool emit_is_text(const struct fcc_type *t)
{
    return t->cls == FCC_C_BASIC && emit_repr(t) == FBC_REPR_T;
}

const struct fcc_type *emit_open(const struct fcc_type *t)
{
    return t->cls == FCC_C_OPTION ? t->elem : t;
}

const struct fgr_node *emit_fields(const struct fcc_type *record)
{
    const struct fgr_node *decl = record->decl->decl;
    return decl->kid[decl->kind == FGR_TABLE ? FGR_TABLE_fields : FGR_RECORD_fields];
}

const struct fcc_type *emit_field_type(const struct fgr_node *field)
{
    if (field->type != NULL) {
        return field->type;
    }
    if (field->sym != NULL && field->sym->type != NULL) {
        return field->sym->type;
    }
    return field->kid[0]->type; /* TYPE of FIELD and PARAM */
}

static uint16_t build_enum(struct emit *e, const struct fcc_type *t)
{
    const struct fgr_node *members = t->decl->decl->kid[FGR_ENUM_members];
    struct fn_str *names = fn_arena_array(e->arena, members->n_items + 1u, sizeof *names);
    if (names == NULL) {
        emit_fail(e, FN_NO_MEMORY, "no memory");
        return 0;
    }
    for (uint32_t i = 0; i < members->n_items; i++) {
        names[i] = members->items[i]->text;
    }
    return fbc_build_enum(e->b, t->decl->name, names, members->n_items);
}

static uint16_t build_fields(struct emit *e, struct fn_str name, const struct fgr_node *list,
                             uint16_t (*type_of)(struct emit *e, const struct fcc_type *t))
{
    struct fbc_field *fields = fn_arena_array(e->arena, list->n_items + 1u, sizeof *fields);
    if (fields == NULL) {
        emit_fail(e, FN_NO_MEMORY, "no memory");
        return 0;
    }
    for (uint32_t i = 0; i < list->n_items; i++) {
        fields[i].name = list->items[i]->text;
        fields[i].type = type_of(e, emit_field_type(list->items[i]));
    }
    return fbc_build_record(e->b, name, fields, list->n_items);
}

uint16_t emit_record_of(struct emit *e, struct fn_str name, const struct fgr_node *params)
{
    return build_fields(e, name, params, emit_type_held);
}

static uint16_t build_type(struct emit *e, const struct fcc_type *t)
{
    switch (t->cls) {
    case FCC_C_BASIC: return fbc_build_type(e->b, (enum fbc_type_kind)kinds[t->basic], 0);
    case FCC_C_ENUM: return build_enum(e, t);
    case FCC_C_RECORD: return build_fields(e, t->decl->name, emit_fields(t), emit_type_held);
    case FCC_C_LIST: return fbc_build_type_of(e->b, FBC_T_LIST, emit_type(e, t->elem), e->list_bound);
    case FCC_C_MAP: return fbc_build_type_of(e->b, FBC_T_MAP, emit_type(e, t->elem), 0);
    case FCC_C_OPTION: return fbc_build_type_of(e->b, FBC_T_OPTION, emit_type(e, t->elem), 0);
    case FCC_C_VOID:
    case FCC_C_NONE:
    case FCC_C_ERROR: break;
    }
    return e->t_bool; /* a place for a value nobody reads */
}

uint16_t emit_type(struct emit *e, const struct fcc_type *t)
{
    for (uint32_t i = 0; i < e->n_types; i++) {
        if (e->types[i].type == t) {
            return e->types[i].index;
        }
    }
    uint16_t index = build_type(e, t);
    if (e->n_types == e->cap_types) {
        uint32_t cap = e->cap_types == 0 ? 64 : 2 * e->cap_types;
        struct emit_type_row *rows = fn_arena_array(e->arena, cap, sizeof *rows);
        if (rows == NULL) {
            emit_fail(e, FN_NO_MEMORY, "no memory");
            return index;
        }
        if (e->n_types > 0) {
            memcpy(rows, e->types, e->n_types * sizeof *rows);
        }
        e->types = rows;
        e->cap_types = cap;
    }
    e->types[e->n_types++] = (struct emit_type_row){t, index};
    return index;
}

uint16_t emit_type_held(struct emit *e, const struct fcc_type *t)
{
    if (emit_is(t, FGR_T_TEXT) && t->bound != 0) {
        return fbc_build_type(e->b, FBC_T_TEXT, t->bound);
    }
    return emit_type(e, t);
}

static uint16_t build_bounded(struct emit *e, const struct fcc_type *t)
{
    uint16_t elem = t->elem != NULL ? build_bounded(e, t->elem) : FBC_NO_TYPE;
    switch (t->cls) {
    case FCC_C_LIST: return fbc_build_type_of(e->b, FBC_T_LIST, elem, emit_items_most(t));
    case FCC_C_MAP: return fbc_build_type_of(e->b, FBC_T_MAP, elem, emit_items_most(t));
    case FCC_C_OPTION: return fbc_build_type_of(e->b, FBC_T_OPTION, elem, 0);
    case FCC_C_RECORD: return build_fields(e, t->decl->name, emit_fields(t), build_bounded);
    case FCC_C_BASIC:
        return fbc_build_type(e->b, (enum fbc_type_kind)kinds[t->basic],
                              emit_is_text(t) ? (uint32_t)sema_text_max(t) : 0);
    case FCC_C_ENUM:
    case FCC_C_VOID:
    case FCC_C_NONE:
    case FCC_C_ERROR: break;
    }
    return emit_type(e, t);
}

uint16_t emit_global(struct emit *e, struct fn_str name, const struct fcc_type *t, unsigned flags)
{
    return fbc_build_global_held(e->b, name, emit_type_held(e, t), flags, build_bounded(e, t));
}

uint16_t emit_some(struct emit *e, const struct fcc_type *t)
{
    return emit_is_option(t) ? emit_type(e, t) : fbc_build_type_of(e->b, FBC_T_OPTION, emit_type(e, t), 0);
}

/* -- JSON Schema ------------------------------------------------------------------------------------------------------------------ */

/* The schema is made from an image, so the type is put into one of its own, with the least that an image must have. */
static void schema_image(struct emit *to, const struct fcc_type *t, uint16_t *type)
{
    struct fbc_build *b = to->b;
    const uint32_t init[] = {fbc_word(FBC_OP_RETV, 0, 0, 0)};
    const uint32_t body[] = {fbc_word(FBC_OP_END, 0, 0, 0)};
    struct fbc_build_info info = {FN_STR("schema"), FN_STR(""), FN_STR("UTC"), FN_STR("en"), FN_STR("BRL"),
                                  FN_STR("en"),     0};
    fbc_build_info(b, &info);
    to->t_bool = fbc_build_type(b, FBC_T_BOOL, 0);
    *type = emit_type(to, t);
    uint16_t f0 = fbc_build_func(b, FN_STR("init"), 0, NULL, FBC_NO_TYPE, 0);
    uint16_t f1 = fbc_build_func(b, FN_STR("stage:s"), 0, NULL, FBC_NO_TYPE, 1);
    fbc_build_body(b, f0, NULL, 0, init, 1, NULL, 0);
    fbc_build_body(b, f1, NULL, 0, body, 1, NULL, 0);
    fbc_build_stage_func(b, fbc_build_stage(b, FN_STR("s")), f1);
}

struct fn_str emit_schema(struct emit *e, const struct fcc_type *record)
{
    struct emit to = {.p = e->p, .arena = e->arena, .err = e->err, .list_bound = e->list_bound, .b = fbc_build_new()};
    struct fn_buf bytes, text;
    fn_buf_init(&bytes, 8u << 20);
    fn_buf_init(&text, EMIT_TEXT_MAX);
    struct fn_str out = FN_STR("{}");
    const struct fbc_image *im = NULL;
    struct fbc_fault fault;
    uint16_t type = 0;
    if (to.b == NULL) {
        emit_fail(e, FN_NO_MEMORY, "no memory");
        return out;
    }
    schema_image(&to, record, &type);
    enum fn_code code = fbc_build_finish(to.b, &bytes, e->err);
    if (code == FN_OK) {
        code = fbc_verify(fn_buf_view(&bytes), FBC_ALLOW_ALL, &im, &fault);
    }
    if (code == FN_OK) {
        fbc_json_schema(&text, im, type);
        out = fn_arena_dup(e->arena, fn_buf_view(&text));
    }
    if (code != FN_OK || text.failed) {
        emit_fail(e, code != FN_OK ? code : FN_LIMIT, "the JSON Schema of %.*s is too large",
                  FN_STR_ARG(record->decl->name));
    }
    fbc_image_free(im);
    fbc_build_free(to.b);
    fn_buf_fini(&bytes);
    fn_buf_fini(&text);
    return out;
}

/* rows_value.c: the rows of INFO, FIELDS, TYPES, ITEMS and CONSTS (rules M2, M3).
 * SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

bool verify_info(struct verify *v, struct fn_reader *r, uint32_t i)
{
    (void)i; /* the one row */
    struct fbc_image *im = v->im;
    struct fn_str *const names[] = {&im->name, &im->title, &im->timezone, &im->locale, &im->currency, &im->language};
    for (size_t k = 0; k < FN_COUNT(names); k++) {
        if (!verify_text(v, r, FBC_LIMIT_NAME, names[k])) {
            return false;
        }
    }
    im->budget = fn_read_u32(r);
    return true;
}

bool verify_field(struct verify *v, struct fn_reader *r, uint32_t i)
{
    if (!verify_name(v, r, &v->fields[i].name)) {
        return false;
    }
    v->fields[i].type = fn_read_u16(r);
    return true;
}

static int compare_fields(const struct verify *v, uint32_t i, uint32_t j)
{
    return fn_str_cmp(v->fields[i].name, v->fields[j].name);
}

/* Adds a part's depth and size to its user's. */
static bool add_part(struct verify *v, struct fbc_type *t, uint16_t part, uint32_t i)
{
    if (part >= i) {
        return verify_fault(v, "M2", "its part %u does not stand above it", (unsigned)part);
    }
    const struct fbc_type *p = &v->types[part];
    t->depth = t->depth > p->depth + 1 ? t->depth : (uint8_t)(p->depth + 1);
    t->nodes += p->nodes; /* at most FBC_FIELDS_MAX times a limited number */
    return true;
}

static bool check_fields(struct verify *v, struct fbc_type *t, uint32_t i)
{
    uint32_t first;
    unsigned max = t->kind == FBC_T_RECORD ? FBC_FIELDS_MAX : FBC_LIMIT_MEMBERS;
    if (t->n > max || (t->n == 0 && t->kind == FBC_T_ENUM)) {
        return verify_fault(v, "M2", "%u fields or members", (unsigned)t->n);
    }
    if (!verify_take(v, FBC_S_FIELDS, t->n, &first)) {
        return false;
    }
    t->fields = v->fields + first;
    t->nodes += t->kind == FBC_T_ENUM ? t->n : 0;
    for (unsigned k = 0; k < t->n; k++) {
        uint16_t part = t->fields[k].type;
        if (t->kind == FBC_T_RECORD ? !add_part(v, t, part, i)
                                    : part != FBC_NO_TYPE && !verify_fault(v, "M2", "member %u has a type", k)) {
            return false;
        }
        v->field_own[first + k] = t->kind == FBC_T_RECORD ? v->own[part] : FBC_NO_TYPE;
    }
    return verify_unique(v, first, t->n, compare_fields, "M2", "names of fields");
}

static bool check_parts(struct verify *v, struct fbc_type *t, uint32_t i)
{
    bool has_elem = t->kind == FBC_T_LIST || t->kind == FBC_T_MAP || t->kind == FBC_T_OPTION;
    bool has_fields = t->kind == FBC_T_RECORD || t->kind == FBC_T_ENUM;
    bool has_bound = t->repr == FBC_REPR_T || t->kind == FBC_T_LIST || t->kind == FBC_T_MAP;
    if ((!has_elem && t->elem != FBC_NO_TYPE) || (!has_fields && (t->n != 0 || t->name.n != 0)) ||
        (!has_bound && t->bound != 0)) {
        return verify_fault(v, "M2", "%s has an element, fields, a name or a bound that it cannot have",
                            fbc_kind_name(t->kind));
    }
    t->nodes = 1;
    t->depth = has_elem || t->kind == FBC_T_RECORD;
    if ((has_elem && !add_part(v, t, t->elem, i)) || (has_fields && !check_fields(v, t, i))) {
        return false;
    }
    if (t->depth > FBC_TYPE_DEPTH_MAX || t->nodes > FBC_LIMIT_TYPE_NODES) {
        return verify_fault(v, "M2", "%u deep and %u nodes large", (unsigned)t->depth, (unsigned)t->nodes);
    }
    return true;
}

bool verify_type(struct verify *v, struct fn_reader *r, uint32_t i)
{
    struct fbc_type *t = &v->types[i];
    t->kind = fn_read_u8(r);
    uint8_t reserved = fn_read_u8(r);
    t->elem = fn_read_u16(r);
    t->n = fn_read_u16(r);
    t->bound = fn_read_u32(r);
    if (!verify_text(v, r, FBC_LIMIT_NAME, &t->name)) {
        return false;
    }
    if (!fbc_kind_known(t->kind) || reserved != 0) {
        return verify_fault(v, "M2", "no kind %u", t->kind + (reserved << 8));
    }
    t->repr = (uint8_t)fbc_kind_repr(t->kind);
    bool shared = t->kind < FBC_T_ENUM;
    v->own[i] = shared ? t->repr : (uint16_t)(VERIFY_SHARED + i);
    v->wide[i] = t->kind == FBC_T_ENUM ? FBC_REPR_I : v->own[i];
    return check_parts(v, t, i);
}
static_assert((int)FBC_REPR_T < (int)VERIFY_SHARED, "the representations of scalars are the first");

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_types(const struct verify *v, uint32_t i, uint32_t j)
{
    const struct fbc_type *a = &v->types[i], *b = &v->types[j];
    int order = compare_numbers(a->kind, b->kind);
    order = order != 0 ? order : compare_numbers(a->elem, b->elem);
    order = order != 0 ? order : compare_numbers(a->bound, b->bound);
    order = order != 0 ? order : compare_numbers(a->n, b->n);
    order = order != 0 ? order : fn_str_cmp(a->name, b->name);
    for (unsigned k = 0; order == 0 && k < a->n; k++) {
        order = compare_numbers(a->fields[k].type, b->fields[k].type);
        order = order != 0 ? order : fn_str_cmp(a->fields[k].name, b->fields[k].name);
    }
    return order;
}

/* Types are compared by index from here on, so equal ones must be one. */
bool verify_types_end(struct verify *v)
{
    return verify_unique(v, 0, v->im->n_types, compare_types, "M2", "types");
}

bool verify_item(struct verify *v, struct fn_reader *r, uint32_t i)
{
    v->items[i] = fn_read_u32(r);
    return true;
}

static bool check_list(struct verify *v, struct fbc_const *c, const struct fbc_type *t, uint32_t i)
{
    uint32_t first;
    if (v->types[t->elem].repr != FBC_REPR_T || c->n > FBC_LIMIT_LIST) {
        return verify_fault(v, "M3", "a list of %u that are not all texts", (unsigned)c->n);
    }
    if (!verify_take(v, FBC_S_ITEMS, c->n, &first)) {
        return false;
    }
    c->items = v->items + first;
    for (uint32_t k = 0; k < c->n; k++) {
        uint32_t item = c->items[k];
        if (item >= i || !verify_accepts(v, t->elem, v->consts[item].type)) {
            return verify_fault(v, "M3", "item %u is no text constant above it", (unsigned)k);
        }
    }
    return true;
}

static bool read_bits(struct verify *v, struct fn_reader *r, struct fbc_const *c, const struct fbc_type *t)
{
    uint64_t bits = fn_read_u64(r);
    if (t->repr == FBC_REPR_F) {
        memcpy(&c->f, &bits, sizeof c->f);
        return c->f == c->f || bits == FBC_CANONICAL_NAN ||
               verify_fault(v, "M3", "a not-a-number that is not the canonical one");
    }
    c->i = (int64_t)bits;
    if ((t->repr == FBC_REPR_B && bits > 1) || (t->kind == FBC_T_ENUM && bits >= t->n)) {
        return verify_fault(v, "M3", "%s constant out of range", fbc_kind_name(t->kind));
    }
    return true;
}

bool verify_const(struct verify *v, struct fn_reader *r, uint32_t i)
{
    struct fbc_const *c = &v->consts[i];
    c->type = fn_read_u16(r);
    if (c->type >= v->im->n_types) {
        return verify_fault(v, "M3", "no type %u", (unsigned)c->type);
    }
    const struct fbc_type *t = &v->types[c->type];
    switch ((enum fbc_repr)t->repr) {
    case FBC_REPR_I:
    case FBC_REPR_F:
    case FBC_REPR_B: return read_bits(v, r, c, t);
    case FBC_REPR_T: return verify_text(v, r, FBC_LIMIT_TEXT, &c->text);
    case FBC_REPR_L: c->n = fn_read_u32(r); return check_list(v, c, t, i);
    case FBC_REPR_M:
    case FBC_REPR_R:
    case FBC_REPR_O: break;
    }
    return verify_fault(v, "M3", "no constants of type %s", fbc_kind_name(t->kind));
}

bool verify_consts_end(struct verify *v)
{
    size_t n = v->sections[FBC_S_CONSTS].length;
    return n <= FBC_LIMIT_CONST_BYTES || verify_fault(v, "M1", "%zu bytes of constants", n);
}

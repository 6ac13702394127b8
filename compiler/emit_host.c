/* emit_host.c: calls of the outside that give a value or fail: http, extract, classify, write, find, `as`.
 *
 * Each leaves an option: none is failure. Secrets are never in the machine: a text for the outside carries U+0001 name U+0001 where the
 * host puts the value in. What a customer wrote could imitate that, so every other piece of such a text loses its U+0001 first (URLs
 * are percent-encoded and JSON escapes it: nothing to take out there).
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

enum { TIMEOUT_MS = 10000, TEXTS_MAX = 1000, SECRETS_MAX = 16 };

bool emit_is_fallible(const struct fgr_node *n)
{
    return n->kind == FGR_HTTP || n->kind == FGR_EXTRACT || n->kind == FGR_WRITE || n->kind == FGR_FIND ||
           n->kind == FGR_AS || (n->kind == FGR_CLASSIFY && n->kid[FGR_CLASSIFY_arms]->n_items == 0);
}

unsigned emit_agent_name(struct emit *e, const struct fgr_node *agent, unsigned dest)
{
    emit_load_text(e, dest, agent != NULL ? agent->text : FN_STR(""));
    return dest;
}

/* -- texts for the outside ---------------------------------------------------------------------------------------------------------- */

static bool is_secret(const struct fgr_node *n)
{
    return n->kind == FGR_NAME && n->sym != NULL && n->sym->kind == FCC_S_SECRET;
}

static void clean(struct emit *e, unsigned reg)
{
    unsigned w = emit_native(e, FBC_NATIVE_text_replace, e->t_text);
    emit_op(e, FBC_OP_MOV, w + 1, reg, 0);
    emit_load_text(e, w + 2, FN_STR("\x01"));
    emit_load_text(e, w + 3, FN_STR(""));
    emit_native_run(e, FBC_NATIVE_text_replace, w);
    emit_op(e, FBC_OP_MOV, reg, w, 0);
}

static void url_encode(struct emit *e, unsigned reg)
{
    unsigned w = emit_native(e, FBC_NATIVE_text_url, e->t_text);
    emit_op(e, FBC_OP_MOV, w + 1, reg, 0);
    emit_native_run(e, FBC_NATIVE_text_url, w);
    emit_op(e, FBC_OP_MOV, reg, w, 0);
}

static void outside_part(struct emit *e, const struct fgr_node *part, bool url, unsigned dest)
{
    emit_show(e, part, dest);
    if (part->kind == FGR_TEXT_PART || is_secret(part)) {
        return;
    }
    if (url) {
        url_encode(e, dest);
    } else {
        clean(e, dest);
    }
}

static void outside_text(struct emit *e, const struct fgr_node *n, bool url, unsigned dest)
{
    unsigned mark = emit_mark(e);
    const struct fgr_node *parts = n->kind == FGR_TEXT ? n->kid[FGR_TEXT_parts] : NULL;
    if (parts == NULL || parts->n_items == 0) {
        emit_show(e, n, dest);
        if (n->kind != FGR_TEXT && !is_secret(n)) {
            clean(e, dest);
        }
        emit_release(e, mark);
        return;
    }
    const uint16_t two[] = {e->t_text, e->t_text};
    unsigned w = emit_window(e, two, 2);
    outside_part(e, parts->items[0], url, w);
    for (uint32_t i = 1; i < parts->n_items; i++) {
        outside_part(e, parts->items[i], url, w + 1);
        emit_op(e, FBC_OP_CAT, w, w, 2);
    }
    emit_op(e, FBC_OP_MOV, dest, w, 0);
    emit_release(e, mark);
}

/* -- http ------------------------------------------------------------------------------------------------------------------------------ */

static void find_secrets(const struct fgr_node *n, const struct fcc_sym **found, unsigned *n_found)
{
    if (n == NULL) {
        return;
    }
    if (is_secret(n) && *n_found < SECRETS_MAX) {
        found[(*n_found)++] = n->sym;
    }
    for (unsigned i = 0; i < n->n_kids; i++) { /* depth: FGR_DEPTH_MAX, by the parser */
        find_secrets(n->kid[i], found, n_found);
    }
    for (uint32_t i = 0; i < n->n_items; i++) {
        find_secrets(n->items[i], found, n_found);
    }
}

/* JSON wrote the marks of the secrets this very body names as \u0001: they become marks again. */
static void unescape_secrets(struct emit *e, const struct fgr_node *body, unsigned json)
{
    const struct fcc_sym *found[SECRETS_MAX];
    unsigned n = 0;
    find_secrets(body, found, &n);
    for (unsigned i = 0; i < n; i++) {
        unsigned w = emit_native(e, FBC_NATIVE_text_replace, e->t_text);
        emit_op(e, FBC_OP_MOV, w + 1, json, 0);
        emit_load_text(e, w + 2, fn_arena_printf(e->arena, "\\u0001%.*s\\u0001", FN_STR_ARG(found[i]->name)));
        emit_load_text(e, w + 3, fn_arena_printf(e->arena, "\x01%.*s\x01", FN_STR_ARG(found[i]->name)));
        emit_native_run(e, FBC_NATIVE_text_replace, w);
        emit_op(e, FBC_OP_MOV, json, w, 0);
    }
}

static void body_into(struct emit *e, const struct fgr_node *body, unsigned dest)
{
    if (emit_is_text(body->type) && !emit_is(body->type, FGR_T_JSON)) {
        outside_text(e, body, false, dest);
        return;
    }
    unsigned json = emit_encode(e, body);
    unescape_secrets(e, body, json);
    emit_op(e, FBC_OP_MOV, dest, json, 0);
}

static void header_into(struct emit *e, const struct fgr_node *pair, unsigned list)
{
    const struct fgr_node *values = pair->kid[FGR_LIST_LIT_values];
    unsigned text = emit_reg(e, e->t_text);
    for (uint32_t i = 0; i < values->n_items; i++) {
        outside_text(e, values->items[i], false, text);
        emit_op(e, FBC_OP_LISTADD, list, text, 0);
    }
}

static void http_props(struct emit *e, const struct fgr_node *props, unsigned w)
{
    emit_op(e, FBC_OP_ZERO, w + 3, 0, 0);
    emit_op(e, FBC_OP_ZERO, w + 4, 0, 0);
    emit_load_int(e, w + 5, TIMEOUT_MS);
    for (uint32_t i = 0; i < props->n_items; i++) {
        const struct fgr_node *prop = props->items[i];
        unsigned mark = emit_mark(e);
        if (prop->aux == FGR_P_HEADER) {
            header_into(e, prop->kid[FGR_PROP_value], w + 3);
        } else if (prop->aux == FGR_P_BODY) {
            body_into(e, prop->kid[FGR_PROP_value], w + 4);
        } else if (prop->aux == FGR_P_TIMEOUT) {
            emit_into(e, prop->kid[FGR_PROP_value], &fcc_t_duration, w + 5);
        }
        emit_release(e, mark);
    }
}

static unsigned http_call(struct emit *e, const struct fgr_node *n)
{
    static const char *const methods[] = {
        [FGR_GET] = "GET", [FGR_POST] = "POST", [FGR_PUT] = "PUT", [FGR_PATCH] = "PATCH", [FGR_HTTP_DELETE] = "DELETE"};
    unsigned w = emit_host(e, FBC_HOST_http, e->t_some_text);
    emit_load_text(e, w + 1, fn_str_c(methods[n->aux]));
    outside_text(e, n->kid[FGR_HTTP_url], true, w + 2);
    http_props(e, n->kid[FGR_HTTP_props], w);
    emit_host_run(e, FBC_HOST_http, w);
    return w;
}

/* -- the others ---------------------------------------------------------------------------------------------------------------------------- */

static unsigned extract_call(struct emit *e, const struct fgr_node *n, const struct fcc_type *t)
{
    unsigned w = emit_host(e, FBC_HOST_extract, e->t_some_text);
    emit_agent_name(e, n->kid[FGR_EXTRACT_agent], w + 1);
    emit_load_text(e, w + 2, t->decl->name);
    emit_load_text(e, w + 3, emit_schema(e, t));
    emit_show(e, n->kid[FGR_EXTRACT_source], w + 4);
    emit_host_run(e, FBC_HOST_extract, w);
    return w;
}

static unsigned write_call(struct emit *e, const struct fgr_node *n)
{
    unsigned w = emit_host(e, FBC_HOST_write, e->t_some_text);
    emit_agent_name(e, n->kid[FGR_WRITE_agent], w + 1);
    emit_show(e, n->kid[FGR_WRITE_value], w + 2);
    emit_host_run(e, FBC_HOST_write, w);
    return w;
}

static unsigned find_call(struct emit *e, const struct fgr_node *n)
{
    unsigned w = emit_host(e, FBC_HOST_find, e->t_some_text);
    emit_load_text(e, w + 1, n->text);
    emit_op(e, FBC_OP_MOV, w + 2, emit_table_key(e, n->kid[FGR_FIND_key]), 0);
    emit_host_run(e, FBC_HOST_find, w);
    return w;
}

/* The index of the label that fits; -1 failed. */
unsigned emit_classify_call(struct emit *e, const struct fgr_node *n, const struct fcc_type *t)
{
    struct fn_str *ids = fn_arena_array(e->arena, TEXTS_MAX, sizeof *ids),
                  *labels = fn_arena_array(e->arena, TEXTS_MAX, sizeof *labels);
    unsigned w = emit_host(e, FBC_HOST_classify, e->t_int);
    if (ids == NULL || labels == NULL) {
        emit_fail(e, FN_NO_MEMORY, "no memory");
        return w;
    }
    unsigned members = emit_enum_texts(t, ids, labels, TEXTS_MAX);
    emit_agent_name(e, n->kid[FGR_CLASSIFY_agent], w + 1);
    emit_load_text(e, w + 2, t->decl->name);
    if (n->kid[FGR_CLASSIFY_subject] != NULL) {
        emit_show(e, n->kid[FGR_CLASSIFY_subject], w + 3);
    } else if (e->unit.in_answer) {
        emit_op(e, FBC_OP_MOV, w + 3, e->unit.message, 0); /* the machine forgets its input at a call */
    } else {
        emit_input(e, w + 3, FBC_IN_TEXT);
    }
    emit_load_texts(e, w + 4, ids, members);
    emit_host_run(e, FBC_HOST_classify, w);
    return w;
}

/* Runs over the members: a machine's enum comes only from a constant of its own type. */
void emit_enum_from(struct emit *e, unsigned index, const struct fcc_type *t, unsigned dest)
{
    uint32_t n = t->decl->decl->kid[FGR_ENUM_members]->n_items;
    uint32_t *labels = fn_arena_array(e->arena, n + 1u, sizeof *labels);
    if (labels == NULL) {
        emit_fail(e, FN_NO_MEMORY, "no memory");
        return;
    }
    uint32_t done = emit_label(e);
    for (uint32_t i = 0; i < n; i++) {
        labels[i] = emit_label(e);
    }
    emit_switch(e, index, labels, n);
    emit_jump(e, done);
    for (uint32_t i = 0; i < n; i++) {
        emit_place(e, labels[i]);
        emit_op16(e, FBC_OP_LOADK, dest, fbc_build_const_int(e->b, emit_type(e, t), i));
        emit_jump(e, done);
    }
    emit_place(e, done);
}

static unsigned classify_value(struct emit *e, const struct fgr_node *n, const struct fcc_type *t)
{
    unsigned some = emit_reg(e, emit_some(e, t)), value = emit_reg(e, emit_type(e, t)), bad = emit_reg(e, e->t_bool);
    uint32_t done = emit_label(e);
    unsigned index = emit_classify_call(e, n, t);
    emit_op(e, FBC_OP_ZERO, some, 0, 0);
    emit_op(e, FBC_OP_LTI, bad, index, emit_int(e, 0));
    emit_jump_if(e, bad, true, done);
    emit_enum_from(e, index, t, value);
    emit_op(e, FBC_OP_SOME, some, value, 0);
    emit_place(e, done);
    return some;
}

/* The JSON in an option read as t: none when there is none or it does not fit. */
static unsigned decoded(struct emit *e, unsigned some, const struct fcc_type *t)
{
    unsigned out = emit_reg(e, emit_some(e, t)), has = emit_reg(e, e->t_bool), json = emit_reg(e, e->t_text);
    uint32_t done = emit_label(e);
    emit_op(e, FBC_OP_ZERO, out, 0, 0);
    emit_unwrap(e, some, has, json, done);
    emit_op(e, FBC_OP_DECODE, out, json, 0);
    emit_fits(e, out, t);
    emit_place(e, done);
    return out;
}

static unsigned as_value(struct emit *e, const struct fgr_node *n, const struct fcc_type *t)
{
    const struct fgr_node *v = n->kid[FGR_AS_value];
    if (emit_is_fallible(v)) {
        const struct fcc_type *inner;
        unsigned some = emit_fallible(e, v, &inner), text = emit_reg(e, e->t_some_text), has = emit_reg(e, e->t_bool),
                 json = emit_reg(e, e->t_text);
        uint32_t done = emit_label(e);
        emit_op(e, FBC_OP_ZERO, text, 0, 0);
        emit_unwrap(e, some, has, json, done);
        emit_op(e, FBC_OP_SOME, text, json, 0);
        emit_place(e, done);
        return decoded(e, text, t);
    }
    unsigned out = emit_reg(e, emit_some(e, t));
    emit_op(e, FBC_OP_DECODE, out, emit_value(e, v, emit_open(v->type)), 0);
    emit_fits(e, out, t);
    return out;
}

unsigned emit_fallible(struct emit *e, const struct fgr_node *n, const struct fcc_type **type)
{
    const struct fcc_type *t = emit_open(n->type);
    *type = t;
    switch (n->kind) {
    case FGR_HTTP: return decoded(e, http_call(e, n), t);
    case FGR_EXTRACT: return decoded(e, extract_call(e, n, t), t);
    case FGR_FIND: return decoded(e, find_call(e, n), t);
    case FGR_WRITE: return write_call(e, n);
    case FGR_CLASSIFY: return classify_value(e, n, t);
    case FGR_AS: return as_value(e, n, t);
    default: break;
    }
    emit_fail(e, FN_UNSUPPORTED, "%s cannot fail", fgr_kind_name((enum fgr_kind)n->kind));
    return 0;
}

static bool is_value(const struct fgr_node *n)
{
    return n->kind >= FGR_NAME && n->kind <= FGR_FIND;
}

static void else_part(struct emit *e, const struct fgr_node *otherwise, const struct fcc_type *want, unsigned dest)
{
    if (otherwise == NULL) {
        emit_op(e, FBC_OP_FAIL, 2, 0, 0);
    } else if (is_value(otherwise)) {
        emit_into(e, otherwise, want, dest);
    } else {
        emit_action(e, otherwise);
    }
}

void emit_with_else(struct emit *e, const struct fgr_node *n, const struct fgr_node *otherwise,
                    const struct fcc_type *want, unsigned dest)
{
    bool fallible = emit_is_fallible(n);
    if (otherwise == NULL || (!fallible && !emit_is_option(n->type))) {
        emit_into(e, n, want, dest);
        return;
    }
    uint32_t failed = emit_label(e), done = emit_label(e);
    unsigned mark = emit_mark(e);
    const struct fcc_type *t = emit_open(n->type);
    unsigned some = fallible ? emit_fallible(e, n, &t) : emit_value(e, n, n->type);
    unsigned has = emit_reg(e, e->t_bool), value = emit_reg(e, emit_type(e, t));
    emit_unwrap(e, some, has, value, failed);
    emit_convert(e, value, t, want, dest);
    emit_jump(e, done);
    emit_place(e, failed);
    emit_release(e, mark);
    else_part(e, otherwise, want, dest);
    emit_place(e, done);
}

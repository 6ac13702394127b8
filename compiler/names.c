/* names.c: which name means what. One table a file; an entry holds what the name means as a value, as a stage and as an event, and the
 * innermost local of that name. Locals are undone in reverse order at the end of their block.
 * Names never hide one another: a local of a taken name is an error, for people who did not mean it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

enum { FIRST_SLOTS = 8 }; /* most tables are those of one question's options */

/* Never 0. Eight bytes at a time: looking names up is what the checker does most. Not fn_hash, whose values are stored. */
static uint32_t hash_of(struct fn_str s)
{
    static const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t h = s.n, rest = 0;
    size_t i = 0;
    for (; i + sizeof rest <= s.n; i += sizeof rest) {
        memcpy(&rest, s.p + i, sizeof rest);
        h = (h ^ rest) * odd;
        h ^= h >> 32;
    }
    for (rest = 0; i < s.n; i++) {
        rest = rest << 8 | (unsigned char)s.p[i];
    }
    h = (h ^ rest) * odd >> 32;
    return h != 0 ? (uint32_t)h : 1;
}

/* Slots and, behind them, their hashes: all free. */
static struct name **new_slots(struct ctx *c, uint32_t cap)
{
    size_t size = sizeof(struct name *) + sizeof(uint32_t);
    if (cap != FIRST_SLOTS || c->left_slots == NULL) {
        return fn_arena_array(c->arena, cap, size);
    }
    struct name **slots = c->left_slots;
    c->left_slots = (struct name **)(void *)slots[0];
    return memset(slots, 0, FIRST_SLOTS * size);
}

static void leave_slots(struct ctx *c, struct names *t)
{
    if (t->cap == FIRST_SLOTS) {
        t->slots[0] = (struct name *)(void *)c->left_slots;
        c->left_slots = t->slots;
    }
}

static struct name *new_name(struct ctx *c)
{
    struct name *n = c->left_names;
    if (n == NULL) {
        return fn_arena_alloc(c->arena, sizeof *n);
    }
    c->left_names = n->next_left;
    return memset(n, 0, sizeof *n);
}

static void leave_name(struct ctx *c, struct name *n)
{
    n->next_left = c->left_names;
    c->left_names = n;
}

void sema_names_end(struct ctx *c, struct names *t)
{
    for (uint32_t i = 0; i < t->cap; i++) {
        if (t->slots[i] != NULL) {
            leave_name(c, t->slots[i]);
        }
    }
    leave_slots(c, t);
    *t = (struct names){0};
}

static bool grow(struct ctx *c, struct names *t)
{
    struct names wider = {.n = t->n, .cap = t->cap == 0 ? FIRST_SLOTS : t->cap * 2};
    wider.slots = new_slots(c, wider.cap);
    if (wider.slots == NULL) {
        c->full = true;
        return false;
    }
    wider.hashes = (uint32_t *)(void *)(wider.slots + wider.cap);
    for (uint32_t i = 0; i < t->cap; i++) {
        if (t->hashes[i] != 0) {
            uint32_t at = t->hashes[i] & (wider.cap - 1);
            for (; wider.hashes[at] != 0; at = (at + 1) & (wider.cap - 1)) {
            }
            wider.slots[at] = t->slots[i];
            wider.hashes[at] = t->hashes[i];
        }
    }
    leave_slots(c, t);
    *t = wider;
    return true;
}

/* The slot of the name, or the empty one where it would be. There is an empty one. */
static uint32_t slot_of(const struct names *t, struct fn_str text, uint32_t hash)
{
    uint32_t at = hash & (t->cap - 1);
    while (t->hashes[at] != 0 && (t->hashes[at] != hash || !fn_str_eq(t->slots[at]->text, text))) {
        at = (at + 1) & (t->cap - 1);
    }
    return at;
}

struct fcc_sym *sema_part(const struct fcc_sym *owner, struct fn_str name)
{
    const struct names *t = &sema_sym(owner)->parts;
    const struct name *n = t->cap != 0 ? t->slots[slot_of(t, name, hash_of(name))] : NULL;
    return n != NULL ? n->node->sym : NULL;
}

struct name *sema_name(struct ctx *c, struct names *t, struct fn_str text, bool make)
{
    bool tight = t->n * 4 >= t->cap * 3;
    if (tight && make ? !grow(c, t) : t->cap == 0) {
        return NULL;
    }
    uint32_t hash = hash_of(text), at = slot_of(t, text, hash);
    if (t->slots[at] != NULL) {
        return t->slots[at];
    }
    struct name *made = make ? new_name(c) : NULL;
    if (made != NULL) {
        made->text = text;
        t->slots[at] = made;
        t->hashes[at] = hash;
        t->n++;
    }
    c->full |= make && made == NULL;
    return made;
}

struct fcc_sym *sema_new_sym(struct ctx *c, enum fcc_sym_kind kind, struct fgr_node *decl, struct fn_str name)
{
    struct sym *s = fn_arena_alloc(c->arena, sizeof *s);
    struct fcc_sym **at = s != NULL ? sema_push(c, &c->syms, sizeof(struct fcc_sym *)) : NULL;
    if (at == NULL) {
        c->full = true;
        return NULL;
    }
    s->pub = (struct fcc_sym){.kind = kind, .name = name, .decl = decl, .file = c->file, .type = &fcc_t_error};
    s->expose = SEMA_NO_INDEX;
    s->graph = s->sum = SEMA_NO_INDEX;
    *at = &s->pub;
    if (decl != NULL) {
        decl->sym = &s->pub;
    }
    return &s->pub;
}

static void taken(struct ctx *c, enum fgr_diag d, const struct fgr_node *decl, struct fn_str name,
                  const struct fcc_sym *first)
{
    bool named = decl->text_span.b > decl->text_span.a;
    struct fn_diag *out = sema_diag_at(c, d, named ? decl->text_span : decl->span);
    sema_arg(out, "name", name);
    if (first->decl != NULL && first->file == c->file) {
        fn_diag_label(out, first->decl->text_span, FGR_L_FIRST_HERE);
    }
}

struct fcc_sym *sema_declare(struct ctx *c, enum name_space ns, enum fcc_sym_kind kind, struct fgr_node *decl,
                             struct fn_str name)
{
    struct fcc_sym *s = sema_new_sym(c, kind, decl, name);
    struct name *n = s != NULL && name.n != 0 ? sema_name(c, c->names, name, true) : NULL;
    if (n == NULL) {
        return s;
    }
    if (n->in[ns] != NULL) {
        static const enum fgr_diag twice[] = {FGR_D_NAME_TAKEN, FGR_D_STAGE_TAKEN, FGR_D_EVENT_TAKEN};
        taken(c, twice[ns], decl, name, n->in[ns]);
        s->uses++;
    } else {
        n->in[ns] = s;
    }
    return s;
}

struct name *sema_bind(struct ctx *c, struct fn_str text, struct fcc_sym *now)
{
    uint32_t n = c->names->n;
    struct name *name = now != NULL && text.n != 0 ? sema_name(c, c->names, text, true) : NULL;
    struct local_undo *undo = name != NULL ? sema_push(c, &c->locals, sizeof *undo) : NULL;
    if (undo == NULL) {
        return NULL;
    }
    *undo = (struct local_undo){name, name->local, now, c->names->n > n ? c->names->cap : 0};
    name->local = now;
    return name;
}

/* Locals bring their entries and take them along, the last first: then what stands behind it in the table was there before it and is
 * found without it. Not so when the table grew in between; the entry stays. */
static void unbind(struct ctx *c, const struct local_undo *u)
{
    struct names *t = c->names;
    u->name->local = u->before;
    if (u->made != t->cap) {
        return;
    }
    uint32_t at = slot_of(t, u->name->text, hash_of(u->name->text));
    if (t->slots[at] == u->name) {
        t->slots[at] = NULL;
        t->hashes[at] = 0;
        t->n--;
        leave_name(c, u->name);
    }
}

struct fcc_sym *sema_local(struct ctx *c, enum fcc_sym_kind kind, struct fgr_node *decl, struct fn_str name,
                           const struct fcc_type *type)
{
    struct fcc_sym *s = sema_new_sym(c, kind, decl, name);
    struct name *n = sema_bind(c, name, s);
    if (n == NULL) {
        return s;
    }
    struct fcc_sym *outer = SEMA_AT(c->locals, struct local_undo, c->locals.n - 1).before;
    struct fcc_sym *before = outer != NULL ? outer : n->in[NS_VALUE];
    if (before != NULL) {
        taken(c, FGR_D_NAME_TAKEN, decl, name, before);
        s->uses++;
        before->uses++;
    }
    s->type = type;
    decl->type = type;
    sema_sym(s)->taint |= (uint8_t)sema_type_taint(type);
    c->unit_bytes += sema_bytes_max(type);
    return s;
}

uint32_t sema_scope(const struct ctx *c)
{
    return c->locals.n;
}

static bool worth_using(const struct fcc_sym *s)
{
    bool by_author = s->decl != NULL && (s->decl->kind == FGR_LET || s->decl->kind == FGR_LOCAL);
    return s->kind == FCC_S_LOCAL && s->uses == 0 && by_author && !sema_is_error(s->type);
}

void sema_scope_end(struct ctx *c, uint32_t mark)
{
    for (uint32_t i = c->locals.n; i > mark; i--) {
        const struct local_undo *u = &SEMA_AT(c->locals, struct local_undo, i - 1);
        if (worth_using(u->now)) {
            sema_name_diag(c, FGR_D_UNUSED, u->now->decl);
        }
        unbind(c, u);
    }
    c->locals.n = mark;
}

struct fcc_sym *sema_lookup(struct ctx *c, enum name_space ns, struct fn_str text)
{
    const struct name *n = sema_name(c, c->names, text, false);
    if (n == NULL) {
        return NULL;
    }
    return ns == NS_VALUE && n->local != NULL ? n->local : n->in[ns];
}

struct fcc_sym *sema_find(struct ctx *c, enum name_space ns, const struct fgr_node *n, struct fn_str text,
                          enum fgr_diag unknown, bool (*fits)(const struct fcc_sym *))
{
    struct fcc_sym *s = sema_lookup(c, ns, text);
    if (s != NULL && (fits == NULL || fits(s))) {
        s->uses++;
        return s;
    }
    if (text.n == 0) {
        return NULL;
    }
    struct fn_span span = n->text_span.b > n->text_span.a ? n->text_span : n->span;
    struct fn_diag *d = sema_diag_at(c, unknown, span);
    sema_arg(d, "name", text);
    if (sema_full(c)) {
        return NULL;
    }
    struct suggest best;
    sema_suggest_begin(&best, c, text);
    for (uint32_t i = 0; i < c->names->cap; i++) {
        const struct name *m = c->names->slots[i];
        struct fcc_sym *candidate = m == NULL ? NULL : ns == NS_VALUE && m->local != NULL ? m->local : m->in[ns];
        if (candidate != NULL && (fits == NULL || fits(candidate))) {
            sema_suggest_try(&best, m->text, candidate);
        }
    }
    sema_suggest_end(&best, d, span);
    if (unknown == FGR_D_STAGE_UNKNOWN) {
        fn_diag_label(d, span, FGR_L_NO_STAGE);
        sema_why(c, d, FGR_W_STUCK);
    }
    return NULL;
}

bool sema_is(struct fn_str text, const char *en, const char *pt)
{
    return fn_str_eq(text, fn_str_c(en)) || fn_str_eq(text, fn_str_c(pt));
}

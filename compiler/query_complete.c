/* query_complete.c: what may stand at an offset. The tokens before it tell the place, the checked tree what is known there; so it works on a
 * line that does not parse yet. See fcc_query.h. SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "query.h"

struct complete {
    const struct fcc_program *p;
    const struct fgr_tree *tree;
    struct query_list items;
    struct fn_str begun; /* folded */
    uint32_t offset;
    int64_t before; /* the token before the word that was begun, or -1 */
    bool portuguese;
};

/* -- where ----------------------------------------------------------------------------------------------------------------------- */

static bool is_word_byte(unsigned char b)
{
    return b >= 0x80 || b == '_' || (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
}

static uint32_t word_start(const struct fgr_source *s, uint32_t offset)
{
    while (offset > 0 && is_word_byte((unsigned char)s->text.p[offset - 1])) {
        offset--;
    }
    return offset;
}

static bool in_comment(const struct fgr_tree *t, uint32_t offset)
{
    for (uint32_t i = 0; i < t->n_comments; i++) {
        if (offset > t->comments[i].span.a && offset <= t->comments[i].span.b) {
            return true;
        }
    }
    return false;
}

/* The text whose letters the offset is in; NULL outside. */
static const struct fgr_token *text_around(const struct fgr_tree *t, uint32_t offset)
{
    int64_t i = query_token_before(t, offset);
    while (i >= 0 && t->scanned[i].kind == FGR_TOK_NL) {
        i--;
    }
    const struct fgr_token *token = i >= 0 ? &t->scanned[i] : NULL;
    bool text = token != NULL && token->kind >= FGR_TOK_TEXT && token->kind <= FGR_TOK_TEXT_TAIL;
    if (!text || offset > token->span.b) {
        return NULL;
    }
    bool open = (token->flags & FGR_TOKEN_DOUBTFUL) != 0; /* nothing closes it: its end is still inside */
    return offset < token->span.b || open ? token : NULL;
}

/* Between the braces of a `{…}` that is not closed yet, and so no more than letters to the scanner. */
static bool in_open_braces(const struct fgr_source *s, const struct fgr_token *text, uint32_t offset)
{
    bool inside = false;
    for (uint32_t at = text->span.a; at < offset; at++) {
        inside = s->text.p[at] == '{' || (inside && s->text.p[at] != '}' && s->text.p[at] != '\n');
    }
    return inside;
}

static uint16_t kind_at(const struct complete *c, int64_t i)
{
    return i >= 0 ? c->tree->scanned[i].kind : (uint16_t)FGR_TOK_NL;
}

/* The first token of the line on which the innermost brace before the offset opens; NL at the top of the file. */
static uint16_t block_head(const struct complete *c)
{
    uint32_t closed = 0;
    int64_t i = c->before;
    for (; i >= 0 && (kind_at(c, i) != FGR_TOK_LBRACE || closed > 0); i--) {
        closed += kind_at(c, i) == FGR_TOK_RBRACE ? 1 : 0;
        closed -= kind_at(c, i) == FGR_TOK_LBRACE ? 1 : 0;
    }
    while (i > 0 && (c->tree->scanned[i].flags & FGR_TOKEN_FIRST) == 0) {
        i--;
    }
    return i >= 0 ? kind_at(c, i) : (uint16_t)FGR_TOK_NL;
}

/* The declaration the offset is in; NULL between declarations. */
static const struct fgr_node *declaration(const struct complete *c)
{
    const struct fgr_node *decls = c->tree->file->kid[FGR_FILE_decls];
    for (uint32_t i = 0; i < decls->n_items; i++) {
        if (decls->items[i]->span.a < c->offset && c->offset <= decls->items[i]->span.b) {
            return decls->items[i];
        }
    }
    return NULL;
}

/* Braces open before the offset: 0 at the top of the file. */
static uint32_t depth_at(const struct complete *c)
{
    uint32_t depth = 0;
    for (int64_t i = 0; i <= c->before; i++) {
        depth += kind_at(c, i) == FGR_TOK_LBRACE ? 1 : 0;
        depth -= kind_at(c, i) == FGR_TOK_RBRACE && depth > 0 ? 1 : 0;
    }
    return depth;
}

static bool begins_line(const struct complete *c)
{
    uint16_t kind = kind_at(c, c->before);
    return kind == FGR_TOK_NL || kind == FGR_TOK_LBRACE || kind == FGR_TOK_RBRACE;
}

/* -- what ------------------------------------------------------------------------------------------------------------------------ */

static bool fits(const struct complete *c, struct fn_str name)
{
    struct fn_buf b;
    fn_buf_init(&b, 4 * FGR_NAME_MAX);
    fn_fold(&b, name);
    bool good = fn_str_starts(fn_buf_view(&b), c->begun);
    fn_buf_fini(&b);
    return good;
}

static void offer(struct complete *c, enum fcc_item_kind kind, struct fn_str text, const struct fcc_sym *sym)
{
    if (text.n == 0 || !fits(c, text)) {
        return;
    }
    for (uint32_t i = 0; i < c->items.n; i++) {
        if (fn_str_eq(((struct fcc_item *)c->items.items)[i].text, text)) {
            return;
        }
    }
    struct fcc_item *item = query_push(&c->items, sizeof *item);
    if (item != NULL) {
        *item = (struct fcc_item){kind, text, sym};
    }
}

static void offer_word(struct complete *c, uint16_t token)
{
    const struct fgr_word *w = fgr_word_of(token);
    offer(c, FCC_ITEM_WORD, c->portuguese ? w->pt : w->en, NULL);
}

static void offer_class(struct complete *c, enum fgr_class class)
{
    size_t n;
    const struct fgr_word *words = fgr_words(&n);
    for (size_t i = 0; i < n; i++) {
        if (words[i].class == class) {
            offer_word(c, words[i].token);
        }
    }
}

static enum fcc_item_kind item_kind(const struct fcc_sym *s)
{
    switch ((int)query_paint(s)) {
    case FCC_PAINT_STAGE: return FCC_ITEM_STAGE;
    case FCC_PAINT_FUNCTION: return FCC_ITEM_FUNCTION;
    case FCC_PAINT_TYPE: return FCC_ITEM_TYPE;
    case FCC_PAINT_FIELD:
    case FCC_PAINT_MEMBER: return FCC_ITEM_FIELD;
    default: return FCC_ITEM_VALUE;
    }
}

/* Locals are known behind their declaration, inside the declaration they stand in. */
static bool in_scope(const struct complete *c, const struct fcc_sym *s)
{
    if (s->kind != FCC_S_LOCAL && s->kind != FCC_S_PARAM) {
        return true;
    }
    const struct fgr_node *decl = declaration(c);
    return decl != NULL && s->decl != NULL && s->decl->span.a >= decl->span.a && s->decl->span.a < c->offset &&
           s->decl->span.b <= decl->span.b;
}

static void offer_symbols(struct complete *c, unsigned kinds)
{
    for (uint32_t i = 0; i < c->p->n_syms; i++) {
        const struct fcc_sym *s = c->p->syms[i];
        if (s->file == 0 && (kinds & 1U << s->kind) != 0 && in_scope(c, s)) {
            offer(c, item_kind(s), s->name, s);
        }
    }
}

static void offer_builtins(struct complete *c, const char *owner)
{
    for (size_t i = 0; i < FCC_BUILTINS; i++) {
        const struct fcc_builtin *b = &fcc_builtins[i];
        if (strcmp(b->owner, owner) == 0) {
            offer(c, b->property ? FCC_ITEM_FIELD : FCC_ITEM_FUNCTION, fn_str_c(c->portuguese ? b->pt : b->en), NULL);
        }
    }
}

static void offer_values(struct complete *c)
{
    static const uint16_t words[] = {FGR_TOK_TRUE, FGR_TOK_FALSE, FGR_TOK_NONE, FGR_TOK_NOT};
    offer_symbols(c, 1U << FCC_S_VAR | 1U << FCC_S_LOCAL | 1U << FCC_S_PARAM | 1U << FCC_S_FN | 1U << FCC_S_FLOW |
                         1U << FCC_S_HOURS | 1U << FCC_S_MODULE | 1U << FCC_S_ENUM | 1U << FCC_S_RECORD |
                         1U << FCC_S_MEMBER | 1U << FCC_S_SECRET | 1U << FCC_S_TABLE);
    offer_word(c, FGR_TOK_CONTACT);
    offer_builtins(c, "");
    for (size_t i = 0; i < FN_COUNT(words); i++) {
        offer_word(c, words[i]);
    }
}

static void offer_types(struct complete *c)
{
    offer_class(c, FGR_CLASS_TYPE);
    offer_symbols(c, 1U << FCC_S_ENUM | 1U << FCC_S_RECORD);
}

/* -- members --------------------------------------------------------------------------------------------------------------------- */

struct object { /* the expression that ends at the dot */
    uint32_t end;
    const struct fgr_node *found;
};

static void find_object(void *with, struct fgr_node *n)
{
    struct object *o = with;
    bool kind = n->kind == FGR_NAME || n->kind == FGR_MEMBER_OF || n->kind == FGR_CALL || n->kind == FGR_INDEX;
    if (kind && n->span.b == o->end && (o->found == NULL || n->span.a < o->found->span.a)) {
        o->found = n;
    }
}

static void offer_members_of(struct complete *c, const struct fcc_sym *owner)
{
    for (uint32_t i = 0; i < c->p->n_syms; i++) {
        const struct fcc_sym *s = c->p->syms[i];
        if (s->owner == owner && (s->kind == FCC_S_FIELD || s->kind == FCC_S_MEMBER)) {
            offer(c, FCC_ITEM_FIELD, s->name, s);
        }
    }
}

static const char *owner_of(const struct fcc_type *t)
{
    static const char *const basics[] = {
        [FGR_T_TEXT] = "text",         [FGR_T_INT] = "int",           [FGR_T_NUMBER] = "number",
        [FGR_T_MONEY] = "money",       [FGR_T_DATE] = "date",         [FGR_T_TIME] = "time",
        [FGR_T_DATETIME] = "datetime", [FGR_T_DURATION] = "duration", [FGR_T_PHONE] = "phone",
        [FGR_T_LOCATION] = "location", [FGR_T_JSON] = "json",         [FGR_T_MAP] = NULL,
    };
    switch (t->cls) {
    case FCC_C_LIST: return "list";
    case FCC_C_MAP: return "map";
    case FCC_C_BASIC: return basics[t->basic];
    case FCC_C_ERROR:
    case FCC_C_VOID:
    case FCC_C_NONE:
    case FCC_C_ENUM:
    case FCC_C_RECORD:
    case FCC_C_OPTION:
    default: return NULL;
    }
}

static void offer_type_members(struct complete *c, const struct fcc_type *t)
{
    while (t != NULL && t->cls == FCC_C_OPTION) {
        t = t->elem;
    }
    if (t != NULL && t->cls == FCC_C_RECORD) {
        offer_members_of(c, t->decl);
    }
    const char *owner = t != NULL ? owner_of(t) : NULL;
    if (owner != NULL) {
        offer_builtins(c, owner);
    }
}

/* The public names of a module are those of its tree. */
static void offer_module(struct complete *c, const struct fcc_sym *module)
{
    for (uint32_t i = 0; i < c->p->n_syms; i++) {
        const struct fcc_sym *s = c->p->syms[i];
        bool function =
            s->kind == FCC_S_FN || s->kind == FCC_S_FLOW || s->kind == FCC_S_ENUM || s->kind == FCC_S_RECORD;
        if (s->file == module->index && function) {
            offer(c, item_kind(s), s->name, s);
        }
    }
}

static const struct fcc_sym *value_named(const struct complete *c, struct fn_str name)
{
    const struct fcc_sym *found = NULL;
    for (uint32_t i = 0; i < c->p->n_syms; i++) {
        const struct fcc_sym *s = c->p->syms[i];
        bool part = s->kind == FCC_S_FIELD || s->kind == FCC_S_MEMBER || s->kind == FCC_S_CONTACT_FIELD ||
                    s->kind == FCC_S_STAGE || s->kind == FCC_S_EVENT;
        if (s->file == 0 && !part && fn_str_eq(s->name, name) && in_scope(c, s)) {
            found = s;
        }
    }
    return found;
}

static void offer_symbol_members(struct complete *c, const struct fcc_sym *s)
{
    if (s->kind == FCC_S_CONTACT) {
        offer_symbols(c, 1U << FCC_S_CONTACT_FIELD);
        offer_builtins(c, "contact");
    } else if (s->kind == FCC_S_MODULE) {
        offer_module(c, s);
    } else if (s->kind == FCC_S_ENUM) {
        offer_members_of(c, s);
    } else if (s->kind == FCC_S_HOURS) {
        offer_builtins(c, "hours");
    } else {
        offer_type_members(c, s->type);
    }
}

static struct fn_str word_before(const struct complete *c, uint32_t end)
{
    uint32_t start = word_start(&c->tree->source, end);
    return (struct fn_str){c->tree->source.text.p + start, end - start};
}

/* Behind `name.`, by the name alone. */
static void offer_members_by_name(struct complete *c, struct fn_str name)
{
    const struct fgr_word *contact = fgr_word_of(FGR_TOK_CONTACT);
    if (fn_str_eq(name, c->portuguese ? contact->pt : contact->en)) {
        const struct fcc_sym self = {.kind = FCC_S_CONTACT};
        offer_symbol_members(c, &self);
        return;
    }
    const struct fcc_sym *s = name.n != 0 ? value_named(c, name) : NULL;
    if (s != NULL) {
        offer_symbol_members(c, s);
    }
}

/* Behind a dot. The tree knows the object when the line could be read; else its last word may be a name. */
static void offer_members(struct complete *c, uint32_t dot)
{
    struct object o = {dot, NULL};
    query_walk(c->tree->file, find_object, &o);
    bool named = o.found != NULL && o.found->kind == FGR_NAME && o.found->sym != NULL;
    if (named) {
        offer_symbol_members(c, o.found->sym);
    } else if (o.found != NULL && o.found->type != NULL && o.found->type->cls != FCC_C_ERROR) {
        offer_type_members(c, o.found->type);
    } else {
        offer_members_by_name(c, word_before(c, dot));
    }
}

/* -- places ---------------------------------------------------------------------------------------------------------------------- */

static void offer_option(void *with, struct fgr_node *n)
{
    struct complete *c = with;
    if (n->kind == FGR_OPTION) {
        offer(c, FCC_ITEM_OPTION, n->text, NULL);
    }
}

/* What starts a line inside a declaration. */
static void offer_lines(struct complete *c)
{
    static const uint16_t branches[] = {FGR_TOK_INVALID, FGR_TOK_FAILED, FGR_TOK_SILENCE, FGR_TOK_CHECK, FGR_TOK_SETTLE,
                                        FGR_TOK_MEDIA,   FGR_TOK_OTHER,  FGR_TOK_DONE,    FGR_TOK_LIMIT};
    if (block_head(c) == FGR_TOK_ALWAYS) {
        offer_word(c, FGR_TOK_ON);
    }
    offer_class(c, FGR_CLASS_RESERVED);
    for (size_t i = 0; i < FN_COUNT(branches); i++) {
        offer_word(c, branches[i]);
    }
    offer_values(c);
}

/* Words behind which only one sort of name stands; false for all others. */
static bool offer_behind_word(struct complete *c, uint16_t kind)
{
    switch (kind) {
    case FGR_TOK_TALK_TO:
    case FGR_TOK_BY: offer_symbols(c, 1U << FCC_S_AGENT); return true;
    case FGR_TOK_CAN: offer_symbols(c, 1U << FCC_S_TOOL); return true;
    case FGR_TOK_SAVE:
    case FGR_TOK_FIND:
    case FGR_TOK_DELETE: offer_symbols(c, 1U << FCC_S_TABLE); return true;
    case FGR_TOK_EVENT: offer_symbols(c, 1U << FCC_S_EVENT); return true;
    case FGR_TOK_AS: offer_types(c); return true;
    case FGR_TOK_ARROW: offer_symbols(c, 1U << FCC_S_STAGE); return true;
    case FGR_TOK_LANGLE: offer_types(c); return true;
    default: return false;
    }
}

/* `name:` of a declaration, a parameter or an `ask`: a type; of a record or an argument: a value. */
static bool wants_type(const struct complete *c)
{
    uint16_t head = FGR_TOK_NL, block = block_head(c);
    for (int64_t i = c->before; i >= 0 && kind_at(c, i) != FGR_TOK_NL; i--) {
        head = kind_at(c, i);
        if ((c->tree->scanned[i].flags & FGR_TOKEN_FIRST) != 0) {
            break;
        }
    }
    return head == FGR_TOK_VAR || head == FGR_TOK_LET || head == FGR_TOK_ASK || head == FGR_TOK_CHOOSE ||
           head == FGR_TOK_FN || head == FGR_TOK_FLOW || head == FGR_TOK_TOOL || block == FGR_TOK_RECORD ||
           block == FGR_TOK_TABLE || block == FGR_TOK_CONTACT;
}

static void offer_here(struct complete *c)
{
    uint16_t kind = kind_at(c, c->before);
    if (kind == FGR_TOK_DOT) {
        offer_members(c, c->tree->scanned[c->before].span.a);
    } else if (offer_behind_word(c, kind)) {
        return;
    } else if (kind == FGR_TOK_COLON && wants_type(c)) {
        offer_types(c);
    } else if (kind == FGR_TOK_LBRACKET && block_head(c) == FGR_TOK_TEST) {
        query_walk(c->tree->file, offer_option, c);
    } else if (begins_line(c) && depth_at(c) == 0) {
        offer_class(c, FGR_CLASS_DECL);
    } else if (begins_line(c)) {
        offer_lines(c);
    } else {
        offer_values(c);
        offer_class(c, FGR_CLASS_CONTEXT);
    }
}

/* A line break that stands for a value that is missing is no break to who writes that value. */
static int64_t token_before(const struct fgr_tree *t, uint32_t offset)
{
    int64_t i = query_token_before(t, offset);
    while (i >= 0 && t->scanned[i].kind == FGR_TOK_NL &&
           memchr(t->source.text.p + t->scanned[i].span.a, '\n', offset - t->scanned[i].span.a) == NULL) {
        i--;
    }
    return i;
}

enum fn_code fcc_query_complete(struct fn_arena *arena, const struct fcc_program *p, uint32_t offset,
                                struct fcc_items *out)
{
    const struct fgr_tree *t = &p->trees[0];
    offset = offset > t->source.text.n ? (uint32_t)t->source.text.n : offset;
    uint32_t start = word_start(&t->source, offset);
    struct fn_buf begun;
    fn_buf_init(&begun, 4 * FGR_NAME_MAX);
    fn_fold(&begun, (struct fn_str){t->source.text.p + start, offset - start});
    struct complete c = {.p = p, .tree = t, .items = {.arena = arena}, .begun = fn_buf_view(&begun), .offset = offset};
    c.portuguese = t->spelling == FN_PT;
    c.before = token_before(t, start);
    const struct fgr_token *text = text_around(t, offset);
    if (begun.failed || in_comment(t, offset)) {
        c.items.n = 0;
    } else if (text == NULL) {
        offer_here(&c);
    } else if (in_open_braces(&t->source, text, offset) && start > 0 && t->source.text.p[start - 1] == '.') {
        offer_members_by_name(&c, word_before(&c, start - 1));
    } else if (in_open_braces(&t->source, text, offset)) {
        offer_values(&c);
    }
    fn_buf_fini(&begun);
    *out = (struct fcc_items){c.items.items, c.items.n, {start, offset}};
    return c.items.full ? FN_NO_MEMORY : FN_OK;
}

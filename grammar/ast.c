/* ast.c: what ast.def says of each kind, the dump of golden files, and the hash that is the formatter's oracle.
 * The tree is at most FGR_DEPTH_MAX deep (build_node cuts it), which bounds the recursion here.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fgr_ast.h"
#include "fn_buf.h"

/* A row's arguments, counted: the dump name and up to six kids. */
/* clang-format off */
#define PICK(a, b, c, d, e, f, g, ROW, ...) ROW
#define ROW(...) PICK(__VA_ARGS__, KIDS6, KIDS5, KIDS4, KIDS3, KIDS2, KIDS1, KIDS0, ~)(__VA_ARGS__)
#define LISTS(name, i) (#name[sizeof(#name) - 2] == 's') << i
#define KIDS0(name) {name, 0, 0, {NULL}}
#define KIDS1(name, a) {name, 1, LISTS(a, 0), {#a}}
#define KIDS2(name, a, b) {name, 2, LISTS(a, 0) | LISTS(b, 1), {#a, #b}}
#define KIDS3(name, a, b, c) {name, 3, LISTS(a, 0) | LISTS(b, 1) | LISTS(c, 2), {#a, #b, #c}}
#define KIDS4(name, a, b, c, d) {name, 4, LISTS(a, 0) | LISTS(b, 1) | LISTS(c, 2) | LISTS(d, 3), {#a, #b, #c, #d}}
#define KIDS5(name, a, b, c, d, e) \
    {name, 5, LISTS(a, 0) | LISTS(b, 1) | LISTS(c, 2) | LISTS(d, 3) | LISTS(e, 4), {#a, #b, #c, #d, #e}}
#define KIDS6(name, a, b, c, d, e, f) \
    {name, 6, LISTS(a, 0) | LISTS(b, 1) | LISTS(c, 2) | LISTS(d, 3) | LISTS(e, 4) | LISTS(f, 5), {#a, #b, #c, #d, #e, #f}}
/* clang-format on */

const struct fgr_shape fgr_shapes[] = {
#define FGR_NODE(NAME, ...) ROW(__VA_ARGS__),
#include "ast.def"
#undef FGR_NODE
};
static_assert(FN_COUNT(fgr_shapes) == FGR_KINDS, "every kind has a row");

const char *fgr_kind_name(enum fgr_kind k)
{
    return fgr_shapes[k].name;
}

const char *fgr_kid_name(enum fgr_kind k, unsigned i)
{
    return i < fgr_shapes[k].n_kids ? fgr_shapes[k].kids[i] : NULL;
}

static void put_quoted(struct fn_buf *out, struct fn_str s)
{
    fn_buf_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '\n') {
            fn_buf_z(out, "\\n");
        } else if (c == '"' || c == '\\') {
            fn_buf_char(out, '\\');
            fn_buf_char(out, (char)c);
        } else if (c < 0x20) {
            fn_buf_printf(out, "\\x%02x", c);
        } else {
            fn_buf_char(out, (char)c);
        }
    }
    fn_buf_char(out, '"');
}

static void put_flags(struct fn_buf *out, uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } names[] = {
        {FGR_BROKEN, "broken"},     {FGR_MODULE, "module"},         {FGR_PT, "pt"},
        {FGR_OPTIONAL, "optional"}, {FGR_PERSONAL, "personal"},     {FGR_SECRET_FLAG, "secret"},
        {FGR_ONCE, "once"},         {FGR_EXACT, "exact"},           {FGR_FAILED, "failed"},
        {FGR_ELSE, "other"},        {FGR_UNTAG, "untag"},           {FGR_DESC, "desc"},
        {FGR_BY_OPTION, "option"},  {FGR_TRANSCRIBE, "transcribe"}, {FGR_LONG_TEXT, "long"},
        {FGR_PARENS, "parens"},
    };
    for (size_t i = 0; i < FN_COUNT(names); i++) {
        if (flags & names[i].flag) {
            fn_buf_printf(out, " %s", names[i].name);
        }
    }
}

/* What the kind's sub-enum says, by name, so that the dump reads without the header. */
static const char *aux_name(const struct fgr_node *n)
{
    static const char *const ops[] = {"+",  "-", "*",  "/",   "%",  "==",  "!=", "<",
                                      "<=", ">", ">=", "and", "or", "not", "neg"};
    static const char *const starts[] = {"message", "keyword", "campaign", "event"};
    static const char *const ons[] = {"phrase", "silence", "error", "event", "media", "invalid", "failed"};
    static const char *const branches[] = {"check",  "invalid", "failed", "silence", "media",
                                           "settle", "other",   "done",   "limit",   "from"};
    static const char *const props[] = {"model", "instructions", "remember", "budget",
                                        "can",   "header",       "body",     "timeout"};
    static const char *const methods[] = {"get", "post", "put", "patch", "delete"};
#define NAME_IN(table) (n->aux < FN_COUNT(table) ? (table)[n->aux] : "?")
    switch ((int)n->kind) {
    case FGR_UNARY:
    case FGR_BINARY: return NAME_IN(ops);
    case FGR_START: return NAME_IN(starts);
    case FGR_ON: return NAME_IN(ons);
    case FGR_BRANCH: return NAME_IN(branches);
    case FGR_PROP: return NAME_IN(props);
    case FGR_HTTP:
    case FGR_STEP_HTTP: return NAME_IN(methods);
    default: return NULL;
    }
#undef NAME_IN
}

static bool is_literal(const struct fgr_node *n)
{
    return n->kind == FGR_TEXT || n->kind == FGR_TEXT_PART || n->kind == FGR_TEST;
}

static void put_numbers(struct fn_buf *out, const struct fgr_node *n)
{
    bool counts = n->kind == FGR_INT || n->kind == FGR_MONEY || n->kind == FGR_BOOL || n->kind == FGR_DURATION;
    if (n->kind == FGR_NUMBER) {
        fn_buf_printf(out, " %.17g", n->real);
    } else if (n->kind == FGR_DAY_RANGE || n->kind == FGR_CLOCK_RANGE) {
        fn_buf_printf(out, " %d %d", n->low, n->high);
    } else if (counts || n->num != 0) {
        fn_buf_printf(out, " %lld", (long long)n->num);
    }
}

static void put_head(struct fn_buf *out, const struct fgr_node *n)
{
    fn_buf_z(out, fgr_kind_name((enum fgr_kind)n->kind));
    const char *aux = aux_name(n);
    if (aux != NULL) {
        fn_buf_printf(out, " %s", aux);
    } else if (n->aux != 0) {
        fn_buf_printf(out, " #%u", n->aux);
    }
    if (is_literal(n) && (n->n_kids == 0 || n->kid[0] == NULL || n->kid[0]->n_items == 0 || n->kind == FGR_TEST)) {
        fn_buf_char(out, ' ');
        put_quoted(out, n->text);
    } else if (n->text.n > 0) {
        fn_buf_printf(out, " %.*s", FN_STR_ARG(n->text));
    }
    if (n->kind == FGR_MIGRATE_STAGE) {
        fn_buf_printf(out, " %.*s", FN_STR_ARG(*n->text2));
    } else if (n->kind != FGR_LIST) {
        put_numbers(out, n);
    }
    put_flags(out, n->flags);
    fn_buf_char(out, '\n');
}

static void indent(struct fn_buf *out, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++) {
        fn_buf_z(out, "  ");
    }
}

static void dump(struct fn_buf *out, const struct fgr_node *n, unsigned depth);

static void dump_kid(struct fn_buf *out, const char *name, const struct fgr_node *kid, unsigned depth)
{
    if (kid == NULL || (kid->kind == FGR_LIST && kid->n_items == 0)) {
        return;
    }
    indent(out, depth);
    fn_buf_printf(out, "%s:%s", name, kid->kind == FGR_LIST ? "" : " ");
    if (kid->kind != FGR_LIST) {
        dump(out, kid, depth);
        return;
    }
    put_flags(out, kid->flags);
    fn_buf_char(out, '\n');
    for (uint32_t i = 0; i < kid->n_items; i++) {
        indent(out, depth + 1);
        dump(out, kid->items[i], depth + 1);
    }
}

static void dump(struct fn_buf *out, const struct fgr_node *n, unsigned depth)
{
    put_head(out, n);
    for (unsigned i = 0; i < n->n_kids; i++) {
        dump_kid(out, fgr_shapes[n->kind].kids[i], n->kid[i], depth + 1);
    }
}

void fgr_dump(struct fn_buf *out, const struct fgr_node *n)
{
    dump(out, n, 0);
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h ^= v + UINT64_C(0x9E3779B97F4A7C15) + (h << 6) + (h >> 2);
    return h * UINT64_C(0xFF51AFD7ED558CCD);
}

static uint64_t value_hash(const struct fgr_node *n)
{
    switch ((int)n->kind) {
    case FGR_LIST: return 0;
    case FGR_MIGRATE_STAGE: return fn_hash(n->text2->p, n->text2->n);
    default: return mix(0, (uint64_t)n->num); /* whatever the number is of */
    }
}

uint64_t fgr_hash(const struct fgr_node *n)
{
    if (n == NULL) {
        return 7;
    }
    uint64_t h = mix(n->kind, n->aux);
    h = mix(h, n->flags & ~(uint32_t)(FGR_BROKEN | FGR_PT));
    h = mix(h, n->kind == FGR_LIST ? 0 : fn_hash(n->text.p, n->text.n));
    h = mix(h, value_hash(n));
    for (unsigned i = 0; i < n->n_kids; i++) {
        h = mix(h, fgr_hash(n->kid[i]));
    }
    for (uint32_t i = 0; i < n->n_items; i++) {
        h = mix(h, fgr_hash(n->items[i]));
    }
    return mix(h, n->n_items);
}

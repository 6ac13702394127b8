/* json_read.c: the one JSON reader: strict RFC 8259, no recursion, every limit counted before memory is asked for.
 *
 * A stack of open containers, at most DEPTH high, takes the place of recursion. A value is parsed where one may stand;
 * after it the loop closes containers or reads the comma. Keys are checked for doubles when their object closes, by
 * sorting: no hash an attacker could aim at. What must never happen: a read past the text, or a string that is not
 * valid UTF-8 in the tree.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_json.h"
#include "fn_utf8.h"
#include "json.h"

enum { MAX_NODES = 100000 };

struct container {
    struct fn_json *node, *last; /* last: newest child */
};

struct parser {
    struct fn_arena *arena;
    struct fn_str text;
    size_t at;
    unsigned flags;
    size_t nodes, depth;
    struct container open[FN_JSON_DEPTH];
    struct fn_str key; /* of the value about to be parsed */
    struct fn_err *err;
};

static enum fn_code invalid(struct parser *p, const char *what)
{
    return fn_fail(p->err, FN_INVALID, "JSON: byte %zu: %s", p->at, what);
}

static enum fn_code no_memory(struct parser *p)
{
    return fn_fail(p->err, FN_NO_MEMORY, "JSON: out of memory at byte %zu", p->at);
}

/* The byte at the cursor; 0 at the end (a NUL in the text is no JSON either way). */
static char peek(const struct parser *p)
{
    return p->at < p->text.n ? p->text.p[p->at] : '\0';
}

static void skip_space(struct parser *p)
{
    for (char c = peek(p); c == ' ' || c == '\t' || c == '\r' || c == '\n'; c = peek(p)) {
        p->at++;
    }
}

static bool take(struct parser *p, char c)
{
    if (peek(p) != c) {
        return false;
    }
    p->at++;
    return true;
}

/* --- strings --------------------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four hex digits at offset `at` of the text, or -1. */
static int32_t hex4(const struct parser *p, size_t at)
{
    int32_t value = 0;
    if (p->text.n - at < 4) {
        return -1;
    }
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(p->text.p[at + i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* The low surrogate's value if "\uDC00".."\uDFFF" is next, else -1. */
static int32_t low_surrogate(const struct parser *p)
{
    if (p->text.n - p->at < 6 || p->text.p[p->at] != '\\' || p->text.p[p->at + 1] != 'u') {
        return -1;
    }
    int32_t low = hex4(p, p->at + 2);
    return low >= 0xDC00 && low <= 0xDFFF ? low : -1;
}

/* Behind "\u": a code point, 0xFFFD for a repaired one, -1 for an error. */
static int32_t parse_unicode_escape(struct parser *p)
{
    int32_t cp = hex4(p, p->at);
    if (cp < 0) {
        return -1;
    }
    p->at += 4;
    int32_t low = cp >= 0xD800 && cp <= 0xDBFF ? low_surrogate(p) : -1;
    if (low >= 0) {
        p->at += 6;
        return 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
    }
    if (cp == 0 || (cp >= 0xD800 && cp <= 0xDFFF)) {
        return (p->flags & FN_JSON_REPAIR) != 0 ? 0xFFFD : -1;
    }
    return cp;
}

/* Behind a backslash: the code point meant, or -1. */
static int32_t parse_escape(struct parser *p)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = peek(p);
    p->at += p->at < p->text.n;
    if (c == 'u') {
        return parse_unicode_escape(p);
    }
    const char *found = c != '\0' ? strchr(from, c) : NULL;
    return found != NULL ? to[found - from] : -1;
}

/* The next code point of a string, -1 for an error; the closing quote is the caller's. */
static int32_t parse_char(struct parser *p)
{
    if (p->text.p[p->at] == '\\') {
        p->at++;
        return parse_escape(p);
    }
    int32_t cp = fn_utf8_next(p->text, &p->at);
    if (cp < 0 && (p->flags & FN_JSON_REPAIR) != 0) {
        return 0xFFFD;
    }
    return cp >= 0x20 ? cp : -1;
}

/* Offset of the closing quote behind the cursor; the text's end when there is none. */
static size_t find_quote(const struct parser *p)
{
    size_t at = p->at;
    while (at < p->text.n && p->text.p[at] != '"') {
        at += p->text.p[at] == '\\' ? 2 : 1;
    }
    return at < p->text.n ? at : p->text.n;
}

/* Room for what `n` bytes of source can decode to: repair makes three bytes of one, nothing else grows. */
static char *string_room(struct parser *p, size_t n)
{
    size_t size;
    if (!fn_mul_size(n, (p->flags & FN_JSON_REPAIR) != 0 ? 3 : 1, &size) || !fn_add_size(size, 5, &size)) {
        return NULL;
    }
    return fn_arena_alloc(p->arena, size);
}

/* Whether one of eight bytes is a quote, a backslash, a control or no ASCII. */
static bool any_special(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101u, high = ones * 0x80;
    return (((w ^ ones * '"') - ones) | ((w ^ ones * '\\') - ones) | (w - ones * 0x20) | w) & high;
}

/* The common string is plain ASCII without escapes, and copied at once. Its length when the closing quote follows, or SIZE_MAX. */
static size_t plain_length(const struct parser *p)
{
    const char *from = p->text.p + p->at;
    size_t n = p->text.n - p->at, i = 0;
    for (uint64_t w; i + sizeof w <= n; i += sizeof w) {
        memcpy(&w, from + i, sizeof w);
        if (any_special(w)) {
            break;
        }
    }
    while (i < n && from[i] != '"' && from[i] != '\\' && (unsigned char)from[i] >= 0x20 &&
           (unsigned char)from[i] < 0x80) {
        i++;
    }
    return i < n && from[i] == '"' ? i : SIZE_MAX;
}

static enum fn_code decode_string(struct parser *p, char *to, struct fn_str *out)
{
    size_t n = 0;
    while (peek(p) != '"' || p->at >= p->text.n) {
        int32_t cp = p->at < p->text.n ? parse_char(p) : -1;
        if (cp < 0) {
            return invalid(p, "a malformed string");
        }
        n += fn_utf8_encode(cp, to + n);
    }
    p->at++;
    to[n] = '\0';
    *out = (struct fn_str){to, n};
    return FN_OK;
}

/* The cursor is behind the opening quote. */
static enum fn_code parse_string(struct parser *p, struct fn_str *out)
{
    size_t plain = plain_length(p);
    if (plain != SIZE_MAX) {
        *out = fn_arena_dup(p->arena, (struct fn_str){p->text.p + p->at, plain});
        p->at += plain + 1;
        return out->p != NULL ? FN_OK : no_memory(p);
    }
    char *to = string_room(p, find_quote(p) - p->at);
    return to != NULL ? decode_string(p, to, out) : no_memory(p);
}

/* --- numbers and words ------------------------------------------------------------------------------------------ */

static size_t skip_digits(struct parser *p)
{
    size_t from = p->at;
    while (peek(p) >= '0' && peek(p) <= '9') {
        p->at++;
    }
    return p->at - from;
}

static bool scan_number(struct parser *p)
{
    take(p, '-');
    if (!take(p, '0') && skip_digits(p) == 0) {
        return false;
    }
    if (take(p, '.') && skip_digits(p) == 0) {
        return false;
    }
    if (take(p, 'e') || take(p, 'E')) {
        if (!take(p, '+')) {
            take(p, '-');
        }
        return skip_digits(p) != 0;
    }
    return true;
}

static enum fn_code parse_number(struct parser *p, struct fn_json *node)
{
    size_t from = p->at;
    if (!scan_number(p)) {
        return invalid(p, "expected a value");
    }
    node->kind = FN_JSON_NUMBER;
    node->text = fn_arena_dup(p->arena, (struct fn_str){p->text.p + from, p->at - from});
    return node->text.p != NULL ? FN_OK : no_memory(p);
}

static bool take_word(struct parser *p, struct fn_str word)
{
    struct fn_str rest = {p->text.p + p->at, p->text.n - p->at};
    if (!fn_str_starts(rest, word)) {
        return false;
    }
    p->at += word.n;
    return true;
}

/* --- containers ------------------------------------------------------------------------------------------------- */

/* NULL past the limit or without memory: no_node says which. */
static struct fn_json *new_node(struct parser *p)
{
    if (p->nodes == MAX_NODES) {
        return NULL;
    }
    p->nodes++;
    return fn_arena_alloc(p->arena, sizeof(struct fn_json));
}

static enum fn_code no_node(struct parser *p)
{
    if (p->arena->failed) {
        return no_memory(p);
    }
    return fn_fail(p->err, FN_LIMIT, "JSON: more than %d values", MAX_NODES);
}

static void append(struct parser *p, struct fn_json *node)
{
    if (p->depth == 0) {
        return;
    }
    struct container *top = &p->open[p->depth - 1];
    node->key = top->node->kind == FN_JSON_OBJECT ? p->key : FN_STR_NULL;
    if (top->last != NULL) {
        top->last->next = node;
    } else {
        top->node->first = node;
    }
    top->last = node;
    top->node->n++;
}

static enum fn_code push(struct parser *p, struct fn_json *node, enum fn_json_kind kind)
{
    if (p->depth == FN_JSON_DEPTH) {
        return fn_fail(p->err, FN_LIMIT, "JSON: byte %zu: deeper than %d", p->at, FN_JSON_DEPTH);
    }
    node->kind = kind;
    p->open[p->depth++] = (struct container){node, NULL};
    return FN_OK;
}

/* A value at the cursor; *opened when it is a container, whose children come next. */
static enum fn_code parse_value(struct parser *p, struct fn_json *node, bool *opened)
{
    *opened = true;
    if (take(p, '{')) {
        return push(p, node, FN_JSON_OBJECT);
    }
    if (take(p, '[')) {
        return push(p, node, FN_JSON_ARRAY);
    }
    *opened = false;
    if (take(p, '"')) {
        node->kind = FN_JSON_STRING;
        return parse_string(p, &node->text);
    }
    if (take_word(p, FN_STR("null"))) {
        node->kind = FN_JSON_NULL;
    } else if (take_word(p, FN_STR("true"))) {
        node->kind = FN_JSON_TRUE;
    } else if (take_word(p, FN_STR("false"))) {
        node->kind = FN_JSON_FALSE;
    } else {
        return parse_number(p, node);
    }
    return FN_OK;
}

static enum fn_code parse_key(struct parser *p)
{
    skip_space(p);
    if (!take(p, '"')) {
        return invalid(p, "expected a key");
    }
    enum fn_code code = parse_string(p, &p->key);
    if (code != FN_OK) {
        return code;
    }
    skip_space(p);
    return take(p, ':') ? FN_OK : invalid(p, "expected ':'");
}

static enum fn_code close_top(struct parser *p)
{
    struct fn_json *node = p->open[--p->depth].node;
    if (node->kind != FN_JSON_OBJECT || node->n < 2) {
        return FN_OK;
    }
    enum fn_code code = fn_json_check_keys(node, (p->flags & FN_JSON_ALLOW_DUPLICATES) != 0);
    if (code == FN_INVALID) {
        return invalid(p, "a key stands twice in this object");
    }
    return code == FN_OK ? FN_OK : no_memory(p);
}

/* After a value: closes what ends here, or reads the comma. *done when the outermost value is complete. */
static enum fn_code after_value(struct parser *p, bool *done)
{
    while (p->depth > 0) {
        bool object = p->open[p->depth - 1].node->kind == FN_JSON_OBJECT;
        skip_space(p);
        if (take(p, ',')) {
            return object ? parse_key(p) : FN_OK;
        }
        if (!take(p, object ? '}' : ']')) {
            return invalid(p, object ? "expected ',' or '}'" : "expected ',' or ']'");
        }
        enum fn_code code = close_top(p);
        if (code != FN_OK) {
            return code;
        }
    }
    *done = true;
    return FN_OK;
}

/* After an opening bracket: an empty container is a complete value, an object's first key is read. */
static enum fn_code after_open(struct parser *p, bool *done)
{
    bool object = p->open[p->depth - 1].node->kind == FN_JSON_OBJECT;
    skip_space(p);
    if (take(p, object ? '}' : ']')) {
        p->depth--;
        return after_value(p, done);
    }
    return object ? parse_key(p) : FN_OK;
}

static enum fn_code parse_tree(struct parser *p, const struct fn_json **root)
{
    for (bool done = false; !done;) {
        bool opened = false;
        struct fn_json *node = new_node(p);
        if (node == NULL) {
            return no_node(p);
        }
        *root = *root != NULL ? *root : node;
        append(p, node);
        skip_space(p);
        enum fn_code code = parse_value(p, node, &opened);
        if (code == FN_OK) {
            code = opened ? after_open(p, &done) : after_value(p, &done);
        }
        if (code != FN_OK) {
            return code;
        }
    }
    return FN_OK;
}

enum fn_code fn_json_parse(struct fn_arena *arena, struct fn_str text, unsigned flags, const struct fn_json **out,
                           struct fn_err *err)
{
    struct parser p = {.arena = arena, .text = {text.p != NULL ? text.p : "", text.n}, .flags = flags, .err = err};
    const struct fn_json *root = NULL;
    enum fn_code code = parse_tree(&p, &root);
    if (code != FN_OK) {
        return code;
    }
    skip_space(&p);
    if (p.at != p.text.n) {
        return invalid(&p, "something follows the value");
    }
    *out = root;
    return FN_OK;
}

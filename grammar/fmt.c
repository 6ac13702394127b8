/* fmt.c: formats declaration by declaration, and checks the result against the source. See fgr_fmt.h.
 *
 * A declaration is formatted when recovery did not touch it; else its bytes are copied, with all that lies between it and its
 * formatted neighbours. Names that the target's spelling would take for keywords where they stand are found by parsing the result:
 * a name that comes back as a word gets backticks, and the text is made again.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fmt.h"

enum { TRIES = 12, REPARSE_DIAGS = 4 };

/* Tokens [from, to) of one declaration, the line break behind it not counted. */
struct piece {
    uint32_t from, to;
    bool healthy, multiline;
};

static bool gap_is_clean(const struct fgr_tree *t, uint32_t a, uint32_t b, uint32_t *comment)
{
    while (a < b) {
        while (*comment < t->n_comments && t->comments[*comment].span.b <= a) {
            ++*comment;
        }
        char c = t->source.text.p[a];
        if (*comment < t->n_comments && t->comments[*comment].span.a == a) {
            a = t->comments[*comment].span.b;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            a++;
        } else if (a == 0 && b >= 3 && (unsigned char)c == 0xEF) {
            a += 3;                            /* byte order mark */
        } else if ((unsigned char)c >= 0x80) { /* other blanks the scanner skips */
            a++;
        } else {
            return false;
        }
    }
    return true;
}

static bool token_is_healthy(const struct fgr_tree *t, uint32_t i, uint32_t *comment)
{
    uint32_t before = i > 0 ? t->tokens[i - 1].span.b : 0;
    return !(t->tokens[i].flags & (FGR_TOKEN_MADE | FGR_TOKEN_DOUBTFUL)) &&
           gap_is_clean(t, before, t->tokens[i].span.a, comment);
}

static struct piece next_piece(const struct fgr_tree *t, uint32_t from, uint32_t *comment)
{
    struct piece p = {.from = from, .to = from, .healthy = true};
    uint32_t depth = 0;
    for (; t->tokens[p.to].kind != FGR_TOK_EOF && (depth > 0 || t->tokens[p.to].kind != FGR_TOK_NL); p.to++) {
        uint16_t kind = t->tokens[p.to].kind;
        depth += kind == FGR_TOK_LBRACE ? 1 : 0;
        depth -= kind == FGR_TOK_RBRACE && depth > 0 ? 1 : 0;
        p.healthy = token_is_healthy(t, p.to, comment) && p.healthy;
        p.multiline = p.multiline || (p.to > from && (t->tokens[p.to].flags & FGR_TOKEN_FIRST));
    }
    /* what follows on the way to the next declaration was perhaps dropped: then this one stays too */
    p.healthy = token_is_healthy(t, p.to, comment) && p.healthy;
    return p;
}

/* Marks the braces of blocks that span lines. */
static void match_braces(struct fmt *f)
{
    const struct fgr_tree *t = f->tree;
    uint32_t open[FGR_NEST_MAX + 1], depth = 0;
    for (uint32_t i = 0; i < t->n_tokens; i++) {
        if (t->tokens[i].kind == FGR_TOK_LBRACE && depth <= FGR_NEST_MAX) {
            open[depth++] = i;
        } else if (t->tokens[i].kind == FGR_TOK_RBRACE && depth > 0) {
            uint32_t from = open[--depth];
            bool spans = false;
            for (uint32_t j = from + 1; j <= i && !spans; j++) {
                spans = (t->tokens[j].flags & FGR_TOKEN_FIRST) != 0;
            }
            f->match[from] = spans ? i : 0;
            f->match[i] = spans ? from + 1 : 0; /* from may be 0 */
        }
    }
}

static uint32_t piece_end(const struct fgr_tree *t, const struct piece *p)
{
    return p->to > p->from ? t->tokens[p->to - 1].span.b : t->tokens[p->from].span.a;
}

/* Copies source bytes [a, b) and passes over the comments in them. */
static void copy_raw(struct fmt *f, uint32_t a, uint32_t b)
{
    fn_buf_str(f->out, fmt_slice(f->tree, (struct fn_span){a, b}));
    while (f->comment < f->tree->n_comments && f->tree->comments[f->comment].span.a < b) {
        f->comment++;
    }
}

static void put_healthy(struct fmt *f, const struct piece *p, const struct piece *last)
{
    bool blank = last->to > 0 && (last->multiline || p->multiline);
    bool comments = f->comment < f->tree->n_comments && f->tree->comments[f->comment].before <= p->from;
    bool kept = (f->tree->tokens[p->from].flags & FGR_TOKEN_BLANK) != 0;
    if (comments) {
        fmt_comments_before(f, p->from, blank);
    }
    if (f->out->n > 0 && (comments ? kept : blank || kept)) {
        fn_buf_char(f->out, '\n');
    }
    fmt_print(f, p->from, p->to);
}

/* From source byte `copied` on, bytes are copied until the next piece that is formatted. */
static void begin_raw(struct fmt *f, struct piece *last, uint32_t copied)
{
    if (last->healthy && f->out->n > 0 && copied > 0) {
        f->out->n--; /* the line break comes with the copied bytes */
    }
    last->healthy = false;
}

static void put_pieces(struct fmt *f, bool *ret_broken)
{
    const struct fgr_tree *t = f->tree;
    struct piece last = {.healthy = true};
    uint32_t comment = 0, copied = 0; /* copied: source bytes already out */
    for (uint32_t i = 0;;) {
        uint16_t kind = t->tokens[i].kind;
        if (kind == FGR_TOK_NL || kind == FGR_TOK_EOF) {
            bool looked_at = i > 0 && i == last.to;
            if (!looked_at && !token_is_healthy(t, i, &comment)) { /* it ends a line that was dropped */
                begin_raw(f, &last, copied);
                *ret_broken = true;
            }
            if (kind == FGR_TOK_EOF) {
                break;
            }
            i++;
            continue;
        }
        struct piece p = next_piece(t, i, &comment);
        uint32_t end = piece_end(t, &p);
        if (p.healthy) {
            if (!last.healthy) {
                copy_raw(f, copied, t->tokens[p.from].span.a);
                fmt_print(f, p.from, p.to);
            } else {
                put_healthy(f, &p, &last);
            }
        } else {
            begin_raw(f, &last, copied);
            copy_raw(f, copied, end);
            *ret_broken = true;
        }
        copied = end;
        last = p;
        i = p.to;
    }
    if (!last.healthy) {
        copy_raw(f, copied, (uint32_t)t->source.text.n);
    } else {
        fmt_comments_before(f, t->n_tokens, false);
    }
}

static uint32_t skip_breaks(const struct fgr_tree *t, uint32_t i)
{
    while (i < t->n_tokens && t->tokens[i].kind == FGR_TOK_NL) {
        i++;
    }
    return i;
}

/* What a token means, whatever its spelling: a word, or the bytes of a name, number or text. */
static bool same_token(const struct fgr_tree *t, const struct fgr_token *a, const struct fgr_tree *u,
                       const struct fgr_token *b)
{
    bool name_a = fmt_is_name(a), name_b = fmt_is_name(b);
    if (name_a || name_b) {
        return name_a && name_b && fn_str_eq(fmt_bare_name(t, a), fmt_bare_name(u, b));
    }
    if (a->kind != b->kind) {
        return false;
    }
    bool exact = fgr_word_of(a->kind) == NULL && a->kind != FGR_TOK_TEXT && a->kind != FGR_TOK_MINUS;
    return !exact || fn_str_eq(fmt_slice(t, a->span), fmt_slice(u, b->span));
}

/* Marks the names that came back as words; false when nothing was marked. */
static bool mark_taken_names(struct fmt *f, const struct fgr_tree *again)
{
    const struct fgr_tree *t = f->tree;
    bool marked = false;
    uint32_t i = skip_breaks(t, 0), j = skip_breaks(again, 0);
    while (i < t->n_tokens && j < again->n_tokens) {
        const struct fgr_token *a = &t->tokens[i], *b = &again->tokens[j];
        if (fmt_is_name(a) && !fmt_is_name(b) && fgr_word_of(b->kind) != NULL && !f->quoted[i]) {
            f->quoted[i] = 1;
            marked = true;
        } else if (!same_token(t, a, again, b)) {
            break;
        }
        i = skip_breaks(t, i + 1);
        j = skip_breaks(again, j + 1);
    }
    return marked;
}

static bool same_tokens(const struct fgr_tree *t, const struct fgr_tree *u)
{
    uint32_t i = skip_breaks(t, 0), j = skip_breaks(u, 0);
    while (i < t->n_tokens && j < u->n_tokens) {
        if (!same_token(t, &t->tokens[i], u, &u->tokens[j])) {
            return false;
        }
        i = skip_breaks(t, i + 1);
        j = skip_breaks(u, j + 1);
    }
    return i == t->n_tokens && j == u->n_tokens;
}

static bool same_comments(const struct fgr_tree *t, const struct fgr_tree *u)
{
    bool same = t->n_comments == u->n_comments;
    for (uint32_t i = 0; same && i < t->n_comments; i++) {
        same = fn_str_eq(fmt_slice(t, t->comments[i].span), fmt_slice(u, u->comments[i].span));
    }
    return same;
}

static enum fn_code reparse(struct fn_arena *scratch, struct fn_str text, struct fgr_tree *ret_tree)
{
    struct fn_diag_list diags;
    fn_diag_list_init(&diags, scratch, REPARSE_DIAGS);
    return fgr_parse(scratch, FN_STR_NULL, text, &diags, ret_tree);
}

static void print(struct fmt *f, bool *ret_broken)
{
    fn_buf_clear(f->out);
    f->comment = 0;
    *ret_broken = false;
    put_pieces(f, ret_broken);
}

static enum fn_code make(struct fmt *f, struct fn_arena *scratch, struct fgr_tree *ret_again, bool *ret_broken)
{
    for (int i = 0; i < TRIES; i++) {
        memset(f->pads, 0, f->tree->n_tokens * sizeof *f->pads);
        print(f, ret_broken);
        fmt_align(f, f->tree->file);
        print(f, ret_broken);
        if (f->out->failed) {
            return FN_LIMIT;
        }
        enum fn_code code = reparse(scratch, fn_buf_view(f->out), ret_again);
        if (code != FN_OK || *ret_broken || !mark_taken_names(f, ret_again)) {
            return code;
        }
    }
    return FN_OK;
}

static enum fn_code run(struct fmt *f, struct fn_arena *scratch, bool translates, enum fgr_fmt_result *ret_result)
{
    const struct fgr_tree *t = f->tree;
    struct fgr_tree again;
    bool broken = false;
    for (uint32_t i = 0; i < t->n_tokens; i++) {
        f->quoted[i] = fmt_always_quoted(f, i);
    }
    match_braces(f);
    enum fn_code code = make(f, scratch, &again, &broken);
    if (code != FN_OK) {
        return code;
    }
    bool same = same_tokens(t, &again) && same_comments(t, &again) && fgr_hash(t->file) == fgr_hash(again.file);
    if (!same || (broken && translates)) {
        *ret_result = broken && translates ? FGR_FMT_BROKEN : FGR_FMT_REFUSED;
        fn_buf_clear(f->out);
        fn_buf_str(f->out, t->source.text);
        return FN_OK;
    }
    bool unchanged = fn_str_eq(fn_buf_view(f->out), t->source.text);
    *ret_result = broken ? FGR_FMT_BROKEN : unchanged ? FGR_FMT_UNCHANGED : FGR_FMT_DONE;
    return FN_OK;
}

enum fn_code fgr_fmt(struct fn_buf *out, const struct fgr_tree *t, enum fgr_fmt_lang lang, struct fn_arena *scratch,
                     enum fgr_fmt_result *ret_result)
{
    struct fn_buf text;
    fn_buf_init(&text, t->source.text.n * 4 + 4096);
    bool portuguese = lang == FGR_FMT_KEEP ? t->spelling == FN_PT : lang == FGR_FMT_PT;
    struct fmt f = {.out = &text, .tree = t, .portuguese = portuguese};
    f.quoted = fn_arena_array(scratch, t->n_tokens + 1U, sizeof *f.quoted);
    f.match = fn_arena_array(scratch, t->n_tokens + 1U, sizeof *f.match);
    f.columns = fn_arena_array(scratch, t->n_tokens + 1U, sizeof *f.columns);
    f.pads = fn_arena_array(scratch, t->n_tokens + 1U, sizeof *f.pads);
    enum fn_code code = scratch->failed ? FN_NO_MEMORY : FN_OK;
    if (code == FN_OK) {
        code = run(&f, scratch, portuguese != (t->spelling == FN_PT), ret_result);
    }
    if (code == FN_OK) {
        fn_buf_str(out, fn_buf_view(&text));
        code = out->failed ? FN_LIMIT : FN_OK;
    }
    fn_buf_fini(&text);
    return code;
}

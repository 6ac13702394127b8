/* scan.c: a source becomes tokens. Copies and cleans the bytes, finds the lines and the spelling, runs the scanner.
 *
 * Bytes that no lexer should meet (NUL, control characters, what is not UTF-8) are told here and replaced by blanks of the same
 * length in the copy, so offsets stay those of the file. What must never happen: reading past the copy's NUL.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "lexer.h"

enum { TOLD_BYTES_MAX = 10 };

static bool is_control(unsigned char c)
{
    return (c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7F;
}

enum {
    RUN = 64
}; /* bytes looked at at once: a loop without a way out, which the compiler turns into a few wide steps */

static bool run_is_plain(const unsigned char *p)
{
    unsigned char controls = 0;
    for (size_t i = 0; i < RUN; i++) {
        controls |= (unsigned char)((p[i] < 0x20) & (p[i] != '\n') & (p[i] != '\t')) | (p[i] == 0x7F);
    }
    return controls == 0;
}

/* Bytes at the front, whole runs, that hold no control but line breaks and tabs: nearly all there are. */
static size_t plain_runs(const char *text, size_t n)
{
    size_t i = 0;
    while (n - i >= RUN && run_is_plain((const unsigned char *)text + i)) {
        i += RUN;
    }
    return i;
}

static void clean_controls(struct lexer *lx, char *text, size_t n)
{
    unsigned told = 0;
    for (size_t i = 0; i < n; i++) {
        i += i % RUN == 0 ? plain_runs(text + i, n - i) : 0;
        if (i == n || !is_control((unsigned char)text[i])) {
            continue;
        }
        if (told++ < TOLD_BYTES_MAX) {
            struct fn_span at = {(uint32_t)i, (uint32_t)i + 1};
            struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_CONTROL_BYTE, at);
            fn_diag_arg(d, "byte", fn_arena_printf(lx->arena, "U+%04X", (unsigned)(unsigned char)text[i]));
            fn_diag_fix(d, FN_FIX_SAFE, at, FN_STR_NULL);
        }
        text[i] = ' ';
    }
}

/* One report for a run of bad bytes, which become blanks. */
static void clean_bad(struct lexer *lx, struct fn_str s, char *text, size_t *at, unsigned *told)
{
    size_t from = *at;
    for (size_t next = from; *at < s.n && fn_utf8_next(s, &next) < 0;) {
        *at = next;
    }
    if ((*told)++ < TOLD_BYTES_MAX) {
        fgr_diag_add(lx->diags, FGR_D_BAD_UTF8, (struct fn_span){(uint32_t)from, (uint32_t)*at});
    }
    memset(text + from, ' ', *at - from);
}

static void clean_utf8(struct lexer *lx, char *text, size_t n)
{
    unsigned told = 0;
    struct fn_str s = {text, n};
    for (size_t at = 0; at < n;) {
        at += fn_utf8_ascii((struct fn_str){text + at, n - at});
        size_t next = at;
        if (at < n && fn_utf8_next(s, &next) < 0) {
            clean_bad(lx, s, text, &at, &told);
        } else {
            at = next;
        }
    }
}

static void check_line(struct lexer *lx, uint32_t from, uint32_t to)
{
    if (to - from > FGR_LINE_MAX) {
        struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_LINE_TOO_LONG, (struct fn_span){from, from + 1});
        fn_diag_arg(d, "size", fn_arena_printf(lx->arena, "%u", to - from));
        fn_diag_arg(d, "max", fn_arena_printf(lx->arena, "%d", FGR_LINE_MAX));
    }
}

static size_t count_breaks(struct fn_str s)
{
    size_t n = 0, i = 0;
    for (; s.n - i >= RUN; i += RUN) {
        unsigned char breaks = 0;
        for (size_t k = 0; k < RUN; k++) {
            breaks = (unsigned char)(breaks + (s.p[i + k] == '\n'));
        }
        n += breaks;
    }
    for (; i < s.n; i++) {
        n += s.p[i] == '\n';
    }
    return n;
}

static bool find_lines(struct lexer *lx, struct fgr_source *source)
{
    struct fn_str s = source->text;
    source->lines = fn_arena_array(lx->arena, count_breaks(s) + 1, sizeof *source->lines);
    if (source->lines == NULL) {
        return false;
    }
    source->n_lines = 1;
    for (const char *p = s.p; (p = memchr(p, '\n', s.n - (size_t)(p - s.p))) != NULL; p++) {
        uint32_t next = (uint32_t)(p - s.p) + 1;
        check_line(lx, source->lines[source->n_lines - 1], next);
        source->lines[source->n_lines++] = next;
    }
    check_line(lx, source->lines[source->n_lines - 1], (uint32_t)s.n);
    return true;
}

/* Length of the word at the start of a line; 0 for none. */
static size_t word_at(struct fn_str s, size_t at)
{
    size_t n = 0;
    while (at + n < s.n && ((s.p[at + n] >= 'a' && s.p[at + n] <= 'z') || (unsigned char)s.p[at + n] >= 0x80)) {
        n++;
    }
    return n;
}

static size_t skip_blanks(struct fn_str s, size_t at)
{
    while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t' || s.p[at] == '\r')) {
        at++;
    }
    return at;
}

/* The first word decides; a file without its first line is judged by the words that begin its lines. */
static enum fn_lang find_spelling(const struct fgr_source *source, const struct word_table *en,
                                  const struct word_table *pt)
{
    unsigned score_en = 0, score_pt = 0;
    for (uint32_t i = 0; i < source->n_lines && score_en + score_pt < 40; i++) {
        size_t at = skip_blanks(source->text, source->lines[i]);
        if (i == 0 && fn_str_starts(source->text, FN_STR("\xEF\xBB\xBF"))) {
            at = skip_blanks(source->text, 3);
        }
        struct fn_str word = {source->text.p + at, word_at(source->text, at)};
        const struct fgr_word *e = word_table_find(en, word), *p = word_table_find(pt, word);
        bool head_e = e != NULL && (e->token == FGR_TOK_FUNNEL || e->token == FGR_TOK_MODULE);
        bool head_p = p != NULL && (p->token == FGR_TOK_FUNNEL || p->token == FGR_TOK_MODULE);
        if (head_e || head_p) {
            return head_p ? FN_PT : FN_EN;
        }
        score_en += e != NULL && p == NULL ? 1 : 0;
        score_pt += p != NULL && e == NULL ? 1 : 0;
    }
    return score_pt > score_en ? FN_PT : FN_EN;
}

static bool prepare(struct lexer *lx, struct fgr_tree *tree)
{
    struct fgr_source *source = &tree->source;
    char *copy = fn_arena_alloc(lx->arena, source->text.n + 1);
    if (copy == NULL) {
        return false;
    }
    if (source->text.n > 0) {
        memcpy(copy, source->text.p, source->text.n);
    }
    clean_controls(lx, copy, source->text.n);
    clean_utf8(lx, copy, source->text.n);
    source->text.p = copy;
    const struct word_table *en = word_table_new(lx->arena, false), *pt = word_table_new(lx->arena, true);
    if (!find_lines(lx, source) || en == NULL || pt == NULL) {
        return false;
    }
    tree->spelling = find_spelling(source, en, pt);
    lx->portuguese = tree->spelling == FN_PT;
    lx->words = lx->portuguese ? pt : en;
    return true;
}

static bool start(struct lexer *lx, struct fgr_tree *tree)
{
    struct fn_str s = tree->source.text;
    lx->start = (const unsigned char *)s.p;
    lx->limit = lx->start + s.n;
    lx->cursor = lx->start + (fn_str_starts(s, FN_STR("\xEF\xBB\xBF")) ? 3 : 0);
    lx->cap_tokens = 64 + (uint32_t)(s.n / 4);
    lx->tokens = fn_arena_array(lx->arena, lx->cap_tokens, sizeof *lx->tokens);
    lexer_enter_code(lx);
    return lx->tokens != NULL;
}

enum fn_code scan_source(struct fn_arena *arena, struct fn_diag_list *diags, struct fgr_tree *tree)
{
    struct lexer lx = {.arena = arena, .diags = diags, .tree = tree};
    if (!prepare(&lx, tree) || !start(&lx, tree)) {
        return FN_NO_MEMORY;
    }
    while (!arena->failed && lexer_step(&lx)) {
    }
    uint32_t end = lex_at(&lx, lx.limit);
    while (lx.n_texts > 0) {
        lex_abandon_text(&lx, end);
    }
    lex_push(&lx, FGR_TOK_EOF, (struct fn_span){end, end});
    tree->tokens = tree->scanned = lx.tokens;
    tree->n_tokens = tree->n_scanned = lx.n_tokens;
    tree->comments = lx.comments;
    tree->n_comments = lx.n_comments;
    return arena->failed ? FN_NO_MEMORY : FN_OK;
}

/* emit_code.c: one function being written: its registers, words, jumps, line table.
 *
 * A label is a number; jumps to a label that is not placed yet wait in its chain. A jump to a placed label goes backward (LOOP).
 * Failure (too many registers, a jump out of reach) is sticky in struct emit.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

#include <stdarg.h>
#include <stdio.h>

enum { CODE_MAX = 4 << 20 };

void emit_fail(struct emit *e, enum fn_code code, const char *format, ...)
{
    if (e->code != FN_OK) {
        return;
    }
    char text[sizeof e->err->text];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    e->code = fn_fail(e->err, code, "%.*s: %s", FN_STR_ARG(e->unit.name), text);
}

void emit_code_begin(struct emit *e, struct emit_code *c)
{
    *c = (struct emit_code){.last_line = UINT32_MAX};
    fn_buf_init(&c->words, CODE_MAX);
    fn_buf_init(&c->lines, CODE_MAX);
    fn_buf_init(&c->labels, CODE_MAX);
    fn_buf_init(&c->fixups, CODE_MAX);
    e->c = c;
}

static uint32_t n_words(const struct emit_code *c)
{
    return (uint32_t)(c->words.n / sizeof(uint32_t));
}

static uint32_t *word_at(struct emit_code *c, uint32_t i)
{
    return (uint32_t *)(void *)c->words.p + i;
}

static struct emit_label *label_at(struct emit_code *c, uint32_t i)
{
    return (struct emit_label *)(void *)c->labels.p + i;
}

void emit_code_end(struct emit *e, uint16_t func)
{
    struct emit_code *c = e->c;
    if (c->words.failed || c->lines.failed || c->labels.failed || c->fixups.failed) {
        emit_fail(e, FN_LIMIT, "too much code");
    }
    if (e->code == FN_OK) {
        fbc_build_body(e->b, func, c->types, c->n_regs, (const uint32_t *)(const void *)c->words.p, n_words(c),
                       (const struct fbc_line *)(const void *)c->lines.p,
                       (uint32_t)(c->lines.n / sizeof(struct fbc_line)));
    }
    fn_buf_fini(&c->words);
    fn_buf_fini(&c->lines);
    fn_buf_fini(&c->labels);
    fn_buf_fini(&c->fixups);
    e->c = NULL;
}

/* -- registers ------------------------------------------------------------------------------------------------------------- */

static bool window_fits(const struct emit_code *c, unsigned at, const uint16_t *types, unsigned n)
{
    for (unsigned i = 0; i < n && at + i < c->n_regs; i++) {
        if (c->busy[at + i] || c->types[at + i] != types[i]) {
            return false;
        }
    }
    return true;
}

unsigned emit_window(struct emit *e, const uint16_t *types, unsigned n)
{
    struct emit_code *c = e->c;
    unsigned at = 0;
    while (at < c->n_regs && !window_fits(c, at, types, n)) {
        at++;
    }
    if (at + n > FBC_REGS_MAX) {
        emit_fail(e, FN_LIMIT, "needs more than %d registers", (int)FBC_REGS_MAX);
        return 0;
    }
    for (unsigned i = 0; i < n; i++) {
        c->types[at + i] = types[i];
        c->busy[at + i] = true;
        c->stack[c->n_stack++] = (uint8_t)(at + i);
    }
    c->n_regs = at + n > c->n_regs ? at + n : c->n_regs;
    return at;
}

unsigned emit_reg(struct emit *e, uint16_t type)
{
    return emit_window(e, &type, 1);
}

unsigned emit_mark(const struct emit *e)
{
    return e->c->n_stack;
}

void emit_release(struct emit *e, unsigned mark)
{
    while (e->c->n_stack > mark) {
        unsigned reg = e->c->stack[--e->c->n_stack];
        e->c->busy[reg] = false;
        e->c->stale[reg] = true;
    }
}

void emit_forget(struct emit *e)
{
    struct emit_code *c = e->c;
    for (unsigned i = 0; i < c->n_regs; i++) {
        if (c->stale[i] && !c->busy[i] && !emit_is_plain(e, c->types[i])) {
            emit_op(e, FBC_OP_ZERO, i, 0, 0);
        }
    }
}

/* -- words ------------------------------------------------------------------------------------------------------------------- */

static bool is_end(enum fbc_op op)
{
    return op == FBC_OP_JMP || op == FBC_OP_LOOP || op == FBC_OP_RET || op == FBC_OP_RETV || op == FBC_OP_GOTO ||
           op == FBC_OP_END || op == FBC_OP_FAIL;
}

static void put_word(struct emit *e, uint32_t w)
{
    fn_buf_put(&e->c->words, &w, sizeof w);
    e->c->dead = is_end((enum fbc_op)(w & 255u));
}

void emit_op(struct emit *e, enum fbc_op op, unsigned a, unsigned b, unsigned c)
{
    if (!e->c->dead) {
        put_word(e, fbc_word(op, a, b, c));
        e->c->suspended = op == FBC_OP_AWAIT ? n_words(e->c) : e->c->suspended;
    }
}

void emit_op16(struct emit *e, enum fbc_op op, unsigned a, unsigned imm)
{
    if (!e->c->dead) {
        put_word(e, fbc_word16(op, a, imm));
        e->c->suspended = op == FBC_OP_HOST ? n_words(e->c) : e->c->suspended;
    }
}

void emit_line(struct emit *e, const struct fgr_node *n)
{
    if (e->unit.file != 0 || e->c->last_line == n->span.a || e->c->dead) {
        return;
    }
    struct fbc_line line = {n_words(e->c), n->span.a};
    struct fn_buf *lines = &e->c->lines;
    const struct fbc_line *last = (const struct fbc_line *)(const void *)lines->p;
    size_t n_lines = lines->n / sizeof line;
    if (n_lines > 0 && last[n_lines - 1].word == line.word) {
        lines->n -= sizeof line; /* a word has one line */
    }
    fn_buf_put(lines, &line, sizeof line);
    e->c->last_line = n->span.a;
}

void emit_goto(struct emit *e, uint16_t stage)
{
    emit_op16(e, FBC_OP_GOTO, 0, stage);
}

/* -- jumps ------------------------------------------------------------------------------------------------------------------- */

uint32_t emit_label(struct emit *e)
{
    struct emit_label l = {EMIT_NO_LABEL, 0};
    fn_buf_put(&e->c->labels, &l, sizeof l);
    return (uint32_t)(e->c->labels.n / sizeof l) - 1;
}

static void patch(struct emit *e, uint32_t word, uint32_t distance)
{
    uint32_t *w = word_at(e->c, word);
    unsigned op = *w & 255u;
    if (op == FBC_OP_JF || op == FBC_OP_JT) {
        if (distance > UINT16_MAX) {
            emit_fail(e, FN_LIMIT, "a jump is too long");
        }
        *w = (*w & 0xFFFFu) | (distance << 16);
    } else {
        *w = op | (distance << 8);
    }
}

void emit_place(struct emit *e, uint32_t label)
{
    struct emit_code *c = e->c;
    if (c->labels.failed || c->words.failed || c->fixups.failed) {
        return;
    }
    struct emit_label *l = label_at(c, label);
    const struct emit_fixup *fixups = (const struct emit_fixup *)(const void *)c->fixups.p;
    uint32_t here = n_words(c);
    l->at = here;
    if (l->first != 0) {
        c->dead = false;
    }
    for (uint32_t i = l->first; i != 0; i = fixups[i - 1].next) {
        patch(e, fixups[i - 1].word, here - fixups[i - 1].base);
    }
    c->last_line = UINT32_MAX;
}

static void wait_for(struct emit *e, uint32_t label, uint32_t word, uint32_t base)
{
    struct emit_code *c = e->c;
    if (c->labels.failed) {
        return;
    }
    struct emit_label *l = label_at(c, label);
    struct emit_fixup f = {word, l->first, base};
    fn_buf_put(&c->fixups, &f, sizeof f);
    l->first = (uint32_t)(c->fixups.n / sizeof f);
}

void emit_jump(struct emit *e, uint32_t label)
{
    struct emit_code *c = e->c;
    if (c->dead || c->labels.failed) {
        return;
    }
    uint32_t here = n_words(c);
    uint32_t to = label_at(c, label)->at;
    if (to != EMIT_NO_LABEL) {
        if (c->suspended > to) { /* where this round waits, it would save what the last one left behind it */
            emit_forget(e);
        }
        put_word(e, fbc_word24(FBC_OP_LOOP, n_words(c) + 1 - to));
        return;
    }
    put_word(e, fbc_word24(FBC_OP_JMP, 0));
    wait_for(e, label, here, here + 1);
}

/* Conditional jumps go forward only: the caller of a backward one jumps round a LOOP. */
void emit_jump_if(struct emit *e, unsigned reg, bool truth, uint32_t label)
{
    if (e->c->dead) {
        return;
    }
    uint32_t here = n_words(e->c);
    put_word(e, fbc_word16(truth ? FBC_OP_JT : FBC_OP_JF, reg, 0));
    wait_for(e, label, here, here + 1);
}

void emit_unwrap(struct emit *e, unsigned option, unsigned has, unsigned into, uint32_t none)
{
    emit_op(e, FBC_OP_HAS, has, option, 0);
    emit_jump_if(e, has, false, none);
    emit_op(e, FBC_OP_OPEN, into, option, 0);
}

void emit_switch(struct emit *e, unsigned reg, const uint32_t *labels, unsigned n)
{
    if (e->c->dead) {
        return;
    }
    put_word(e, fbc_word16(FBC_OP_SWITCH, reg, n));
    uint32_t behind = n_words(e->c) + n;
    for (unsigned i = 0; i < n; i++) {
        uint32_t here = n_words(e->c);
        put_word(e, fbc_word24(FBC_OP_EXT, 0));
        wait_for(e, labels[i], here, behind);
    }
    e->c->dead = false;
}

/* -- small values ---------------------------------------------------------------------------------------------------------------- */

void emit_load_int(struct emit *e, unsigned dest, int64_t v)
{
    if (v >= INT16_MIN && v <= INT16_MAX) {
        emit_op16(e, FBC_OP_LOADI, dest, (unsigned)(uint16_t)(int16_t)v);
        return;
    }
    emit_op16(e, FBC_OP_LOADK, dest, fbc_build_const_int(e->b, e->t_int, v));
}

void emit_load_num(struct emit *e, unsigned dest, double v)
{
    emit_op16(e, FBC_OP_LOADK, dest, fbc_build_const_num(e->b, e->t_number, v));
}

uint16_t emit_text_row(struct emit *e, struct fn_str v)
{
    return fbc_build_const_text(e->b, e->t_text, v);
}

void emit_load_text(struct emit *e, unsigned dest, struct fn_str v)
{
    if (v.n == 0) {
        emit_op(e, FBC_OP_ZERO, dest, 0, 0);
        return;
    }
    emit_op16(e, FBC_OP_LOADK, dest, emit_text_row(e, v));
}

void emit_load_texts(struct emit *e, unsigned dest, const struct fn_str *v, unsigned n)
{
    uint16_t *rows = fn_arena_array(e->arena, (size_t)n + 1, sizeof *rows);
    if (rows == NULL) {
        emit_fail(e, FN_NO_MEMORY, "no memory");
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        rows[i] = emit_text_row(e, v[i]);
    }
    emit_op16(e, FBC_OP_LOADK, dest, fbc_build_const_list(e->b, e->t_texts, rows, n));
}

unsigned emit_int(struct emit *e, int64_t v)
{
    unsigned r = emit_reg(e, e->t_int);
    emit_load_int(e, r, v);
    return r;
}

unsigned emit_text_const(struct emit *e, struct fn_str v)
{
    unsigned r = emit_reg(e, e->t_text);
    emit_load_text(e, r, v);
    return r;
}

void emit_count(struct emit *e, enum fbc_count kind, struct fn_str name)
{
    emit_op16(e, FBC_OP_COUNT, kind, emit_text_row(e, name));
}

void emit_input(struct emit *e, unsigned dest, enum fbc_input_part part)
{
    emit_op(e, FBC_OP_INPUT, dest, part, 0);
}

/* -- imports ---------------------------------------------------------------------------------------------------------------------- */

static uint16_t letter_type(const struct emit *e, char letter)
{
    switch (letter) {
    case 'i': return e->t_int;
    case 'n': return e->t_number;
    case 'b': return e->t_bool;
    case 'T': return e->t_texts;
    default: return e->t_text;
    }
}

static unsigned sig_window(struct emit *e, const char *sig, unsigned n, uint16_t first)
{
    uint16_t types[16];
    types[0] = first;
    for (; *sig != '>' && n < FN_COUNT(types); sig++) {
        types[n++] = letter_type(e, *sig);
    }
    return emit_window(e, types, n);
}

unsigned emit_native(struct emit *e, enum fbc_native native, uint16_t result)
{
    return sig_window(e, fbc_natives[native].sig, 1, result);
}

void emit_native_run(struct emit *e, enum fbc_native native, unsigned w)
{
    emit_op16(e, FBC_OP_NATIVE, w, fbc_build_native(e->b, native));
}

unsigned emit_host(struct emit *e, enum fbc_host host, uint16_t result)
{
    return sig_window(e, fbc_hosts[host].sig, 1, result);
}

void emit_call_waiting(struct emit *e, unsigned w, uint16_t func)
{
    emit_forget(e);
    emit_op16(e, FBC_OP_CALL, w, func);
    e->c->suspended = n_words(e->c);
}

void emit_host_run(struct emit *e, enum fbc_host host, unsigned w)
{
    emit_forget(e);
    emit_op16(e, FBC_OP_HOST, w, fbc_build_host(e->b, host));
}

unsigned emit_effect(struct emit *e, enum fbc_host host)
{
    return sig_window(e, fbc_hosts[host].sig, 0, 0);
}

void emit_effect_run(struct emit *e, enum fbc_host host, unsigned w)
{
    emit_op16(e, FBC_OP_EFFECT, w, fbc_build_host(e->b, host));
}

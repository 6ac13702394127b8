/* build_finish.c: functions, stages, and the bytes of the whole.
 *
 * The code of functions stands in the order of their indices, whatever the order of their bodies was, so that equal input gives equal bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

/* Room for one more element behind n, doubling in the arena. NULL and a failure when memory is out. */
static void *grow(struct fbc_build *b, void *array, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap) {
        return array;
    }
    uint32_t more = *cap == 0 ? 16 : *cap * 2;
    void *bigger = fn_arena_array(&b->arena, more, size);
    if (bigger == NULL) {
        build_fail(b, FN_NO_MEMORY, "out of memory");
        return NULL;
    }
    if (n != 0) {
        memcpy(bigger, array, n * size);
    }
    *cap = more;
    return bigger;
}

static const void *copy(struct fbc_build *b, const void *from, uint32_t n, size_t size)
{
    void *to = fn_arena_array(&b->arena, n, size);
    if (to == NULL) {
        build_fail(b, FN_NO_MEMORY, "out of memory");
    } else if (n != 0) {
        memcpy(to, from, n * size);
    }
    return to;
}

uint16_t fbc_build_stage(struct fbc_build *b, struct fn_str name)
{
    struct build_stage *stages = grow(b, b->stages, b->n[FBC_S_STAGES], &b->stages_cap, sizeof *stages);
    if (stages == NULL) {
        return 0;
    }
    b->stages = stages;
    uint16_t index = build_row(b, FBC_S_STAGES);
    stages[index] = (struct build_stage){fn_arena_dup(&b->arena, name), FBC_NO_INDEX};
    return index;
}

void fbc_build_stage_func(struct fbc_build *b, uint16_t stage, uint16_t func)
{
    if (stage >= b->n[FBC_S_STAGES]) {
        build_fail(b, FN_INVALID, "no stage %u", (unsigned)stage);
        return;
    }
    b->stages[stage].func = func;
}

uint16_t fbc_build_func(struct fbc_build *b, struct fn_str name, unsigned n_params, const uint16_t *param_types,
                        uint16_t result, unsigned may_await)
{
    struct build_func *funcs = grow(b, b->funcs, b->n[FBC_S_FUNCS], &b->funcs_cap, sizeof *funcs);
    if (funcs == NULL) {
        return 0;
    }
    b->funcs = funcs;
    uint16_t index = build_row(b, FBC_S_FUNCS);
    funcs[index] = (struct build_func){
        .name = fn_arena_dup(&b->arena, name),
        .n_params = (uint16_t)n_params,
        .result = result,
        .may_await = (uint16_t)may_await,
        .params = copy(b, param_types, n_params, sizeof *param_types),
    };
    return index;
}

void fbc_build_body(struct fbc_build *b, uint16_t func, const uint16_t *reg_types, unsigned n_regs,
                    const uint32_t *words, uint32_t n_words, const struct fbc_line *lines, uint32_t n_lines)
{
    if (func >= b->n[FBC_S_FUNCS] || b->funcs[func].has_body) {
        build_fail(b, FN_INVALID, "no function %u that waits for its body", (unsigned)func);
        return;
    }
    if (n_regs > UINT16_MAX || n_words > FBC_LIMIT_CODE || n_lines > FBC_LIMIT_LINES) {
        build_fail(b, FN_LIMIT, "the body of function %u is too large", (unsigned)func);
        return;
    }
    struct build_func *f = &b->funcs[func];
    f->has_body = true;
    f->n_regs = (uint16_t)n_regs;
    f->n_words = n_words;
    f->n_lines = n_lines;
    f->regs = copy(b, reg_types, n_regs, sizeof *reg_types);
    f->words = copy(b, words, n_words, sizeof *words);
    f->lines = copy(b, lines, n_lines, sizeof *lines);
}

static void put_stages(struct fbc_build *b)
{
    struct fn_buf *rows = &b->rows[FBC_S_STAGES];
    fn_buf_clear(rows);
    for (uint32_t i = 0; i < b->n[FBC_S_STAGES]; i++) {
        build_str(b, rows, b->stages[i].name, FBC_LIMIT_NAME);
        fn_buf_u16(rows, b->stages[i].func);
    }
}

static void put_func_row(struct fbc_build *b, const struct build_func *f)
{
    struct fn_buf *rows = &b->rows[FBC_S_FUNCS];
    build_str(b, rows, f->name, FBC_LIMIT_NAME);
    fn_buf_u16(rows, f->n_params);
    fn_buf_u16(rows, f->n_regs);
    fn_buf_u16(rows, f->result);
    fn_buf_u16(rows, f->may_await);
    fn_buf_u32(rows, b->n[FBC_S_CODE]);
    fn_buf_u32(rows, f->n_words);
}

static void put_body(struct fbc_build *b, const struct build_func *f)
{
    for (unsigned i = 0; i < f->n_regs; i++) {
        fn_buf_u16(&b->rows[FBC_S_REGS], f->regs[i]);
    }
    for (uint32_t i = 0; i < f->n_lines; i++) {
        fn_buf_u32(&b->rows[FBC_S_LINES], b->n[FBC_S_CODE] + f->lines[i].word);
        fn_buf_u32(&b->rows[FBC_S_LINES], f->lines[i].offset);
    }
    for (uint32_t i = 0; i < f->n_words; i++) {
        fn_buf_u32(&b->rows[FBC_S_CODE], f->words[i]);
    }
    b->n[FBC_S_REGS] += f->n_regs;
    b->n[FBC_S_LINES] += f->n_lines;
    b->n[FBC_S_CODE] += f->n_words;
}

/* A body's registers begin with the declared parameters. */
static bool body_fits(const struct build_func *f)
{
    return f->has_body && f->n_params <= f->n_regs &&
           (f->n_params == 0 || memcmp(f->params, f->regs, f->n_params * sizeof *f->params) == 0);
}

static void put_funcs(struct fbc_build *b)
{
    static const enum fbc_section made[] = {FBC_S_FUNCS, FBC_S_REGS, FBC_S_LINES, FBC_S_CODE};
    for (size_t i = 0; i < FN_COUNT(made); i++) {
        fn_buf_clear(&b->rows[made[i]]);
        b->n[made[i]] = made[i] == FBC_S_FUNCS ? b->n[FBC_S_FUNCS] : 0;
    }
    for (uint32_t i = 0; i < b->n[FBC_S_FUNCS] && b->err.code == FN_OK; i++) {
        const struct build_func *f = &b->funcs[i];
        if (!body_fits(f)) {
            build_fail(b, FN_INVALID, "function %.*s has no body that begins with its parameters", FN_STR_ARG(f->name));
            return;
        }
        put_func_row(b, f);
        put_body(b, f);
    }
}

/* What no single row showed: totals, and memory. */
static void check_totals(struct fbc_build *b)
{
    for (size_t i = 1; i < FBC_SECTIONS; i++) {
        if (b->n[i] > fbc_sections[i].limit) {
            build_fail(b, FN_LIMIT, "more than %u rows in %s", (unsigned)fbc_sections[i].limit, fbc_sections[i].name);
        }
        if (b->rows[i].failed) {
            build_fail(b, FN_LIMIT, "%s does not fit in memory or an image", fbc_sections[i].name);
        }
    }
    if (b->rows[FBC_S_CONSTS].n > FBC_LIMIT_CONST_BYTES) {
        build_fail(b, FN_LIMIT, "constants of more than %d bytes", (int)FBC_LIMIT_CONST_BYTES);
    }
    if (b->arena.failed) {
        build_fail(b, FN_NO_MEMORY, "out of memory");
    }
}

static void put_image(const struct fbc_build *b, struct fn_buf *out, size_t total)
{
    fn_buf_z(out, FBC_MAGIC);
    fn_buf_u16(out, FBC_FORMAT);
    fn_buf_u16(out, FBC_ABI);
    fn_buf_u32(out, (uint32_t)total);
    fn_buf_u32(out, 0); /* the CRC, once the rest is there */
    for (uint32_t i = 1; i < FBC_SECTIONS; i++) {
        fn_buf_u32(out, i);
        fn_buf_u32(out, (uint32_t)b->rows[i].n + 4);
        fn_buf_u32(out, b->n[i]);
        fn_buf_str(out, fn_buf_view(&b->rows[i]));
    }
}

enum fn_code fbc_build_finish(struct fbc_build *b, struct fn_buf *out, struct fn_err *err)
{
    size_t at = out->n, total = FBC_HEADER;
    put_stages(b);
    put_funcs(b);
    check_totals(b);
    for (size_t i = 1; i < FBC_SECTIONS; i++) {
        total += FBC_SECTION_HEADER + b->rows[i].n;
    }
    if (total > FBC_LIMIT_IMAGE) {
        build_fail(b, FN_LIMIT, "an image of %zu bytes; at most %d", total, (int)FBC_LIMIT_IMAGE);
    }
    if (b->err.code != FN_OK) {
        return fn_fail(err, b->err.code, "%s", b->err.text);
    }
    put_image(b, out, total);
    if (out->failed) {
        return fn_fail(err, FN_NO_MEMORY, "the image does not fit in the caller's buffer");
    }
    uint32_t crc = fn_crc32c(out->p + at + FBC_HEADER, total - FBC_HEADER);
    for (unsigned i = 0; i < 4; i++) {
        out->p[at + FBC_CRC_AT + i] = (char)(crc >> 8 * i);
    }
    return FN_OK;
}

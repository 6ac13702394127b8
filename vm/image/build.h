/* build.h: the image being written. One growing buffer of encoded rows for each section that is written as it comes; functions and stages,
 * which are filled in later, wait as structs in the arena and are encoded by fbc_build_finish.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BUILD_H
#define BUILD_H
#include "fbc_build.h"
#include "fbc_format.h"
#include "intern.h"

struct build_func {
    struct fn_str name;
    uint16_t n_params, n_regs, result, may_await;
    const uint16_t *params, *regs;
    const uint32_t *words;
    const struct fbc_line *lines;
    uint32_t n_words, n_lines;
    bool has_body;
};
struct build_stage {
    struct fn_str name;
    uint16_t func;
};
struct fbc_build {
    struct fn_arena arena;
    struct fn_buf rows[FBC_SECTIONS];
    uint32_t n[FBC_SECTIONS]; /* rows; for FUNCS and STAGES of the arrays below */
    struct fn_buf key;        /* scratch */
    struct intern types, consts, hosts, natives;
    struct build_func *funcs;
    struct build_stage *stages;
    uint32_t funcs_cap, stages_cap;
    struct fn_err err; /* the first failure */
};

/* Remembers the first failure. */
void build_fail(struct fbc_build *b, enum fn_code code, const char *format, ...) FN_PRINTF(3, 4);
/* Counts one more row; its index. 0 and a failure when the section is full. */
uint16_t build_row(struct fbc_build *b, enum fbc_section section);
/* A string of a row; failure when longer than max. */
void build_str(struct fbc_build *b, struct fn_buf *to, struct fn_str s, enum fbc_limit max);

#endif

/* lr.h: the parser's tables without its actions (the code is at the end of funnel.y, where the tables are).
 *
 * settle.c runs tokens against a stack of states of its own: to know what may follow, to try repairs, to decide whether a word is
 * a name. Nothing is built, so trying costs nothing but time.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LR_H
#define LR_H
#include "fn_base.h"

enum { LR_DEPTH_MAX = 4000, LR_STEP_MAX = 64 };
struct lr_stack {
    int16_t *states;
    uint32_t n, cap;
};
enum lr_result { LR_REJECTED, LR_SHIFTED, LR_ACCEPTED };
/* What one token would do to a stack: keep `base` states, put `n` of `top` on them, then `shift`. */
struct lr_step {
    uint32_t base, n;
    int16_t shift;
    int16_t top[LR_STEP_MAX];
};
/* The tables' own walk says nothing about the code, and counting its branches takes most of a fuzzer's time. */
#if defined(__clang__)
#define LR_UNCOUNTED __attribute__((no_sanitize("coverage")))
#else
#define LR_UNCOUNTED
#endif
enum lr_result lr_try(const struct lr_stack *s, uint16_t token, struct lr_step *step);

#endif

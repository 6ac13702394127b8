/* asm.h: the assembler's state: the line being read, the function being filled, the changes for the end.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ASM_H
#define ASM_H
#include "fbc_build.h"
#include "fbc_format.h"
#include "fn_arena.h"

enum { ASM_TOKENS_MAX = 1100 }; /* of a line; an enum may have 1,000 members */

struct asm_token {
    struct fn_str text; /* decoded when quoted */
    bool quoted;
};
struct asm_state {
    struct fbc_build *b;
    struct fn_arena arena;
    struct fn_err *err;
    unsigned line;
    bool failed;
    struct asm_token *tokens; /* ASM_TOKENS_MAX of them */
    unsigned n, at;           /* tokens of the line, the next one to take */
    /* The function whose instructions are coming. */
    bool in_func;
    uint16_t func, regs[UINT8_MAX + 1];
    unsigned n_regs;
    struct fn_buf words, lines; /* of uint32_t, struct fbc_line */
    struct fn_buf changes;      /* lines of directives for the finished bytes, in order */
};

/* All failures go through here; false. */
bool asm_fail(struct asm_state *s, const char *why);
/* Cuts a line into tokens. */
bool asm_scan(struct asm_state *s, struct fn_str line);
/* The next token of the line as what is wanted; a failure gives 0 or "". */
struct fn_str asm_string(struct asm_state *s);
struct fn_str asm_word(struct asm_state *s);
int64_t asm_number(struct asm_state *s, int64_t min, int64_t max); /* also with a letter in front; - is 65535 */
uint16_t asm_index(struct asm_state *s);
static inline bool asm_more(const struct asm_state *s)
{
    return s->at < s->n && !s->failed;
}
bool asm_is(struct fn_str word, const char *z);

/* asm_code.c: the instruction named `name`, operands in the tokens. */
void asm_instruction(struct asm_state *s, struct fn_str name);
/* asm_change.c: does the directive in the tokens to the finished bytes. */
bool asm_is_change(struct fn_str word);
void asm_change(struct asm_state *s, struct fn_buf *image, bool *keep_crc);

#endif

/* fbc_build.h: writes an image. Used by the compiler and the assembler; knows nothing of funnels.
 *
 * Call order is free; indices are given back at once. Everything is copied. Failure is sticky (memory, a table past its limit) and told by
 * fbc_build_finish. Equal input gives equal bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FBC_BUILD_H
#define FBC_BUILD_H
#include "fbc_image.h"

struct fbc_build;
struct fbc_build *fbc_build_new(void);
void fbc_build_free(struct fbc_build *b);

struct fbc_build_info {
    struct fn_str name, title, timezone, locale, currency, language;
    uint32_t budget;
};
void fbc_build_info(struct fbc_build *b, const struct fbc_build_info *info);
/* Types are interned: the same type gives the same index. fields/members are copied. */
uint16_t fbc_build_type(struct fbc_build *b, enum fbc_type_kind scalar, uint32_t bound);
uint16_t fbc_build_type_of(struct fbc_build *b, enum fbc_type_kind kind, uint16_t elem, uint32_t bound);
uint16_t fbc_build_record(struct fbc_build *b, struct fn_str name, const struct fbc_field *fields, unsigned n);
uint16_t fbc_build_enum(struct fbc_build *b, struct fn_str name, const struct fn_str *members, unsigned n);
/* Constants are interned by type and value. */
uint16_t fbc_build_const_int(struct fbc_build *b, uint16_t type, int64_t v); /* I or B representation */
uint16_t fbc_build_const_num(struct fbc_build *b, uint16_t type, double v);
uint16_t fbc_build_const_text(struct fbc_build *b, uint16_t type, struct fn_str v);
uint16_t fbc_build_const_list(struct fbc_build *b, uint16_t type, const uint16_t *text_consts, unsigned n);
uint16_t fbc_build_global(struct fbc_build *b, struct fn_str name, uint16_t type, unsigned flags);
uint16_t fbc_build_global_held(struct fbc_build *b, struct fn_str name, uint16_t type, unsigned flags, uint16_t held);
uint16_t fbc_build_event(struct fbc_build *b, struct fn_str name, uint16_t record);
uint16_t fbc_build_wait(struct fbc_build *b, const struct fbc_wait *w);
uint16_t fbc_build_stage(struct fbc_build *b, struct fn_str name); /* its function is set by fbc_build_stage_func */
void fbc_build_stage_func(struct fbc_build *b, uint16_t stage, uint16_t func);
void fbc_build_entry(struct fbc_build *b, const struct fbc_entry *e);
uint16_t fbc_build_agent(struct fbc_build *b, const struct fbc_agent *a);
uint16_t fbc_build_tool(struct fbc_build *b, const struct fbc_tool *t);
void fbc_build_question(struct fbc_build *b, const struct fbc_question *q);
void fbc_build_migrate(struct fbc_build *b, struct fn_str from, struct fn_str to);
uint16_t fbc_build_host(struct fbc_build *b, enum fbc_host number);     /* index for H16 */
uint16_t fbc_build_native(struct fbc_build *b, enum fbc_native number); /* index for N16 */
/* A function is declared first (so that calls may be forward), its body is given once. */
uint16_t fbc_build_func(struct fbc_build *b, struct fn_str name, unsigned n_params, const uint16_t *param_types,
                        uint16_t result, unsigned may_await);
void fbc_build_body(struct fbc_build *b, uint16_t func, const uint16_t *reg_types, unsigned n_regs,
                    const uint32_t *words, uint32_t n_words,
                    const struct fbc_line *lines /* words relative to the body */, uint32_t n_lines);
FN_MUST_USE enum fn_code fbc_build_finish(struct fbc_build *b, struct fn_buf *out, struct fn_err *err);

#endif

/* verify.h: what the parts of the verifier share while they turn bytes into an image.
 *
 * read.c cuts the file into sections, makes the one block and runs the rows through rows.c and rows_code.c in the order of the file, so a
 * row may name only rows that are already checked; code.c then walks each function once. The first fault ends everything.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFY_H
#define VERIFY_H
#include "fbc_format.h"
#include "fbc_image.h"

struct verify_section {
    size_t at, length; /* of the rows, in the file */
    uint32_t n;
};
struct verify {
    struct fbc_image *im;
    struct fbc_allow allow;
    struct fbc_fault *fault;
    enum fn_code code; /* of the failure */
    struct verify_section sections[FBC_SECTIONS];
    uint16_t format;
    uint32_t held_nodes;          /* of the variables so far: see check_held */
    uint32_t taken[FBC_SECTIONS]; /* rows of FIELDS, ITEMS, REGS, AGENT_TOOLS, OPTIONS given to their owners */
    /* Where a fault is. */
    enum fbc_section section;
    uint32_t row;
    size_t row_at;
    const struct fbc_func *func; /* not NULL: inside its code, at word `at` */
    uint32_t at;
    /* The block's arrays, writable while they are filled. */
    struct fbc_type *types;
    struct fbc_field *fields;
    uint16_t *own, *wide; /* of each type: see verify_accepts */
    uint16_t *
        field_own; /* own of each field's type, and of each register's below: so that windows of registers compare fast */
    struct fbc_const *consts;
    uint32_t *items;
    struct fbc_global *globals;
    struct fbc_event *events;
    uint16_t *regs, *reg_own, *reg_wide;
    struct fbc_func *funcs;
    struct fbc_stage *stages;
    struct fbc_wait *waits;
    struct fbc_entry *entries;
    struct fbc_tool *tools;
    uint16_t *agent_tools;
    struct fbc_agent *agents;
    struct fn_str *options;
    struct fbc_question *questions;
    struct fbc_migrate *migrates;
    uint16_t *hosts, *natives;
    struct fbc_line *lines;
    uint32_t *words;
    uint32_t *order; /* scratch of verify_unique */
    uint8_t *wait_used;
    uint8_t run_own[FBC_REGS_MAX], run_wide[FBC_REGS_MAX]; /* of func: registers from this one on that are alike */
    uint64_t imported_hosts, imported_natives[2];          /* bit n = number n was seen */
    struct fn_buf folded;                                  /* scratch for phrases */
};

/* Records the fault, with where it is in front of the text. Always false. */
bool verify_fault(struct verify *v, const char *rule, const char *format, ...) FN_PRINTF(3, 4);

/* A row of a section: read from r and checked. false: faulted, or r is bad (the caller tells). */
typedef bool (*verify_row_fn)(struct verify *v, struct fn_reader *r, uint32_t i);
/* After the last row of a section. */
typedef bool (*verify_end_fn)(struct verify *v);
struct verify_part {
    verify_row_fn row;
    verify_end_fn end; /* NULL: nothing to check */
};
extern const struct verify_part verify_parts[FBC_SECTIONS]; /* read.c */

/* Strings of rows: bounded, UTF-8, no NUL; a name is not empty and has no control characters. */
bool verify_text(struct verify *v, struct fn_reader *r, enum fbc_limit max, struct fn_str *out);
bool verify_name(struct verify *v, struct fn_reader *r, struct fn_str *out);
/* Gives the next n rows of a section to the present row; *first is where they begin. */
bool verify_take(struct verify *v, enum fbc_section section, uint32_t n, uint32_t *first);

/* Orders rows i and j of an image. */
typedef int (*verify_compare_fn)(const struct verify *v, uint32_t i, uint32_t j);
/* Sorts 0..n-1 into v->order; false and a fault when two are equal. Heap sort: no recursion, no memory, n log n whatever the input. */
bool verify_unique(struct verify *v, uint32_t first, uint32_t n, verify_compare_fn compare, const char *rule,
                   const char *what);

/* "Same type" of fbc_op.h: may a value of type `source` go where `target` is wanted? `own` is one number for all scalars of a
 * representation but enums, else the type's; `wide` counts an enum as int too. For a shared target that is: its wide is it. */
enum { VERIFY_SHARED = 4 }; /* numbers below it are of representations */
static inline bool verify_accepts(const struct verify *v, uint16_t target, uint16_t source)
{
    return v->own[target] == v->own[source] || v->own[target] == v->wide[source];
}

bool verify_code(struct verify *v); /* code.c */

/* rows_*.c */
bool verify_info(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_field(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_type(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_types_end(struct verify *v);
bool verify_item(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_const(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_consts_end(struct verify *v);
bool verify_global(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_globals_end(struct verify *v);
bool verify_event(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_events_end(struct verify *v);
bool verify_reg(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_func(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_funcs_end(struct verify *v);
bool verify_stage(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_stages_end(struct verify *v);
bool verify_wait(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_waits_end(struct verify *v);
bool verify_entry(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_tool(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_tools_end(struct verify *v);
bool verify_agent_tool(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_agent(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_agents_end(struct verify *v);
bool verify_option(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_question(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_questions_end(struct verify *v);
bool verify_migrate(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_migrates_end(struct verify *v);
bool verify_host(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_native(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_line(struct verify *v, struct fn_reader *r, uint32_t i);
bool verify_word(struct verify *v, struct fn_reader *r, uint32_t i);

#endif

/* emit.h: what the files of emission share.
 *
 *   emit.c        a program: tables, functions, entries; verifies what it wrote
 *   emit_type.c   types of the source as types of the image
 *   emit_code.c   one function being written: registers, words, jumps
 *   emit_expr.c   values; emit_op.c operators; emit_text.c texts; emit_call.c calls and members
 *   emit_stmt.c   statements; emit_assign.c targets; emit_match.c match and classify; emit_for.c loops
 *   emit_ask.c    ask and choose; emit_read.c reading an answer; emit_wait.c the other waits; emit_talk.c agents
 *   emit_send.c   effects; emit_host.c calls of the outside; emit_data.c tables
 *
 * Registers: each has one type for the whole function (the machine's rule), so a temporary is reused only for an equal type. They are
 * taken and given back like a stack (emit_mark, emit_release). A value is always written into a register that the caller chose.
 * What must never happen: an image that the verifier refuses. Mistakes of this kind end in FN_BUG in fcc_emit.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EMIT_H
#define EMIT_H
#include "fbc_build.h"
#include "fcc_compile.h"

enum { EMIT_TEXT_MAX = 65536, EMIT_WINDOW_MAX = 200, EMIT_MS_DAY = 86400000 };

#define EMIT_NO_LABEL UINT32_MAX

/* -- code ------------------------------------------------------------------------------------------------------------------ */
struct emit_label {
    uint32_t at;    /* word it stands at, or EMIT_NO_LABEL */
    uint32_t first; /* chain of jumps that wait for it: index + 1 into fixups */
};
struct emit_fixup {
    uint32_t word, next;
    uint32_t base; /* SWITCH rows jump from behind their table; else word + 1 */
};
struct emit_code {
    struct fn_buf words, lines; /* uint32_t; struct fbc_line */
    struct fn_buf labels, fixups;
    uint16_t types[FBC_REGS_MAX];
    bool busy[FBC_REGS_MAX];
    uint8_t stack[FBC_REGS_MAX]; /* registers in the order they were taken */
    unsigned n_regs, n_stack;
    uint32_t last_line;
    bool stale[FBC_REGS_MAX]; /* given back, and not emptied since */
    bool dead;                /* nothing comes to the next word */
    uint32_t suspended;       /* word behind the last AWAIT or HOST */
};

/* -- program --------------------------------------------------------------------------------------------------------------- */
struct emit_type_row {
    const struct fcc_type *type;
    uint16_t index;
};
struct emit_unit {      /* what is being emitted */
    struct fn_str name; /* prefix of the names of waits */
    uint16_t stage;     /* index, for questions; the first stage in flows */
    uint32_t n_waits;
    uint16_t file;
    const struct fcc_type *result; /* of fn, flow, tool */
    unsigned message;              /* register of the answer being dealt with, when in_answer */
    bool in_answer;
};
struct emit {
    const struct fcc_program *p;
    struct fn_arena *arena;
    struct fbc_build *b;
    struct fn_err *err;
    enum fn_code code;           /* the first failure */
    struct emit_type_row *types; /* cache, n_types of cap_types */
    uint32_t n_types, cap_types;
    uint32_t list_bound; /* greatest bound of a list in the program when over 200, else 0 */
    uint16_t t_bool, t_int, t_number, t_text, t_texts, t_some_text, t_some_int;
    struct fn_str locale, timezone, currency;
    bool english;     /* what the machine itself says to the customer */
    uint16_t phone;   /* global of contact.phone, or FBC_NO_INDEX */
    uint16_t message; /* global of the last message, in programs that talk; else FBC_NO_INDEX */
    uint32_t *times;  /* how often each question was emitted */
    struct emit_unit unit;
    struct emit_code *c;
    unsigned depth;
    struct fcc_sym **queue; /* functions called but not written yet */
    uint32_t n_queue, cap_queue;
    uint32_t n_hidden; /* hidden stages of `always` blocks */
};

/* -- failure ---------------------------------------------------------------------------------------------------------------- */
void emit_fail(struct emit *e, enum fn_code code, const char *format, ...) FN_PRINTF(3, 4);

/* -- types (emit_type.c) ------------------------------------------------------------------------------------------------------ */
uint16_t emit_type(struct emit *e,
                   const struct fcc_type *t); /* as registers, elements and results have it: bounds of text dropped */
uint16_t emit_type_held(struct emit *e, const struct fcc_type *t); /* as globals and fields have it */
uint16_t emit_global(struct emit *e, struct fn_str name, const struct fcc_type *t,
                     unsigned flags);                         /* with all its bounds */
uint16_t emit_some(struct emit *e, const struct fcc_type *t); /* T? of a T (of itself when it is one) */
uint16_t emit_record_of(struct emit *e, struct fn_str name, const struct fgr_node *params); /* of PARAM* */
const struct fcc_type *emit_open(const struct fcc_type *t);
const struct fgr_node *emit_fields(const struct fcc_type *record); /* LIST of FIELD */
const struct fcc_type *emit_field_type(const struct fgr_node *field);
enum fbc_repr emit_repr(const struct fcc_type *t);
bool emit_is(const struct fcc_type *t, enum fgr_type basic);
bool emit_is_media(const struct fcc_type *t);
bool emit_is_plain(const struct emit *e, uint16_t type); /* held by value: nothing to save but its slot */
bool emit_is_option(const struct fcc_type *t);
bool emit_is_text(const struct fcc_type *t); /* represented as text */
struct fn_str emit_schema(struct emit *e, const struct fcc_type *record);

/* -- code (emit_code.c) ------------------------------------------------------------------------------------------------------- */
void emit_code_begin(struct emit *e, struct emit_code *c);
void emit_code_end(struct emit *e, uint16_t func); /* gives the body to the builder; frees */
unsigned emit_reg(struct emit *e, uint16_t type);
unsigned emit_window(struct emit *e, const uint16_t *types, unsigned n); /* n registers in a row */
unsigned emit_mark(const struct emit *e);
void emit_release(struct emit *e, unsigned mark);
void emit_op(struct emit *e, enum fbc_op op, unsigned a, unsigned b, unsigned c);
void emit_op16(struct emit *e, enum fbc_op op, unsigned a, unsigned imm);
uint32_t emit_label(struct emit *e);
void emit_place(struct emit *e, uint32_t label); /* the label stands here */
void emit_jump(struct emit *e, uint32_t label);  /* forward, or LOOP when the label is placed */
void emit_jump_if(struct emit *e, unsigned reg, bool truth, uint32_t label);
/* What `option` holds goes into `into`; to `none` when it holds nothing. `has`: a register for the answer. */
void emit_unwrap(struct emit *e, unsigned option, unsigned has, unsigned into, uint32_t none);
void emit_switch(struct emit *e, unsigned reg, const uint32_t *labels, unsigned n);
void emit_goto(struct emit *e, uint16_t stage);
void emit_line(struct emit *e, const struct fgr_node *n);
/* Before a suspension: what temporaries still hold is not worth saving with the conversation. */
void emit_forget(struct emit *e);
void emit_call_waiting(struct emit *e, unsigned w,
                       uint16_t func); /* of a flow or tool, in which the conversation may wait */
static inline bool emit_dead(const struct emit *e)
{
    return e->c->dead;
}

/* -- bounds (emit_fits.c) ------------------------------------------------------------------------------------------------------ */
/* Behind a DECODE: the option becomes none when its value, a t, breaks a bound of t. */
uint32_t emit_items_most(const struct fcc_type *t); /* of a list or map */
void emit_fits(struct emit *e, unsigned some, const struct fcc_type *t);
void emit_fits_params(struct emit *e, unsigned some, uint16_t record, const struct fgr_node *params); /* of PARAM* */
bool emit_is_bounded(const struct fcc_type *t); /* in a way that DECODE does not see */
void emit_fits_row(struct emit *e, unsigned row, const struct fcc_type *t, uint32_t misfit);
void emit_grown(struct emit *e, unsigned value,
                const struct fcc_type *t); /* a list or map that is too long now is an error */

/* -- small values (emit_code.c) ---------------------------------------------------------------------------------------------- */
void emit_load_int(struct emit *e, unsigned dest, int64_t v);
void emit_load_num(struct emit *e, unsigned dest, double v);
void emit_load_text(struct emit *e, unsigned dest, struct fn_str v);
void emit_load_texts(struct emit *e, unsigned dest, const struct fn_str *v, unsigned n);
unsigned emit_int(struct emit *e, int64_t v);
unsigned emit_text_const(struct emit *e, struct fn_str v);
uint16_t emit_text_row(struct emit *e, struct fn_str v); /* constant */
void emit_count(struct emit *e, enum fbc_count kind, struct fn_str name);
/* A window for native(args...): result first. Fill w + 1 ..., then emit_native_run. */
unsigned emit_native(struct emit *e, enum fbc_native native, uint16_t result);
void emit_native_run(struct emit *e, enum fbc_native native, unsigned w);
unsigned emit_host(struct emit *e, enum fbc_host host, uint16_t result); /* the same for HOST */
void emit_host_run(struct emit *e, enum fbc_host host, unsigned w);
unsigned emit_effect(struct emit *e, enum fbc_host host); /* first argument at w */
void emit_effect_run(struct emit *e, enum fbc_host host, unsigned w);
void emit_personal(
    struct emit *e,
    const struct fgr_node *text); /* before EFFECT: marks it when its text holds personal data; NULL allowed */

/* -- values ------------------------------------------------------------------------------------------------------------------ */
/* Writes the value of n, as `want` (NULL: n->type), into dest, whose register type is emit_type(want). */
void emit_into(struct emit *e, const struct fgr_node *n, const struct fcc_type *want, unsigned dest);
unsigned emit_value(struct emit *e, const struct fgr_node *n,
                    const struct fcc_type *want); /* in a register of its own, or a local's */
void emit_convert(struct emit *e, unsigned from, const struct fcc_type *have, const struct fcc_type *want,
                  unsigned dest);
void emit_cond(struct emit *e, const struct fgr_node *n, bool truth,
               uint32_t label); /* jumps there when n is `truth` */
void emit_binary(struct emit *e, const struct fgr_node *n, unsigned dest);
void emit_unary(struct emit *e, const struct fgr_node *n, unsigned dest);
void emit_text(struct emit *e, const struct fgr_node *n, unsigned dest);
void emit_show(struct emit *e, const struct fgr_node *n, unsigned dest); /* any value as text, as people write it */
void emit_show_reg(struct emit *e, unsigned reg, const struct fcc_type *t, unsigned dest);
void emit_call(struct emit *e, const struct fgr_node *n, unsigned dest);
void emit_builtin(struct emit *e, const struct fgr_node *n, const struct fgr_node *object, const struct fgr_node *args,
                  unsigned dest);
void emit_equal(struct emit *e, unsigned dest, unsigned a, unsigned b, const struct fcc_type *t);
/* The labels of an enum: member labels, else names. Returns how many. */
unsigned emit_enum_texts(const struct fcc_type *t, struct fn_str *ids, struct fn_str *labels, unsigned max);
void emit_enum_from(struct emit *e, unsigned index, const struct fcc_type *t,
                    unsigned dest); /* 0 .. n-1; else left alone */
/* http, extract, classify, write, find, `as`: the option of what came. true when n is one of these. */
bool emit_is_fallible(const struct fgr_node *n);
unsigned emit_fallible(struct emit *e, const struct fgr_node *n, const struct fcc_type **type);
/* The value of n in dest; when it failed, `otherwise` (a value, a block, a jump; NULL traps or gives none). */
void emit_with_else(struct emit *e, const struct fgr_node *n, const struct fgr_node *otherwise,
                    const struct fcc_type *want, unsigned dest);
void emit_input(struct emit *e, unsigned dest, enum fbc_input_part part);

/* -- statements ----------------------------------------------------------------------------------------------------------------- */
void emit_block(struct emit *e, const struct fgr_node *block);
void emit_stmt(struct emit *e, const struct fgr_node *n);
void emit_action(struct emit *e, const struct fgr_node *n); /* NULL goes on */
void emit_store(struct emit *e, const struct fgr_node *target, unsigned reg, const struct fcc_type *type);
void emit_local(struct emit *e, struct fcc_sym *sym); /* takes its register */
void emit_match(struct emit *e, const struct fgr_node *n);
void emit_classify_stmt(struct emit *e, const struct fgr_node *n);
void emit_for(struct emit *e, const struct fgr_node *n);
void emit_ask(struct emit *e, const struct fgr_node *n);
void emit_choose(struct emit *e, const struct fgr_node *n);
void emit_wait_stmt(struct emit *e, const struct fgr_node *n);
void emit_bind_event(struct emit *e, const struct fcc_sym *event, const struct fgr_node *binds, uint32_t again);
void emit_talk(struct emit *e, const struct fgr_node *n);
void emit_handoff(struct emit *e, const struct fgr_node *n);
bool emit_send(struct emit *e, const struct fgr_node *n); /* false: not one of the effects */
void emit_say_text(struct emit *e, struct fn_str text);
void emit_save(struct emit *e, const struct fgr_node *n);
void emit_delete(struct emit *e, const struct fgr_node *n);
void emit_for_table(struct emit *e, const struct fgr_node *n);
unsigned emit_table_key(struct emit *e, const struct fgr_node *value); /* the key as text */
unsigned emit_encode(struct emit *e, const struct fgr_node *n);        /* as JSON text */
/* CLASSIFY with arms: index of the member, -1 failed. */
unsigned emit_classify_call(struct emit *e, const struct fgr_node *n, const struct fcc_type *t);
unsigned emit_agent_name(struct emit *e, const struct fgr_node *agent, unsigned dest);

/* -- answers ------------------------------------------------------------------------------------------------------------------- */
struct emit_wait {
    struct fn_str name;
    unsigned flags;
    uint16_t event;
    const struct fgr_node *settle, *max;
};
uint16_t emit_wait_row(struct emit *e, const struct emit_wait *w);
/* AWAIT: what woke it, in an int register; deadline = register or 0 for none. */
unsigned emit_await(struct emit *e, uint16_t wait, unsigned deadline);
unsigned emit_deadline(struct emit *e, const struct fgr_node *time,
                       int64_t otherwise); /* now + time; a zero register when neither */
const struct fcc_question *emit_question(struct emit *e, const struct fgr_node *n);
struct fn_str emit_question_wait(struct emit *e, const struct fcc_question *q); /* its name, made unique */
void emit_question_row(struct emit *e, const struct fcc_question *q, uint16_t wait, const struct fn_str *options,
                       unsigned n);
void emit_silence(struct emit *e, const struct fcc_question *q,
                  uint32_t done); /* what silence does; done: where it goes on */
const struct fgr_node *emit_branch(const struct fgr_node *branches, enum fgr_branch kind);
/* Reads the answer in `text` (and the media of the wait) as type t into dest; goes to bad when it does not fit. */
void emit_read(struct emit *e, const struct fcc_type *t, unsigned text, unsigned dest, uint32_t bad);
struct fn_str emit_sentence(const struct emit *e, const struct fcc_type *t, bool choose);
void emit_keep_message(struct emit *e, unsigned text, bool masked); /* for a talk to come */
/* Media where a text is wanted: transcribed into `text`, or `media ->` (then done), or invalid. A caption counts as the text unless the
 * question says what media does. */
void emit_media(struct emit *e, const struct fcc_question *q, unsigned text, uint32_t invalid, uint32_t done);
/* The part of a wrong answer that ask and choose share. */
struct emit_retry {
    const struct fcc_question *q;
    unsigned tries; /* int register */
    uint32_t again, failed;
};
void emit_invalid(struct emit *e, const struct emit_retry *r, const struct fcc_type *t, bool choose,
                  const struct fgr_node *text);

#endif

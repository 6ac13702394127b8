/* build.h: the constructors that funnel.y's actions call; private to grammar/.
 *
 * Terminals carry no values: a location knows its first and last token, and a constructor decodes what it needs from there.
 * No constructor fails: when memory is spent build_node gives a spare node and the arena remembers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BUILD_H
#define BUILD_H
#include "fgr_diag.h"

/* Tokens first..last; empty, behind `last`, when first > last. */
struct fgr_loc {
    uint32_t first, last;
};
enum { BUILD_POWERS = 32 };
struct build {
    struct fn_arena *arena;
    struct fn_diag_list *diags;
    struct fgr_tree *tree;
    const uint32_t *doubts; /* doubtful tokens before each index; NULL when there are none */
    struct fgr_node *file;
    struct fgr_node spare; /* what out of memory builds */
    struct fgr_node *nothing;
    struct fn_str name; /* of the header */
    struct fn_span name_span;
    uint32_t header_flags;
    bool has_header, told_depth, broke;
    struct fgr_loc broke_at;
    struct settle *words;                     /* decides what is a name; NULL when the tokens are settled */
    uint32_t next;                            /* token */
    struct fgr_node **outgrown[BUILD_POWERS]; /* arrays of lists that grew, by the power of two of their room */
};

/* The parser's next token: its number for Bison, and where it stands. */
struct lr_stack;
int build_next(struct build *b, struct fgr_loc *at, const struct lr_stack *parser);

struct fgr_loc build_location(const struct fgr_loc *of, int n);
struct fgr_loc build_span(struct fgr_loc first, struct fgr_loc last);
struct fgr_loc build_nowhere(void);
struct fn_span build_bytes(const struct build *b, struct fgr_loc at);
void build_broke(struct build *b, struct fgr_loc at);
/* Kids may be NULL (the array too); list kids that are NULL become one empty list, which nobody may add to. */
struct fgr_node *build_node(struct build *b, enum fgr_kind kind, struct fgr_loc at, struct fgr_node **kids);
struct fgr_node *build_named(struct build *b, struct fgr_node *n, struct fgr_loc name);
struct fgr_node *build_text2(struct build *b, struct fgr_node *n, struct fgr_loc name);
struct fgr_node *build_aux(struct fgr_node *n, int aux);
struct fgr_node *build_flag(struct fgr_node *n, uint32_t flag);
struct fgr_node *build_kind(struct build *b, struct fgr_node *n, enum fgr_kind kind);
struct fgr_node *build_num(struct build *b, struct fgr_node *n, struct fgr_loc number);

struct fgr_node *build_list(struct build *b, struct fgr_loc at);
struct fgr_node *build_add(struct build *b, struct fgr_node *list, struct fgr_node *item);
struct fgr_node *build_add_all(struct build *b, struct fgr_node *list, struct fgr_node *items);
struct fgr_node *build_prepend(struct build *b, struct fgr_node *item, struct fgr_node *list);

void build_file(struct build *b, struct fgr_loc at, struct fgr_node *decls);
struct fgr_node *build_header(struct build *b, struct fgr_loc at, struct fgr_loc name, struct fgr_node *title,
                              uint32_t flags);
struct fgr_node *build_field(struct build *b, struct fgr_node *field);
struct fgr_node *build_days(struct build *b, struct fgr_loc at, struct fgr_loc low, struct fgr_loc high);
struct fgr_node *build_clocks(struct build *b, struct fgr_loc at, struct fgr_loc low, struct fgr_loc high);
struct fgr_node *build_prop(struct build *b, struct fgr_loc at, enum fgr_prop prop, struct fgr_node *value,
                            struct fgr_loc number);
struct fgr_node *build_header_prop(struct build *b, struct fgr_loc at, struct fgr_node *name, struct fgr_node *value);
struct fgr_node *build_cans(struct build *b, struct fgr_node *names);
struct fgr_node *build_start(struct build *b, struct fgr_loc at, struct fgr_node *start, struct fgr_node *jump);
struct fgr_node *build_allow(struct build *b, struct fgr_loc at, struct fgr_loc path);
struct fgr_node *build_titled(struct build *b, struct fgr_node *n, struct fgr_node *title, uint32_t flags);

struct fgr_node *build_type(struct build *b, struct fgr_loc at, struct fgr_loc name, struct fgr_node *first,
                            struct fgr_node *second);
struct fgr_node *build_type_flag(struct build *b, struct fgr_node *type, struct fgr_loc at, uint32_t flag);
struct fgr_node *build_type_bound(struct build *b, struct fgr_node *type, struct fgr_loc at, struct fgr_loc bound);
struct fgr_node *build_media(struct build *b, struct fgr_node *n, struct fgr_loc word);

struct fgr_node *build_ask(struct build *b, struct fgr_node *question, struct fgr_node *clauses);
struct fgr_node *build_do(struct build *b, struct fgr_node *n);
struct fgr_node *build_for(struct build *b, struct fgr_node *n, struct fgr_loc name, struct fgr_loc order);
struct fgr_node *build_record(struct build *b, struct fgr_loc open, struct fgr_loc close, struct fgr_node *fields);
struct fgr_node *build_key(struct build *b, struct fgr_loc at, struct fgr_node *exprs);
struct fgr_node *build_times(struct build *b, struct fgr_node *branch, enum fgr_branch kind, struct fgr_loc times);
struct fgr_node *build_choose(struct build *b, struct fgr_loc at, struct fgr_loc name, struct fgr_node *type,
                              struct fgr_node *prompt, struct fgr_node *clauses, struct fgr_node *items);
struct fgr_node *build_rows(struct build *b, struct fgr_loc at, struct fgr_loc name, struct fgr_node *source,
                            struct fgr_node *label, struct fgr_node *prompt, struct fgr_node *late_prompt,
                            struct fgr_node *action, struct fgr_node *clauses, struct fgr_node *items);
struct fgr_node *build_arm(struct build *b, struct fgr_node *arm);
struct fgr_node *build_pattern(struct build *b, struct fgr_node *list, struct fgr_node *pattern, struct fgr_loc at);
struct fgr_node *build_method(struct fgr_node *n, const struct fgr_node *method);

struct fgr_node *build_binary(struct build *b, struct fgr_loc at, enum fgr_op op, struct fgr_node *l,
                              struct fgr_node *r);
struct fgr_node *build_callee(struct build *b, struct fgr_node *name);
struct fgr_node *build_method_call(struct build *b, struct fgr_loc at, struct fgr_node *object,
                                   struct fgr_loc object_at, struct fgr_loc name, struct fgr_node *args);
struct fgr_node *build_of_type(struct build *b, struct fgr_loc at, struct fgr_loc type, struct fgr_loc name);
struct fgr_node *build_step_word(struct build *b, struct fgr_node *n, struct fgr_loc word);

struct fgr_node *build_int(struct build *b, struct fgr_loc at);
struct fgr_node *build_number(struct build *b, struct fgr_loc at);
struct fgr_node *build_money(struct build *b, struct fgr_loc at);
struct fgr_node *build_duration(struct build *b, struct fgr_loc at);
struct fgr_node *build_bool(struct build *b, struct fgr_loc at, int value);
struct fgr_node *build_text(struct build *b, struct fgr_loc at);
struct fgr_node *build_text_start(struct build *b, struct fgr_loc head, struct fgr_node *value);
struct fgr_node *build_text_more(struct build *b, struct fgr_node *text, struct fgr_loc mid, struct fgr_node *value);
struct fgr_node *build_text_end(struct build *b, struct fgr_loc at, struct fgr_node *text, struct fgr_loc tail);

/* literal.c: what tokens say. A token that recovery made up is empty and reads as 0 or "". */
struct fn_str literal_slice(const struct build *b, uint32_t token);
struct fn_str literal_name(struct build *b,
                           uint32_t token); /* NFC, without backticks; canonical for contact, stage, ended */
struct fn_str literal_text(struct build *b, uint32_t token); /* one part of a text, decoded */
int64_t literal_int(struct build *b, uint32_t token);
double literal_number(struct build *b, uint32_t token);
int64_t literal_money(struct build *b, uint32_t token);
int64_t literal_duration(struct build *b, uint32_t token); /* ms */
int32_t literal_clock(struct build *b, uint32_t token);    /* minutes */

#endif

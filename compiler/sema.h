/* sema.h: what the files of the checker share. The passes, in order (check.c):
 *   parse       main file and the modules it uses (check.c)
 *   declare     every name of a file into its table (declare.c), then types and signatures (decls.c)
 *   walk        tools, flows before their callers, then stages, always, functions, tests (stmt.c, question.c, expr*.c)
 *   graph       what needs all stages at once: reachability, floods, the 24-hour window, set-before-read, bounds (graph*.c)
 *
 * The walk keeps one truth: struct path (numbers, joined where ways meet) and the facts of places (place.c: a trail that is undone at
 * branches). A mistake gives one diagnostic; its node gets fcc_t_error, and that is silent from then on.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SEMA_H
#define SEMA_H
#include "fbc_image.h"
#include "fcc_sema.h"

#define SEMA_NO_INDEX UINT32_MAX
/* Names tried as suggestions in one check: a thousand unknown names among a hundred thousand are not worth minutes. */
enum { SEMA_WEIGHED = 1000000 };
enum {
    SEMA_TEXTS = 256,
    SEMA_DEPTH = 700,
    SEMA_LIST = FCC_LIST_ITEMS,
    SEMA_SOME = 64,
    SEMA_FLOWS = 32 /* flows inside one another: the machine has 64 frames (fvm_run.h), and flows call functions */
};
enum sema_taint { TAINT_SECRET = 1, TAINT_PERSONAL = 2 };

/* -- names ---------------------------------------------------------------------------------------------------------------- */
enum name_space { NS_VALUE, NS_STAGE, NS_EVENT, NS_COUNT };
struct name {
    struct fn_str text;
    uint32_t times; /* tables that count */
    struct fcc_sym *in[NS_COUNT];
    struct fcc_sym *local; /* innermost, wins over in[NS_VALUE] */
    union {
        const struct fgr_node *node; /* tables of phrases, labels, ids: who has it */
        struct name *next_left;      /* of an entry that waits for its next use */
    };
};
struct names {           /* open addressing; rebuilt at 3/4 */
    struct name **slots; /* NULL: free */
    uint32_t *hashes;    /* of each slot, behind the slots; 0: free. An entry is only read when its hash fits */
    uint32_t n, cap;
};
struct place;
struct sym {
    struct fcc_sym pub;  /* first: a struct fcc_sym * of ours is a struct sym * */
    struct place *place; /* facts about the value it names, made when first needed */
    uint32_t expose;     /* number among the variables without a value of their own, or SEMA_NO_INDEX */
    uint32_t allowed;    /* `allow personal` in force, nested */
    uint32_t ai;         /* TOOL: most AI calls of one run of its body */
    uint32_t graph;      /* STAGE, FLOW: node of the graph */
    struct names parts;  /* ENUM, RECORD, TABLE and the like: its members or fields, by name */
    uint32_t sum;        /* FLOW, TOOL: its row of ctx.sums once it is walked, or SEMA_NO_INDEX */
    uint32_t nested;     /* FLOW: how many flows it is deep, itself among them */
    uint8_t taint;       /* sema_taint of its value */
    uint8_t visit;       /* types and flows: 0 new, 1 being visited, 2 done */
    bool needs_set;      /* has no value of its own at the start */
    bool reassigned;     /* local that is assigned after its `let` */
};
static inline struct sym *sema_sym(const struct fcc_sym *s)
{
    return (struct sym *)(uintptr_t)s;
}

struct local_undo {
    struct name *name;
    struct fcc_sym *before, *now;
    uint32_t made; /* 0, or how many slots the table had when the local brought its entry */
};

/* -- facts ---------------------------------------------------------------------------------------------------------------- */
struct place { /* a variable, or a field of one: what a fact can be about */
    struct fcc_sym *root, *field;
    struct place *parent, *kids, *next;
    bool set;
};
struct fact {
    struct place *place;
    bool before;
};
struct path {      /* numbers that hold where the walk stands */
    bool dead;     /* nothing comes here */
    bool bare;     /* some way here has sent no template since the entry */
    int64_t quiet; /* least time waited since the entry, ms; PATH_TAKEN when every way took a message or event */
    /* Greatest time since the last inbound message: beyond the entry's own, beyond that of a message kept at the entry, and absolute; -1 no
     * such way. */
    int64_t age_in, age_kept, age;
    int64_t kept_in,
        kept; /* greatest age of a message that was typed during a wait and not taken: one kept at the entry, and another */
    int64_t ai_in,
        ai; /* greatest number of AI calls since the entry without a wait, and since the last wait; -1 no such way */
    int64_t msg_in, msg; /* the same for messages */
};
enum { PATH_NONE = -1 };
#define PATH_TAKEN  ((int64_t)1 << 60)
#define PATH_HOUR   ((int64_t)3600000)
#define PATH_WINDOW (23 * PATH_HOUR)
#define PATH_KEPT   FBC_KEPT_MS /* what is older is dropped when the wait that kept it ends */

/* -- graph ---------------------------------------------------------------------------------------------------------------- */
enum graph_kind { GRAPH_ROOT, GRAPH_STAGE, GRAPH_FLOW, GRAPH_ON, GRAPH_HUB_PHRASE, GRAPH_HUB_SILENCE, GRAPH_HUB_ERROR };
struct graph_node {
    enum graph_kind kind;
    struct fcc_sym *sym;
    struct fgr_node *decl;
    uint32_t first_out;               /* index of the last edge added from here, chained by edge.next; SEMA_NO_INDEX */
    int64_t ai_first, msg_first;      /* greatest from the entry to the first wait or end */
    int64_t ai_most_in, ai_most;      /* greatest anywhere: since the entry without a wait, and since the last wait */
    struct fgr_node *first_wait_bare; /* a wait reached with no template sent since the entry */
    bool reached, on_error;           /* on_error: the stage, or the rule, that errors lead to */
};
struct graph_edge {
    uint32_t from, to, next, n_sets;
    struct path path;
    struct fgr_node *at;       /* JUMP, START, call, wait */
    struct fcc_sym **set_syms; /* variables set since the entry */
};
struct graph_send { /* where something leaves that needs the window open */
    uint32_t from;
    struct fgr_node *at;
    const struct fgr_node *wait; /* the wait before it, when there is one in this unit */
    int64_t age_in, age_kept, age;
};
struct graph_read { /* a variable read where the stage itself has not set it */
    uint32_t from;
    struct fcc_sym *sym;
    struct fgr_node *at;
};

enum { VEC_BLOCK = 64 };
struct
    vec { /* growing array in the arena; its items never move, and growing leaves nothing behind but the list of blocks */
    void **blocks; /* of VEC_BLOCK items each */
    uint32_t n, n_blocks, cap;
    uint32_t used; /* items from here on are still as they came: zero */
};

struct some_syms { /* a few symbols; beyond SEMA_SOME which they are is not known */
    struct vec syms;
    bool many;
};

enum unit_kind { UNIT_NONE, UNIT_STAGE, UNIT_FLOW, UNIT_FN, UNIT_TOOL, UNIT_ON, UNIT_TEST, UNIT_CONST };
struct unit {
    enum unit_kind kind;
    struct fcc_sym *sym;
    struct fgr_node *decl;
    const struct fcc_type *result;
    uint32_t graph;    /* node, or SEMA_NO_INDEX */
    uint32_t loops;    /* depth of loops the walk is in */
    uint32_t numbered; /* questions of this unit so far */
    struct path exit;  /* join of the returns of a flow */
    bool exits;
    uint32_t models, messages; /* of ctx, when the unit began */
    struct some_syms writes, sets;
};

struct flow_sum { /* sum.c: what a call of a flow, or an agent's call of a tool, does */
    struct path path;
    struct some_syms writes, sets; /* variables it may assign, and those that are set on every way back */
    bool asks, sends;              /* a model; messages */
};

struct ctx {
    struct fcc_program *p;
    struct fn_arena *arena;
    struct fn_diag_list *diags;
    const struct fcc_options *options;
    struct names *names;                   /* of the file being walked */
    struct name *left_names, **left_slots; /* of tables that nobody asks any more */
    struct names *tables;                  /* of each tree */
    uint16_t file;
    bool full; /* memory or a limit: stop quietly */
    uint32_t depth;
    struct names types; /* interned types, by their bytes */
    const struct fcc_type *texts[SEMA_TEXTS];
    struct fcc_sym *builtin_syms[FCC_BUILTINS];
    struct vec syms, questions, nodes, edges, sends, reads, reads_of; /* reads_of: exposed variables by number */
    struct vec locals;                                                /* struct local_undo */
    struct vec trail;                                                 /* struct fact */
    struct vec globals; /* variables and contact fields whose value may be absent */
    struct vec waits;   /* nodes where the contact may speak: edges to the hubs are made from them */
    struct unit unit;
    struct path path;
    struct names question_names;
    struct names assigned;                       /* locals that this unit assigns somewhere */
    struct vec allows;                           /* `allow personal` of the open blocks */
    uint64_t unit_bytes, unit_most, flows_bytes; /* of the locals of this unit, of the largest stage, of all flows */
    struct vec sums;                             /* struct flow_sum */
    uint32_t models, messages;                   /* calls of a model and messages met so far */
    bool talks;                                  /* the customer's last message is kept for an agent */
    bool sleeps;                                 /* somewhere the funnel waits and messages are kept */
    bool told_on_error;
    bool in_text;     /* the expression is shown to a person */
    bool writing;     /* the expression is the target of an assignment */
    bool deep;        /* nesting was told once */
    uint32_t weighed; /* names tried as suggestions */
    unsigned taint;   /* of the expression being read */
    struct fcc_sym *taint_by;
    struct fgr_node *always;
    struct fcc_sym *contact;
    struct names fields; /* of contact */
    uint32_t unit_trail; /* start of the unit's facts */
    uint32_t hub_phrase, hub_silence, hub_error;
    uint32_t *work_order, *work_place; /* graph_work.c: made once, for the graph does not change by then */
    const struct fgr_node *last_wait;  /* of this unit */
    struct fgr_node *worst_ai;         /* the wait that ends the turn with most AI calls */
    struct vec ons;                    /* ON nodes in `always` order */
    struct names phrases, starts;      /* of `always` and of `start`, folded: they win over every question */
    struct names moved[2];             /* stages and variables that have a `migrate` rule */
    const struct fgr_node *effect_at;  /* the expression that may be an effect: the whole right side of a statement */
    struct fn_str choice;              /* label of the option the walk is in: for "why it matters" */
};

/* -- vec ------------------------------------------------------------------------------------------------------------------ */
void *sema_push(struct ctx *c, struct vec *v, size_t size); /* zeroed item; NULL and c->full when memory is out */
#define SEMA_AT(v, T, i) (((T *)(v).blocks[(i) / VEC_BLOCK])[(i) % VEC_BLOCK])
/* All items as one array, for those who read the program; NULL when there are none, or memory is out. */
void *sema_flat(struct ctx *c, const struct vec *v, size_t size);

/* -- diagnostics (say.c) --------------------------------------------------------------------------------------------------- */
/* Never NULL. Silent (a scratch record) when the node is broken. */
struct fn_diag *sema_diag(struct ctx *c, enum fgr_diag d, const struct fgr_node *n);
struct fn_diag *sema_diag_at(struct ctx *c, enum fgr_diag d, struct fn_span span);
/* Something of this code block (first..last) was told within the span: what would be said of its shape follows from that. */
bool sema_was_told(const struct ctx *c, struct fn_span span, enum fgr_diag first, enum fgr_diag last);
bool sema_misread(const struct ctx *c, const struct fgr_node *n); /* a mistake of form stands in it */
struct fn_diag *sema_name_diag(struct ctx *c, enum fgr_diag d,
                               const struct fgr_node *n); /* at text_span, {name} = text */
void sema_arg(struct fn_diag *d, const char *name, struct fn_str value);
void sema_arg_num(struct ctx *c, struct fn_diag *d, const char *name, int64_t value);
void sema_arg_type(struct ctx *c, struct fn_diag *d, const char *name, const struct fcc_type *t);
void sema_why(struct ctx *c, struct fn_diag *d,
              enum fgr_why otherwise); /* the option a customer tapped to get here, else `otherwise` */
bool sema_full(const struct ctx *c);   /* no use in working out a suggestion */

/* -- suggestions (suggest.c) ------------------------------------------------------------------------------------------------ */
struct suggest {
    struct ctx *c;
    struct fn_str wanted, written; /* wanted is folded */
    size_t best;
    struct fn_str name;
    const struct fcc_sym *sym;
};
void sema_suggest_begin(struct suggest *s, struct ctx *c, struct fn_str wanted);
void sema_suggest_try(struct suggest *s, struct fn_str name, const struct fcc_sym *sym);
/* Adds the label of what is nearest and the fix that replaces `span`. */
void sema_suggest_end(struct suggest *s, struct fn_diag *d, struct fn_span span);

/* -- names (names.c) -------------------------------------------------------------------------------------------------------- */
struct name *sema_name(struct ctx *c, struct names *t, struct fn_str text, bool make);
void sema_names_end(struct ctx *c, struct names *t); /* its entries and slots serve other tables from now on */
/* From here to the end of the scope the name is `now`. The entry, where it stands; NULL when memory is out. */
struct name *sema_bind(struct ctx *c, struct fn_str text, struct fcc_sym *now);
struct fcc_sym *sema_part(const struct fcc_sym *owner, struct fn_str name); /* NULL when it has none of that name */
struct fcc_sym *sema_declare(struct ctx *c, enum name_space ns, enum fcc_sym_kind kind, struct fgr_node *decl,
                             struct fn_str name);
struct fcc_sym *sema_new_sym(struct ctx *c, enum fcc_sym_kind kind, struct fgr_node *decl, struct fn_str name);
struct fcc_sym *sema_local(struct ctx *c, enum fcc_sym_kind kind, struct fgr_node *decl, struct fn_str name,
                           const struct fcc_type *type);
uint32_t sema_scope(const struct ctx *c);
void sema_scope_end(struct ctx *c, uint32_t mark);
/* NULL after one diagnostic `unknown`, with a suggestion among names of that space for which fits() says yes (NULL: all). */
struct fcc_sym *sema_find(struct ctx *c, enum name_space ns, const struct fgr_node *n, struct fn_str text,
                          enum fgr_diag unknown, bool (*fits)(const struct fcc_sym *));
struct fcc_sym *sema_lookup(struct ctx *c, enum name_space ns, struct fn_str text);
bool sema_is(struct fn_str text, const char *en, const char *pt);

/* -- types (types.c) -------------------------------------------------------------------------------------------------------- */
const struct fcc_type *sema_type_text(struct ctx *c, uint64_t bound);
const struct fcc_type *sema_type_list(struct ctx *c, const struct fcc_type *elem, uint32_t bound);
const struct fcc_type *sema_type_map(struct ctx *c, const struct fcc_type *elem);
const struct fcc_type *sema_type_option(struct ctx *c, const struct fcc_type *elem);
const struct fcc_type *sema_type_of_decl(struct ctx *c,
                                         struct fcc_sym *s); /* of ENUM, RECORD, TABLE: fields resolved */
const struct fcc_type *
sema_type_node(struct ctx *c, struct fgr_node *n); /* TYPE -> type, sets n->type; error type after a diagnostic */
const struct fcc_type *sema_open(const struct fcc_type *t); /* T? -> T */
static inline bool sema_is_error(const struct fcc_type *t)
{
    return t->cls == FCC_C_ERROR;
}
static inline bool sema_is_option(const struct fcc_type *t)
{
    return t->cls == FCC_C_OPTION;
}
static inline bool sema_is_basic(const struct fcc_type *t, enum fgr_type b)
{
    return t->cls == FCC_C_BASIC && t->basic == b;
}
bool sema_is_textual(const struct fcc_type *t); /* text, phone, email, url */
bool sema_is_numeric(const struct fcc_type *t); /* int, number */
bool sema_is_media(const struct fcc_type *t);
const struct fcc_type *
sema_widest(struct ctx *c, const struct fcc_type *a,
            const struct fcc_type *b); /* of two that are the same but for their bounds: holds both */
bool sema_fits(const struct fcc_type *want, const struct fcc_type *got); /* bounds apart */
uint64_t
sema_text_max(const struct fcc_type *t); /* code points when shown; 0 = no bound; not for lists, maps, records */
uint64_t sema_bytes_max(const struct fcc_type *t); /* greatest size in a suspended conversation */
unsigned sema_type_taint(const struct fcc_type *t);
struct fcc_sym *sema_field(const struct fcc_type *record, struct fn_str name);
uint32_t sema_n_fields(const struct fcc_type *record, struct fgr_node ***fields);
/* Checks one value against the type it is wanted as; `n` is told. Gives `want`. */
void sema_want(struct ctx *c, struct fgr_node *n, const struct fcc_type *want, const struct fcc_type *got);

struct file_mark {
    uint16_t file;
    struct names *names;
};
struct file_mark sema_file_enter(struct ctx *c, uint16_t file); /* looks names up in another file */
void sema_file_leave(struct ctx *c, struct file_mark m);
/* -- declarations (declare.c, decls.c) ----------------------------------------------------------------------------------------- */
void sema_declare_file(struct ctx *c, struct fgr_node *file);
void sema_resolve_file(struct ctx *c, struct fgr_node *file);
void sema_check_decls(struct ctx *c, struct fgr_node *file);
void sema_check_unused(struct ctx *c);
void sema_check_tests(struct ctx *c, struct fgr_node *file);

/* -- places and paths (place.c, path.c) ------------------------------------------------------------------------------------------ */
struct place *sema_place(struct ctx *c,
                         const struct fgr_node *n); /* of NAME, MEMBER_OF chains; NULL when it is not one */
struct place *sema_place_of(struct ctx *c, struct fcc_sym *sym);
void sema_fact(struct ctx *c, struct place *p, bool set);
uint32_t sema_trail(const struct ctx *c);
void sema_undo(struct ctx *c, uint32_t mark);
/* The value may have become another one: what is known of its fields is not, nor that it is there when it may be none. */
void sema_kill(struct ctx *c, const struct fcc_sym *s);
void sema_kill_all(struct ctx *c);                                /* the same of every variable */
void sema_kill_assigned(struct ctx *c, const struct fgr_node *n); /* facts that one round of a loop may undo */
/* What holds if `cond` is true (or false). */
void sema_assume(struct ctx *c, const struct fgr_node *cond, bool truth);
/* Ways that part and meet again. */
struct fork {
    struct path start, joined;
    uint32_t mark;      /* trail */
    struct fact *facts; /* of the ways that met so far: places set on all of them */
    uint32_t n_facts;
    bool any;
};
void sema_fork(struct ctx *c, struct fork *f);      /* remember here */
void sema_fork_next(struct ctx *c, struct fork *f); /* this way ends; back to the fork */
void sema_fork_join(struct ctx *c, struct fork *f); /* no more ways: go on where they meet (dead when none does) */
struct path sema_path_start(void);
void sema_path_join(struct path *a, const struct path *b);
struct path sema_path_then(const struct path *p, const struct path *q);
void sema_path_message(struct path *p); /* an inbound message was taken */
void sema_path_event(struct path *p);
void sema_path_wait(struct path *p, int64_t ms); /* time went by, at a question: nothing was kept, or it had answered */
void sema_path_sleep(struct path *p, int64_t ms); /* time went by, and messages are kept */
void sema_path_none_kept(struct path *p);
int64_t sema_path_kept(int64_t age);                        /* what is older is not kept */
void sema_path_suspend(struct ctx *c, struct fgr_node *at); /* the turn ends here */
void sema_path_send(struct ctx *c, struct fgr_node *at, bool needs_window, bool is_template);
void sema_path_more(struct ctx *c, int64_t messages); /* what was sent goes out in so many more messages */
void sema_path_ai(struct ctx *c, int64_t calls);
void sema_path_peak(struct ctx *c); /* an error here would go to `on error` with what the turn has cost so far */

/* -- expressions (expr.c, expr_op.c, expr_call.c, expr_literal.c, expr_effect.c) ---------------------------------------------------- */
const struct fcc_type *sema_expr(struct ctx *c, struct fgr_node *n, const struct fcc_type *want);
const struct fcc_type *sema_expr_to(struct ctx *c, struct fgr_node *n, const struct fcc_type *want);
const struct fcc_type *sema_expr_open(struct ctx *c, struct fgr_node *n, const struct fcc_type *want); /* T? is told */
void sema_cond(struct ctx *c, struct fgr_node *n);
const struct fcc_type *sema_error(struct fgr_node *n);
/* Tells that a value of type t (void: opening hours) has no member of this name, and suggests the nearest one. */
const struct fcc_type *sema_no_member(struct ctx *c, struct fgr_node *n, const struct fcc_type *t, const char *owner);
/* Is this the name of opening hours? Then it counts as used. */
bool sema_hours_object(struct ctx *c, struct fgr_node *object);
const struct fcc_type *sema_name_expr(struct ctx *c, struct fgr_node *n, const struct fcc_type *want);
const struct fcc_type *sema_member_expr(struct ctx *c, struct fgr_node *n);
const struct fcc_type *sema_binary(struct ctx *c, struct fgr_node *n, const struct fcc_type *want);
const struct fcc_type *sema_unary(struct ctx *c, struct fgr_node *n, const struct fcc_type *want);
const struct fcc_type *sema_call(struct ctx *c, struct fgr_node *n);
const struct fcc_type *sema_text(struct ctx *c, struct fgr_node *n);
const struct fcc_type *sema_list_lit(struct ctx *c, struct fgr_node *n, const struct fcc_type *want);
const struct fcc_type *sema_record_lit(struct ctx *c, struct fgr_node *n, const struct fcc_type *want);
const struct fcc_type *sema_effect(struct ctx *c,
                                   struct fgr_node *n); /* HTTP, EXTRACT, WRITE, FIND, CLASSIFY without arms */
bool sema_is_effect(const struct fgr_node *n);
/* `acts`: the callee may send what it is given elsewhere, so personal data needs a personal parameter. */
void sema_args(struct ctx *c, struct fgr_node *call, struct fgr_node *args, struct fgr_node *params, bool acts);
const struct fcc_type *sema_enum_member(struct ctx *c, struct fgr_node *n, const struct fcc_type *e);
void sema_taint_into(struct ctx *c, const struct fgr_node *at,
                     const struct fcc_sym *target); /* c->taint goes to target */
void sema_taint_model(struct ctx *c, const struct fgr_node *at);
void sema_taint_message(struct ctx *c, const struct fgr_node *at);
void sema_taint_rounds(struct ctx *c, const struct fgr_node *body); /* of a loop, before it is walked */
void sema_taint_url(struct ctx *c, const struct fgr_node *at);
const struct fcc_type *sema_secret(struct ctx *c, struct fgr_node *n, struct fcc_sym *s); /* its name, read */
void sema_once(struct ctx *c, struct fgr_node *n, const struct fgr_node **first); /* told when it is not the first */
void sema_props_once(struct ctx *c, const struct fgr_node *props);                /* of an agent, of `http` */
void sema_secret_fits(struct fgr_node *value); /* of `http`: the secrets it names are put in when it goes out */
struct fcc_sym *sema_table(struct ctx *c, const struct fgr_node *n);
bool sema_is_table(const struct fcc_sym *s);
void sema_table_key(struct ctx *c, const struct fcc_sym *table, struct fgr_node *key);
bool sema_iso_datetime(struct fn_str s);
void sema_taint_read(struct ctx *c, struct fcc_sym *sym);
/* Builtin of an owner ("" for functions), by either name; NULL. */
const struct fcc_builtin *sema_builtin(const char *owner, struct fn_str name);
struct fcc_sym *sema_builtin_sym(struct ctx *c, const struct fcc_builtin *b);
const char *sema_owner(const struct fcc_type *t);
const struct fcc_type *sema_builtin_result(struct ctx *c, struct fgr_node *n, const struct fcc_builtin *b,
                                           const struct fcc_type *owner, struct fgr_node *args);
const struct fcc_type *sema_module_member(struct ctx *c, struct fgr_node *n, struct fcc_sym *m);
bool sema_builtin_mutates(uint16_t row);

/* -- statements (stmt.c, question.c, match.c) ----------------------------------------------------------------------------------------- */
void sema_block(struct ctx *c, struct fgr_node *block);
void sema_stmt(struct ctx *c, struct fgr_node *n);
void sema_action(struct ctx *c, struct fgr_node *n);   /* NULL: goes on */
void sema_question(struct ctx *c, struct fgr_node *n); /* ASK CHOOSE WAIT_MESSAGE WAIT_EVENT TALK HANDOFF */
void sema_match(struct ctx *c, struct fgr_node *n);
void sema_loop(struct ctx *c, struct fgr_node *n);
void sema_classify(struct ctx *c, struct fgr_node *n); /* with arms */
void sema_collect_always(struct ctx *c, const struct fgr_node *file);
void sema_walk_tools(struct ctx *c, struct fgr_node *file);
void sema_walk_flow(struct ctx *c, struct fcc_sym *flow);
void sema_walk_units(struct ctx *c, struct fgr_node *file);
void sema_jump(struct ctx *c, struct fgr_node *n, struct fn_str stage);
bool sema_may_wait(struct ctx *c, const struct fgr_node *n); /* a diagnostic when the unit may not */
bool sema_may_act(struct ctx *c, const struct fgr_node *n);
int64_t sema_constant_ms(const struct fgr_node *n, int64_t otherwise); /* of a DURATION literal */

/* -- channel (channel.c) ------------------------------------------------------------------------------------------------------------- */
void sema_channel_text(struct ctx *c, struct fgr_node *n, const struct fcc_type *t, uint32_t limit, enum fgr_diag over);
void sema_channel_label(struct ctx *c, struct fgr_node *n, const struct fcc_type *t);
void sema_channel_template(struct ctx *c, struct fgr_node *n);
enum sema_limit {
#define FCC_CHANNEL_LIMIT(NAME, value, what, source) LIMIT_##NAME = (value),
#include "channel_limits.def"
#undef FCC_CHANNEL_LIMIT
};

/* -- graph (graph.c, graph_flow.c, graph_bounds.c) -------------------------------------------------------------------------------------- */
uint32_t sema_graph_node(struct ctx *c, enum graph_kind kind, struct fcc_sym *sym, struct fgr_node *decl);
/* graph_work.c, when the graph is complete: all nodes wait at first; `put` makes one wait, `take` gives the first. */
struct graph_work {
    const uint32_t *order, *place; /* node at a place, place of a node: of ctx */
    uint8_t *waiting;              /* by place */
    uint32_t n, at;
};
bool sema_work_begin(struct ctx *c, struct graph_work *w);
void sema_work_put(struct graph_work *w, uint32_t node);
bool sema_work_take(struct graph_work *w, uint32_t *node);
void sema_graph_edge(struct ctx *c, uint32_t from, uint32_t to, struct fgr_node *at);
void sema_drop_allowed(struct ctx *c);
/* lint.c: traps that are no errors. */
struct fn_str sema_folded(struct ctx *c, struct fn_str text); /* as answers are compared */
void sema_lint_options(struct ctx *c, const struct fgr_node *choose, const struct fn_str *folded_labels);
void sema_lint_http(struct ctx *c, const struct fgr_node *http);
void sema_lint_phrases(struct ctx *c);
/* consequence.c: after every pass. */
void sema_drop_consequences(struct ctx *c);
void sema_graph_check(struct ctx *c);
void sema_graph_window(struct ctx *c);
void sema_graph_reads(struct ctx *c);
void sema_graph_flood(struct ctx *c);
void sema_graph_bounds(struct ctx *c);
/* sum.c */
void sema_sum_write(struct ctx *c, struct fcc_sym *root); /* this unit assigns it, or a field of it */
void sema_exit(struct ctx *c);                            /* this unit goes back to its caller here */
void sema_sum_end(struct ctx *c, struct fcc_sym *unit);
void sema_sum_call(struct ctx *c, const struct fcc_sym *flow);
void sema_sum_kill(struct ctx *c, const struct fcc_sym *unit); /* what it assigns is not known any more */
/* The flow or agent that this CALL or TALK runs, before it is walked; NULL. */
struct fcc_sym *sema_callee(struct ctx *c, const struct fgr_node *n);
void sema_order_flows(struct ctx *c);

#endif

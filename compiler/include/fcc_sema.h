/* fcc_sema.h: meaning: names bound, types known, flow checked. What checking leaves on the tree for emission, the editor and the reports.
 *
 * The checker fills fgr_node.type on every expression, declaration and TYPE, and fgr_node.sym on every NAME, MEMBER_OF, CALL callee and
 * declaration that is bound. A node whose meaning could not be found has type fcc_t_error and made one diagnostic; nothing that depends on it
 * makes another.
 *
 * What emission may rely on when there is no error diagnostic:
 *   - type of an expression node is what the source says AFTER narrowing: a `T?` variable known to be set where it stands (just asked for,
 *     inside `if x`, after `x or y`) has type T there while sym->type is T?; emission opens it (op OPEN).
 *   - where a value of type T stands and T? is wanted, emission wraps it (fcc_wanted gives the wanted type of the surrounding construct:
 *     assignments, arguments, returns, record fields, list items carry it in the target's own type).
 *   - a bare enum member NAME has sym->kind FCC_S_MEMBER; members of built-in types have sym->kind FCC_S_BUILTIN with the row in sym->builtin.
 *   - text interpolations: any type but lists, maps, records; shown by the natives show_*.
 *   - every ASK/CHOOSE/WAIT/TALK node has its effective branches in an fcc_question (its own, then `always`, then the defaults).
 *   - where a number is wanted an int may stand (its node has type int): emission converts (I2F). An INT literal there has type number already.
 *   - a NAMED_ARG of a call has the parameter as its sym, one of a record the field; missing arguments have an init in the PARAM's declaration.
 *   - a CALL has its callee's sym; of a builtin, sym->builtin->row says which. A method that changes its owner (list.add …) has a callee
 *     MEMBER_OF whose object is a variable, a contact field, a local, or a field or item of one.
 *   - `tag vip`: a NAME without sym stands for itself. `choose x: Enum` and `choose r from l` have in the CHOOSE node's sym what keeps the answer.
 *   - where a text is wanted a phone, email or url may stand. A text's bound is its greatest length in code points, 0 when it has none.
 *   - `for` goes over a list, a RANGE (type list<int>), or the NAME of a table (sym TABLE).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCC_SEMA_H
#define FCC_SEMA_H
#include "fgr_ast.h"
#include "fgr_diag.h"

/* Types are interned per compile: equal types are equal pointers, bounds apart (fcc_same ignores bounds). */
enum fcc_type_class {
    FCC_C_ERROR,
    FCC_C_VOID,
    FCC_C_NONE /* of `none` */,
    FCC_C_BASIC,
    FCC_C_ENUM,
    FCC_C_RECORD,
    FCC_C_LIST,
    FCC_C_MAP,
    FCC_C_OPTION
};
struct fcc_type {
    enum fcc_type_class cls;
    enum fgr_type basic;         /* BASIC */
    uint32_t bound;              /* text(n) code points, list<T>(n) items; 0 = unbounded text / 200 */
    const struct fcc_type *elem; /* LIST, MAP, OPTION */
    struct fcc_sym *decl;        /* ENUM, RECORD (a table's row is a RECORD whose decl is the table) */
};
enum { FCC_LIST_ITEMS = 200 /* of a list that says nothing */ };
extern const struct fcc_type fcc_t_error, fcc_t_void, fcc_t_none, fcc_t_bool, fcc_t_int, fcc_t_number, fcc_t_money,
    fcc_t_text, fcc_t_date, fcc_t_time, fcc_t_datetime, fcc_t_duration, fcc_t_phone, fcc_t_email, fcc_t_url,
    fcc_t_image, fcc_t_audio, fcc_t_video, fcc_t_document, fcc_t_location, fcc_t_json;
bool fcc_same(const struct fcc_type *a, const struct fcc_type *b);

enum fcc_sym_kind {
    FCC_S_CONTACT_FIELD,
    FCC_S_VAR,
    FCC_S_LOCAL,
    FCC_S_PARAM,
    FCC_S_STAGE,
    FCC_S_FN,
    FCC_S_FLOW,
    FCC_S_TOOL,
    FCC_S_AGENT,
    FCC_S_ENUM,
    FCC_S_MEMBER,
    FCC_S_RECORD,
    FCC_S_FIELD,
    FCC_S_TABLE,
    FCC_S_HOURS,
    FCC_S_SECRET,
    FCC_S_EVENT,
    FCC_S_MODULE,
    FCC_S_BUILTIN,
    FCC_S_CONTACT
};
/* Members of built-in types and library namespaces: FCC_BUILTIN rows of builtins.def: owner ("list", "text", "hours", "contact", "" for free
 * functions such as cut, mask, date, now), English and Portuguese name, method or property, signature, lowering (a native, an op, or a case
 * in emission by row). */
struct fcc_builtin {
    const char *owner, *en, *pt;
    const char *sig; /* human signature for hover and checks, e.g. "(T)" "(text, int) -> text"; see builtins.def */
    uint16_t row;    /* enum fcc_builtin_row */
    bool property;   /* no parentheses */
};
enum fcc_builtin_row {
#define FCC_BUILTIN(NAME, owner, en, pt, sig, property) FCC_B_##NAME,
#include "builtins.def"
#undef FCC_BUILTIN
    FCC_BUILTINS
};
extern const struct fcc_builtin fcc_builtins[FCC_BUILTINS];

struct fcc_sym {
    enum fcc_sym_kind kind;
    uint16_t file;
    bool personal, secret;
    struct fn_str name;          /* NFC; for library functions "br.cpf_valid" */
    struct fgr_node *decl;       /* declaring node; NULL for what the language brings */
    const struct fcc_type *type; /* of values; result of functions; row type of tables */
    struct fcc_sym *owner;       /* MEMBER -> enum, FIELD -> record/table */
    const struct fcc_builtin *builtin;
    const struct fcc_type *const *params; /* FN, FLOW, TOOL, EVENT: n_params types */
    uint32_t n_params;
    uint32_t index; /* MEMBER, FIELD, PARAM: position */
    uint32_t uses;
    uint32_t slot; /* free use of emission: global, register, function, stage index */
};

/* Effective answers of a question; actions are nodes of the tree (possibly of `always`). */
struct fcc_question {
    const struct fgr_node *node; /* ASK, CHOOSE, WAIT_MESSAGE, WAIT_EVENT, TALK, HANDOFF */
    struct fn_str
        name; /* stable: "inicio/email", "inicio" for the only choose of a stage, "inicio/2" ... see names.c */
    const struct fgr_node *invalid_text, *invalid_action, *failed_action, *silence_time, *silence_action, *media_action;
    uint32_t invalid_times;              /* default 2 */
    bool media_transcribe, silence_ends; /* silence without action ends the conversation */
    const struct fgr_node *settle, *settle_max;
};

struct fcc_module { /* library or workspace source, handed in by the caller */
    struct fn_str name, text;
};
struct fcc_template { /* catalogue of templates, where one is known */
    struct fn_str name, language;
    uint32_t variables;
};
/* How many values a template's text takes: the greatest n of its {{n}}. */
uint32_t fcc_template_variables(struct fn_str text);
struct fcc_options {
    const struct fcc_module *modules;
    size_t n_modules;
    const struct fcc_template *templates; /* NULL: no catalogue */
    size_t n_templates;
};

struct fcc_program {
    const uint64_t *set_bits, *need_bits; /* fcc_is_set_at, fcc_is_needed_at */
    uint32_t set_words;
    struct fn_arena *arena;
    struct fn_diag_list *diags;
    struct fgr_tree *trees; /* [0] the main file, then the modules it uses, in order of first use */
    uint32_t n_trees;
    struct fcc_sym **syms; /* every declaration, in source order, main file first */
    uint32_t n_syms;
    struct fcc_question
        *questions; /* in source order; fgr_node.question of the node = index while checking is current */
    uint32_t n_questions;
    /* figures of `check --report` (guarantees 8 and 9) */
    uint32_t ai_calls_turn, ai_calls_conversation, messages_turn;
    uint64_t suspended_bytes;
};
/* A variable or a field of the contact has a value whenever this stage is entered, in a program without errors: guarantee 4. */
bool fcc_is_set_at(const struct fcc_program *p, const struct fcc_sym *stage, const struct fcc_sym *value);
/* It is read there, or behind it, before it is set. */
bool fcc_is_needed_at(const struct fcc_program *p, const struct fcc_sym *stage, const struct fcc_sym *value);
/* Parses main and the modules it uses, checks everything; diagnostics go to diags. *out lives in arena. FN_OK also when there are errors
 * (ask diags->errors); other codes only for memory and limits. */
FN_MUST_USE enum fn_code fcc_check(struct fn_arena *arena, struct fn_str path, struct fn_str text,
                                   const struct fcc_options *options, struct fn_diag_list *diags,
                                   struct fcc_program **out);
struct fn_str fcc_locale(const struct fcc_program *p);
struct fn_str fcc_currency(const struct fcc_program *p); /* of the locale: BRL, USD, EUR, GBP */
const struct fcc_question *fcc_question_of(const struct fcc_program *p, const struct fgr_node *n);
/* One line a declaration and expression: the golden "types". */
void fcc_dump_types(struct fn_buf *out, const struct fcc_program *p);
void fcc_type_name(struct fn_buf *out, const struct fcc_type *t, enum fn_lang lang);

#endif

/* fgr_ast.h: the syntax tree. One node struct; its shape per kind is the table ast.def.
 *
 * Nodes live in the compile's arena, are never freed alone and are as large as their kind needs. The parser fills the syntax half; the compiler fills the
 * annotation half (type, sym, question) and nothing else. A node that recovery made up, or that contains one, carries
 * FGR_BROKEN: later phases stay silent about it (no cascades) but may still walk it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FGR_AST_H
#define FGR_AST_H
#include "fn_arena.h"

enum fgr_kind {
#define FGR_NODE(NAME, ...) FGR_##NAME,
#include "ast.def"
#undef FGR_NODE
    FGR_KINDS
};
enum { FGR_KIDS_MAX = 6 };

/* clang-format off */
/* Kid indices, checked against ast.def by tests/unit/test_fgr_ast.c. */
enum {
    FGR_FILE_decls = 0, FGR_TITLE_title = 0, FGR_TIMEZONE_value = 0, FGR_LOCALE_value = 0, FGR_CONTACT_fields = 0,
    FGR_FIELD_type = 0, FGR_FIELD_init, FGR_ENUM_members = 0, FGR_MEMBER_label = 0, FGR_RECORD_fields = 0,
    FGR_TABLE_keys = 0, FGR_TABLE_fields, FGR_HOURS_rules = 0, FGR_HOURS_RULE_days = 0, FGR_HOURS_RULE_ranges,
    FGR_HOURS_EXCEPT_values = 0, FGR_AGENT_props = 0, FGR_PROP_value = 0,
    FGR_TOOL_params = 0, FGR_TOOL_result, FGR_TOOL_doc, FGR_TOOL_body,
    FGR_FN_params = 0, FGR_FN_result, FGR_FN_body, FGR_FLOW_params = 0, FGR_FLOW_result, FGR_FLOW_body,
    FGR_PARAM_type = 0, FGR_PARAM_init, FGR_EVENT_params = 0, FGR_VAR_type = 0, FGR_VAR_init,
    FGR_START_phrases = 0, FGR_START_binds, FGR_START_action, FGR_ALWAYS_ons = 0, FGR_ON_phrases = 0, FGR_ON_time, FGR_ON_binds, FGR_ON_action,
    FGR_STAGE_body = 0, FGR_MIGRATE_VAR_value = 0, FGR_TEST_steps = 0, FGR_TYPE_args = 0, FGR_BLOCK_stmts = 0,
    FGR_SAY_value = 0, FGR_SAY_else_template, FGR_ASK_target = 0, FGR_ASK_prompt, FGR_ASK_branches, FGR_LOCAL_type = 0,
    FGR_CHOOSE_type = 0, FGR_CHOOSE_source, FGR_CHOOSE_label, FGR_CHOOSE_prompt, FGR_CHOOSE_options, FGR_CHOOSE_branches,
    FGR_OPTION_label = 0, FGR_OPTION_action, FGR_BRANCH_value = 0, FGR_BRANCH_value2, FGR_BRANCH_action,
    FGR_CLASSIFY_subject = 0, FGR_CLASSIFY_type, FGR_CLASSIFY_agent, FGR_CLASSIFY_arms, FGR_CLASSIFY_else_action,
    FGR_ARM_patterns = 0, FGR_ARM_action, FGR_TALK_agent = 0, FGR_TALK_branches, FGR_WAIT_FOR_time = 0,
    FGR_WAIT_UNTIL_time = 0, FGR_WAIT_MESSAGE_branches = 0, FGR_WAIT_EVENT_binds = 0, FGR_WAIT_EVENT_where,
    FGR_WAIT_EVENT_branches, FGR_RETURN_value = 0, FGR_RETURN_else_action, FGR_IF_cond = 0, FGR_IF_then, FGR_IF_otherwise, FGR_MATCH_subject = 0,
    FGR_MATCH_arms, FGR_FOR_source = 0, FGR_FOR_where, FGR_FOR_order, FGR_FOR_limit, FGR_FOR_body, FGR_WHILE_cond = 0,
    FGR_WHILE_body, FGR_LET_type = 0, FGR_LET_value, FGR_LET_else_action, FGR_ASSIGN_target = 0, FGR_ASSIGN_value,
    FGR_ASSIGN_else_action, FGR_DO_value = 0, FGR_DO_else_action, FGR_SAVE_value = 0, FGR_DELETE_key = 0, FGR_GOAL_value = 0,
    FGR_TAG_value = 0, FGR_HANDOFF_team = 0, FGR_HANDOFF_note, FGR_HANDOFF_branches, FGR_NOTIFY_team = 0, FGR_NOTIFY_value,
    FGR_REACT_value = 0, FGR_TYPING_time = 0, FGR_SEND_TEMPLATE_name = 0, FGR_SEND_TEMPLATE_args, FGR_SEND_TEMPLATE_language,
    FGR_SEND_MEDIA_value = 0, FGR_SEND_MEDIA_caption, FGR_SEND_MEDIA_else_action, FGR_SPLIT_arms = 0, FGR_SPLIT_ARM_body = 0,
    FGR_MEMBER_OF_object = 0, FGR_INDEX_object = 0, FGR_INDEX_key, FGR_CALL_callee = 0, FGR_CALL_args, FGR_NAMED_ARG_value = 0,
    FGR_TEXT_parts = 0, FGR_UNARY_value = 0, FGR_BINARY_left = 0, FGR_BINARY_right, FGR_LIST_LIT_values = 0,
    FGR_RECORD_LIT_fields = 0, FGR_RANGE_low = 0, FGR_RANGE_high, FGR_AS_value = 0, FGR_AS_type,
    FGR_HTTP_url = 0, FGR_HTTP_props, FGR_HTTP_result, FGR_EXTRACT_type = 0, FGR_EXTRACT_source, FGR_EXTRACT_agent,
    FGR_WRITE_value = 0, FGR_WRITE_agent, FGR_FIND_key = 0, FGR_STEP_SAYS_value = 0, FGR_STEP_EXPECTS_value = 0,
    FGR_STEP_EXPECTS_options, FGR_STEP_CLOCK_time = 0, FGR_STEP_AT_value = 0, FGR_STEP_GIVEN_target = 0, FGR_STEP_GIVEN_value,
    FGR_STEP_EVENT_args = 0, FGR_STEP_AI_value = 0, FGR_STEP_HTTP_url = 0, FGR_STEP_HTTP_body, FGR_STEP_ASSERT_cond = 0,
};
/* clang-format on */

enum fgr_flag {
    FGR_BROKEN = 1 << 0,   /* synthetic, or holds something synthetic */
    FGR_MODULE = 1 << 1,   /* FILE began with `module` */
    FGR_PT = 1 << 2,       /* FILE is in the Portuguese spelling */
    FGR_OPTIONAL = 1 << 3, /* TYPE? */
    FGR_PERSONAL = 1 << 4,
    FGR_SECRET_FLAG = 1 << 5,
    FGR_ONCE = 1 << 6,
    FGR_EXACT = 1 << 7,
    FGR_FAILED = 1 << 8,
    FGR_ELSE = 1 << 9,
    FGR_UNTAG = 1 << 10,
    FGR_DESC = 1 << 11,
    FGR_BY_OPTION = 1 << 12, /* STEP_SAYS [id] */
    FGR_TRANSCRIBE = 1 << 13,
    FGR_LONG_TEXT = 1 << 14, /* TEXT written with """ */
    FGR_PARENS = 1 << 15,    /* expression was written in parentheses (formatter) */
    FGR_ASSIGNS = 1 << 16,   /* an ASSIGN or holds one: who looks for them need not walk the rest */
};

enum fgr_start { FGR_START_MESSAGE, FGR_START_KEYWORD, FGR_START_CAMPAIGN, FGR_START_EVENT };
enum fgr_on { FGR_ON_PHRASE, FGR_ON_SILENCE, FGR_ON_ERROR, FGR_ON_EVENT, FGR_ON_MEDIA, FGR_ON_INVALID, FGR_ON_FAILED };
/* BRANCH kinds. value/value2: CHECK cond, text; INVALID text (num = count, 0 = default 2); SILENCE duration;
 * SETTLE quiet, max; LIMIT num = messages; MEDIA (flag TRANSCRIBE or action); OTHER action (BLOCK, JUMP or CLASSIFY);
 * FROM_ACTION the `-> x` of `choose r from ...`. */
enum fgr_branch {
    FGR_BR_CHECK,
    FGR_BR_INVALID,
    FGR_BR_FAILED,
    FGR_BR_SILENCE,
    FGR_BR_MEDIA,
    FGR_BR_SETTLE,
    FGR_BR_OTHER,
    FGR_BR_DONE,
    FGR_BR_LIMIT,
    FGR_BR_FROM_ACTION
};
/* PROP kinds. HEADER: value = LIST_LIT of two texts; CAN: text = tool; TIMEOUT: duration; BODY: expression. */
enum fgr_prop {
    FGR_P_MODEL,
    FGR_P_INSTRUCTIONS,
    FGR_P_REMEMBER,
    FGR_P_BUDGET,
    FGR_P_CAN,
    FGR_P_HEADER,
    FGR_P_BODY,
    FGR_P_TIMEOUT
};
enum fgr_method { FGR_GET, FGR_POST, FGR_PUT, FGR_PATCH, FGR_HTTP_DELETE };
enum fgr_op {
    FGR_OP_ADD,
    FGR_OP_SUB,
    FGR_OP_MUL,
    FGR_OP_DIV,
    FGR_OP_MOD,
    FGR_OP_EQ,
    FGR_OP_NE,
    FGR_OP_LT,
    FGR_OP_LE,
    FGR_OP_GT,
    FGR_OP_GE,
    FGR_OP_AND,
    FGR_OP_OR_ELSE,
    FGR_OP_NOT,
    FGR_OP_NEG
};
/* Built-in types, in both spellings mapped here by the parser; NAMED = enum, record or table of the program. */
enum fgr_type {
    FGR_T_NAMED,
    FGR_T_BOOL,
    FGR_T_INT,
    FGR_T_NUMBER,
    FGR_T_MONEY,
    FGR_T_TEXT,
    FGR_T_DATE,
    FGR_T_TIME,
    FGR_T_DATETIME,
    FGR_T_DURATION,
    FGR_T_PHONE,
    FGR_T_EMAIL,
    FGR_T_URL,
    FGR_T_IMAGE,
    FGR_T_AUDIO,
    FGR_T_VIDEO,
    FGR_T_DOCUMENT,
    FGR_T_LOCATION,
    FGR_T_JSON,
    FGR_T_LIST,
    FGR_T_MAP
};

struct fcc_type; /* compiler/ */
struct fcc_sym;

/* In the order of how many kinds need a member, because a node ends where its kind's last member does: a LIST before text_span, every other
 * behind its kids. Never copy a node, never read text, type, sym or kid of a LIST, nor past n_kids. */
struct fgr_node {
    uint8_t kind;        /* enum fgr_kind */
    uint8_t aux;         /* the kind's sub-enum */
    uint16_t n_kids : 4; /* of its kind */
    uint16_t depth : 12; /* 1 + that of the deepest kid; at most FGR_DEPTH_MAX */
    uint32_t flags;      /* enum fgr_flag */
    struct fn_span span;
    union {
        int64_t num;
        double real; /* NUMBER only */
        struct {
            int32_t low, high; /* DAY_RANGE and CLOCK_RANGE only */
        };
        const struct fn_str *text2; /* MIGRATE_STAGE only */
        struct fgr_node **items;    /* LIST only */
        uint32_t question;          /* compiler/: of what waits for an answer, its number */
    };
    uint32_t first_token;     /* index into the token array: the formatter's way back */
    uint32_t n_items;         /* 0 but for LIST */
    struct fn_span text_span; /* a LIST ends before this field: it is allocated shorter */
    struct fn_str text;
    const struct fcc_type *type; /* compiler/: of an expression, declaration or TYPE */
    struct fcc_sym *sym;         /* compiler/: what a name is bound to; the symbol a declaration makes */
    struct fgr_node *kid[FGR_KIDS_MAX];
};

const char *fgr_kind_name(enum fgr_kind k);            /* "stage" */
const char *fgr_kid_name(enum fgr_kind k, unsigned i); /* "body"; NULL past the last */
/* What ast.def says of each kind. */
extern const struct fgr_shape {
    const char *name;
    uint8_t n_kids,
        lists; /* lists: a bit for each kid whose name ends in s: never NULL, an empty list when nothing was written */
    const char *kids[FGR_KIDS_MAX];
} fgr_shapes[FGR_KINDS];
static inline bool fgr_kid_is_list(enum fgr_kind k, unsigned i)
{
    return (fgr_shapes[k].lists >> i & 1U) != 0;
}
static inline unsigned fgr_kind_kids(enum fgr_kind k)
{
    return fgr_shapes[k].n_kids;
}
/* The dump of golden files: one node a line, indented, with names, literals and kid names; no addresses. */
struct fn_buf;
void fgr_dump(struct fn_buf *out, const struct fgr_node *n);
/* Equal trees (spans, comments, spelling of keywords apart) hash equally: the formatter's oracle. */
uint64_t fgr_hash(const struct fgr_node *n);

#endif

/* fbc_image.h: a compiled funnel. Only fbc_verify turns bytes into a const struct fbc_image *, so the type says "checked".
 *
 * Bytes: header "FNB1", u16 format, u16 abi, u32 total length, u32 crc32c of what follows; then the sections in this order, each u32 id,
 * u32 length, rows; exactly tiling the file. SHA-256 of the bytes is the image's name in the store. Rows: sections.def; limits: image_limits.def.
 *
 * The verifier's rules (M1..M6, F1..F7 of durability.md 8.6) are numbered in verify.c; each has a negative test in tests/verify/bad.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FBC_IMAGE_H
#define FBC_IMAGE_H
#include "fbc_op.h"
#include "fn_buf.h"

enum { FBC_FORMAT = 2 /* read are 1 and 2 */, FBC_ABI = 1 };
enum { FBC_NO_TYPE = 0xFFFF, FBC_NO_INDEX = 0xFFFF, FBC_REGS_MAX = 250, FBC_TYPE_DEPTH_MAX = 16, FBC_FIELDS_MAX = 200 };

/* Types: an element or field type has a lower index than its user, so types cannot recurse. */
struct fbc_field {
    struct fn_str name;
    uint16_t type; /* RECORD */
};
struct fbc_type {
    uint8_t kind;  /* enum fbc_type_kind */
    uint8_t repr;  /* derived */
    uint8_t depth; /* derived; scalars 0 */
    uint8_t pad;
    uint16_t elem;      /* LIST, MAP, OPTION: type index; else FBC_NO_TYPE */
    uint16_t n;         /* RECORD fields, ENUM members */
    uint32_t nodes;     /* derived; itself, its members and all below it, written out: at most FBC_LIMIT_TYPE_NODES */
    uint32_t bound;     /* text(n): code points, list<T>(n): items; 0 = the kind's default */
    struct fn_str name; /* ENUM, RECORD; for JSON Schema, inspection and migration */
    const struct fbc_field *fields; /* RECORD: name and type; ENUM: member names */
};
/* Constants: scalars by value; texts; lists of text constants (ids and labels of options). In the run a constant text or list is the
 * reference FBC_CONST_REF | index. */
#define FBC_CONST_REF 0x80000000u
struct fbc_const {
    uint16_t type;
    uint32_t n; /* LIST: items */
    int64_t i;  /* I and B */
    double f;
    struct fn_str text;    /* T */
    const uint32_t *items; /* LIST of T: constant indices, lower than own */
};
enum fbc_global_flag { FBC_G_CONTACT = 1, FBC_G_PERSONAL = 2, FBC_G_SECRET = 4 };
struct fbc_global {
    struct fn_str name; /* unique per class (var / contact) : the stable name */
    uint16_t type;
    uint16_t flags;
    uint16_t
        held; /* `type` with all bounds, also those behind options and in lists; FBC_NO_TYPE in format 1, which does not say */
};
/* The type that bounds what comes into a variable from outside. */
static inline uint16_t fbc_held(const struct fbc_global *g)
{
    return g->held != FBC_NO_TYPE ? g->held : g->type;
}
struct fbc_func {
    struct fn_str name; /* "stage:inicio", "fn:frete": unique */
    uint16_t n_params, n_regs;
    uint16_t result; /* type or FBC_NO_TYPE */
    uint16_t may_await;
    const uint16_t *regs;  /* n_regs types; the first n_params are the parameters */
    uint32_t code, code_n; /* words into image->code */
};
struct fbc_stage {
    struct fn_str name;
    uint16_t func; /* no parameters, no result, may await */
};
/* A wait without FBC_WAIT_MESSAGE keeps what the customer writes meanwhile. When it ends, whoever runs the conversation drops what is older than
 * this: nobody means an answer to a question that comes hours later, and the checker counts on it (guarantee 6). */
#define FBC_KEPT_MS INT64_C(3600000)
/* What is kept of a customer's message for an agent that answers it later, in code points: as much as a person would send in one. */
enum { FBC_MESSAGE_KEPT = 4096 };
/* Bytes of the id of a tool's call, which a conversation keeps while the tool runs: in it the engine has what was said since the message. */
enum { FBC_CALL_ID_MAX = 16000 };
/* Code points of one text message. */
enum { FBC_TEXT_MOST = 4096 };
/* An error that repeats: the stage of `on error` is entered at most so often, each time less than so long behind the time before, and twice only
 * when somebody was heard in between. Then the conversation is parked (guarantee 2). */
enum { FBC_ERRORS_MAX = 5 };
#define FBC_ERRORS_MS INT64_C(3600000)
/* A suspended conversation larger than this is not saved: its turn is a fault, the conversation is parked. */
enum { FBC_SAVE_DEFAULT = 64 * 1024 };
/* AI calls of a conversation, of the funnel and of each agent, where no `budget` says otherwise. */
enum { FBC_BUDGET_DEFAULT = 200 };
enum fbc_wait_flag {
    FBC_WAIT_MESSAGE = 1,  /* a customer's message ends it */
    FBC_WAIT_EVENT = 2,    /* event `event` ends it */
    FBC_WAIT_TIMER = 4,    /* the deadline ends it */
    FBC_WAIT_HANDBACK = 8, /* the team gives the conversation back */
    FBC_WAIT_PHRASES = 16, /* the phrases of `always` win over the message */
    FBC_WAIT_PERSONAL = 32 /* what ends it is personal: no agent's memory has it but masked */
};
struct fbc_wait {
    struct fn_str name; /* unique: "inicio/email", stable */
    uint16_t flags;
    uint16_t event;             /* index or FBC_NO_INDEX */
    uint32_t settle_ms, max_ms; /* join messages that come within settle of each other, at most max; 0 none */
};
struct fbc_event {
    struct fn_str name;
    uint16_t record; /* type of its fields (RECORD) */
};
/* Entries and interruptions: rows in order of precedence. */
enum fbc_entry_kind {
    FBC_ENTRY_MESSAGE,
    FBC_ENTRY_KEYWORD,
    FBC_ENTRY_CAMPAIGN,
    FBC_ENTRY_EVENT,   /* start on ... */
    FBC_ENTRY_ALWAYS,  /* always on "phrase" */
    FBC_ENTRY_ERROR,   /* always on error */
    FBC_ENTRY_ON_EVENT /* always on event ... */
};
struct fbc_entry {
    uint8_t kind;
    uint16_t stage;
    uint16_t event;       /* ENTRY_EVENT */
    struct fn_str phrase; /* fn_fold_phrase form; KEYWORD, ALWAYS */
};
struct fbc_agent {
    struct fn_str name, model, instructions;
    uint32_t remember, budget; /* messages; calls per conversation; 0 = default */
    uint32_t n_tools;
    const uint16_t *tools; /* tool indices */
};
struct fbc_tool {
    struct fn_str name, doc;
    uint16_t func; /* "tool:NAME"; called by the program's own dispatch code */
    uint16_t args; /* RECORD type of its arguments, for the JSON Schema */
};
/* Questions, for compat, metrics and graph; not used by the run. */
struct fbc_question {
    struct fn_str name; /* stage or stage/own */
    uint16_t stage;
    uint16_t wait;
    uint16_t n_options;
    const struct fn_str *options; /* ids */
};
struct fbc_migrate {
    struct fn_str from, to; /* stage old -> new */
};
struct fbc_line { /* code word -> source, ascending by word */
    uint32_t word;
    uint32_t offset; /* byte in the main source file */
};

struct fbc_image {
    uint8_t
        hash[32]; /* SHA-256 of the bytes; set by the caller of fbc_verify that has a hash function (zero otherwise) */
    size_t size;  /* bytes of memory, this struct included */
    struct fn_str bytes;                                             /* borrowed from the block below the struct */
    struct fn_str name, title, timezone, locale, currency, language; /* language = "pt"/"en" spelling */
    uint32_t budget; /* AI calls per conversation for the funnel; 0 = default */
    uint32_t n_types, n_consts, n_globals, n_funcs, n_stages, n_waits, n_events, n_entries, n_agents, n_tools,
        n_questions, n_migrates, n_lines, n_code, n_hosts, n_natives;
    const struct fbc_type *types;
    const struct fbc_const *consts;
    const struct fbc_global *globals;
    const struct fbc_func *funcs;
    const struct fbc_stage *stages;
    const struct fbc_wait *waits;
    const struct fbc_event *events;
    const struct fbc_entry *entries;
    const struct fbc_agent *agents;
    const struct fbc_tool *tools;
    const struct fbc_question *questions;
    const struct fbc_migrate *migrates;
    const struct fbc_line *lines;
    const uint32_t *code;
    const uint16_t *hosts;   /* import list: H16 operands index it; numbers of hosts.def */
    const uint16_t *natives; /* N16 operands index it */
    uint16_t *func_of_word;  /* n_code entries: which function a word belongs to (snapshot validation) */
    uint8_t *site;           /* n_code entries: bit 0 instruction start, bit 1 a suspended frame may return here */
};

/* What the tenant may use; hosts not allowed fail rule M4. */
struct fbc_allow {
    uint64_t hosts; /* bit n = host number n */
};
#define FBC_ALLOW_ALL ((struct fbc_allow){~(uint64_t)0})
/* Where and why verification failed; text is English, code is the rule ("F5"). */
struct fbc_fault {
    char rule[4];
    uint32_t word; /* of the code, or byte offset when the container is wrong */
    char text[160];
};
/* Any bytes -> image or fault. Recursion-free, O(bytes). *out is one malloc block owned by the caller (fbc_image_free), holding a copy of
 * the bytes. */
FN_MUST_USE enum fn_code fbc_verify(struct fn_str bytes, struct fbc_allow allow, const struct fbc_image **out,
                                    struct fbc_fault *fault);
void fbc_image_free(const struct fbc_image *image);
/* Types of two images of which the second holds what the first does: by structure and names; texts, lists and maps may be longer there. */
bool fbc_same_type(const struct fbc_image *a, uint16_t x, const struct fbc_image *b, uint16_t y);
/* So for variables: by all bounds where the first image tells them. */
bool fbc_same_global(const struct fbc_image *a, const struct fbc_global *x, const struct fbc_image *b,
                     const struct fbc_global *y);
/* Lookups by stable name; FBC_NO_INDEX when there is none. */
uint16_t fbc_find_stage(const struct fbc_image *im, struct fn_str name);
uint16_t fbc_find_global(const struct fbc_image *im, struct fn_str name, unsigned contact /* 1 contact field, 0 var */);
uint16_t fbc_find_event(const struct fbc_image *im, struct fn_str name);
uint16_t fbc_find_wait(const struct fbc_image *im, struct fn_str name);
/* First entry row of a kind whose phrase matches (already folded; ignored for kinds without phrases); NULL none. */
const struct fbc_entry *fbc_find_entry(const struct fbc_image *im, enum fbc_entry_kind kind, struct fn_str folded,
                                       uint16_t event);

/* Listing, stable enough for golden files. */
void fbc_disasm(struct fn_buf *out, const struct fbc_image *im);
/* JSON Schema (strict: additionalProperties false, all required, optional = union with null) of a type. */
void fbc_json_schema(struct fn_buf *out, const struct fbc_image *im, uint16_t type);

#endif

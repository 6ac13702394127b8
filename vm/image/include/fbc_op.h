/* fbc_op.h: opcodes, operand kinds and the other small enums of the bytecode contract. Tables: ops.def, hosts.def, natives.def, traps.def.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FBC_OP_H
#define FBC_OP_H
#include "fn_base.h"

enum fbc_op {
#define FBC_OP(number, NAME, a, b, c, rule, doc) FBC_OP_##NAME = number,
#include "ops.def"
#undef FBC_OP
};
enum fbc_operand {
#define FBC_OPERAND(NAME, form, bits, letter, doc) FBC_O_##NAME,
#include "operands.def"
#undef FBC_OPERAND
};
enum { FBC_OPERANDS = FBC_O_WIDE + 1 };
enum fbc_form {
    FBC_FORM_NONE,
    FBC_FORM_REG,
    FBC_FORM_BYTE,
    FBC_FORM_SIGNED,
    FBC_FORM_INDEX,
    FBC_FORM_AHEAD,
    FBC_FORM_BACK
};
struct fbc_operand_info {
    enum fbc_form form;
    uint8_t bits;
    char letter; /* before the number in a listing; 0: none */
};
extern const struct fbc_operand_info fbc_operands[FBC_OPERANDS];
/* "Same type" (SAME_*, OPT_*, LIST_*, MAP_*, FIELD_*, NEWREC, NEWLIST, CALL arguments, GETG/SETG, LOADK) means: equal type index, or two scalar
 * types of one representation (int-like with int-like, text-like with text-like; bool, number), except that an ENUM target takes only its own
 * type. References to lists, maps, records and options need the equal index. (text(60), text and phone are one to the machine.) */
enum fbc_rule {
    FBC_R_NONE,
    FBC_R_SAME_AB,
    FBC_R_SAME_BC,
    FBC_R_SAME_ABC,
    FBC_R_BIT_B,
    FBC_R_CONST,
    FBC_R_GLOBAL,
    FBC_R_OPT_AB,
    FBC_R_OPT_BA,
    FBC_R_CAT,
    FBC_R_NEWREC,
    FBC_R_FIELD_GET,
    FBC_R_FIELD_SET,
    FBC_R_NEWLIST,
    FBC_R_LIST_AB,
    FBC_R_LIST_BA,
    FBC_R_LIST_AC,
    FBC_R_MAP_BA,
    FBC_R_MAP_AC,
    FBC_R_CALL,
    FBC_R_NATIVE,
    FBC_R_RET,
    FBC_R_RETV,
    FBC_R_EFFECT,
    FBC_R_HOST,
    FBC_R_AWAIT,
    FBC_R_INPUT,
    FBC_R_TEXTK,
    FBC_R_EXT,
    FBC_R_JUMP,
    FBC_R_END,
    FBC_R_FAIL /* nothing falls through; END only in may_await functions */
};
struct fbc_op_info {
    const char *name; /* NULL: no such opcode */
    const char *doc;
    uint8_t a, b, c; /* enum fbc_operand */
    uint8_t rule;    /* enum fbc_rule */
};
extern const struct fbc_op_info fbc_ops[256];

/* Instruction words. */
static inline uint32_t fbc_word(enum fbc_op op, unsigned a, unsigned b, unsigned c)
{
    return (uint32_t)op | ((uint32_t)(a & 255u) << 8) | ((uint32_t)(b & 255u) << 16) | ((uint32_t)(c & 255u) << 24);
}
static inline uint32_t fbc_word16(enum fbc_op op, unsigned a, unsigned imm)
{
    return fbc_word(op, a, imm & 255u, (imm >> 8) & 255u);
}
static inline uint32_t fbc_word24(enum fbc_op op, uint32_t imm)
{
    return (uint32_t)op | (imm << 8);
}
#define FBC_A(w)     (((w) >> 8) & 255u)
#define FBC_B(w)     (((w) >> 16) & 255u)
#define FBC_C(w)     ((w) >> 24)
#define FBC_IMM16(w) ((w) >> 16)
#define FBC_IMM24(w) ((w) >> 8)

/* Types of values. Representation: see fbc_repr. Units in ops.def. */
enum fbc_type_kind {
    FBC_T_BOOL = 1,
    FBC_T_INT,
    FBC_T_NUMBER,
    FBC_T_MONEY,
    FBC_T_TEXT,
    FBC_T_DATE,
    FBC_T_TIME,
    FBC_T_DATETIME,
    FBC_T_DURATION,
    FBC_T_PHONE,
    FBC_T_EMAIL,
    FBC_T_URL,
    FBC_T_JSON,
    FBC_T_IMAGE,
    FBC_T_AUDIO,
    FBC_T_VIDEO,
    FBC_T_DOCUMENT,
    FBC_T_LOCATION,
    FBC_T_ENUM,
    FBC_T_RECORD,
    FBC_T_LIST,
    FBC_T_MAP,
    FBC_T_OPTION
};
enum fbc_repr { FBC_REPR_I, FBC_REPR_F, FBC_REPR_B, FBC_REPR_T, FBC_REPR_L, FBC_REPR_M, FBC_REPR_R, FBC_REPR_O };

/* What ended an AWAIT (its R[a]). The order is part of the format. */
enum fbc_wake { FBC_WAKE_MESSAGE = 0, FBC_WAKE_TIMER = 1, FBC_WAKE_EVENT = 2, FBC_WAKE_HANDBACK = 3 };
/* op INPUT */
enum fbc_input_part {
    FBC_IN_TEXT = 0,   /* what was typed, or a caption, or an option's label */
    FBC_IN_OPTION = 1, /* id of the button or row tapped, else empty */
    FBC_IN_MEDIA = 2,  /* JSON {kind,url,mime,name} of a photo etc., or {kind:"location",...}; else empty */
    FBC_IN_EVENT = 3,  /* JSON object of the event's fields */
    FBC_IN_EVENT_NAME = 4,
    FBC_IN_PARTS
};
/* op COUNT */
/* PERSONAL counts nothing: the next effect's text holds personal data (FBC_WAIT_PERSONAL). */
enum fbc_count {
    FBC_COUNT_OPTION = 0,
    FBC_COUNT_BRANCH = 1,
    FBC_COUNT_SPLIT = 2,
    FBC_COUNT_ANSWER = 3,
    FBC_COUNT_PERSONAL = 4
};

enum fbc_trap {
#define FBC_TRAP(NAME, pt, en) FBC_TRAP_##NAME,
#include "traps.def"
#undef FBC_TRAP
    FBC_TRAPS
};
const char *fbc_trap_name(enum fbc_trap t);
const char *fbc_trap_text(enum fbc_trap t, bool english);

enum fbc_host_kind { FBC_HOST_EFFECT, FBC_HOST_CALL };
enum fbc_policy {
    FBC_POLICY_IDEMPOTENT,
    FBC_POLICY_AT_LEAST_ONCE,
    FBC_POLICY_AT_MOST_ONCE,
    FBC_POLICY_RECONCILE,
    FBC_POLICY_LOCAL
};
enum fbc_host {
#define FBC_HOST(number, name, kind, policy, sig, args, doc) FBC_HOST_##name = number,
#include "hosts.def"
#undef FBC_HOST
};
enum fbc_native {
#define FBC_NATIVE(number, name, sig, fuel, doc) FBC_NATIVE_##name = number,
#include "natives.def"
#undef FBC_NATIVE
    FBC_NATIVE_MAX = 128
};
struct fbc_import {       /* one row of hosts.def or natives.def */
    const char *name;     /* NULL: no such number */
    const char *sig;      /* "ttT>o" */
    const char *args;     /* hosts: comma-separated argument names */
    uint8_t kind, policy; /* hosts */
    uint16_t fuel;        /* natives */
};
extern const struct fbc_import fbc_hosts[64];
extern const struct fbc_import fbc_natives[FBC_NATIVE_MAX];
uint32_t fbc_sig_hash(const struct fbc_import *row); /* of name and signature */

#endif

/* tables.c: the .def tables as data: instructions, imports, traps, sections, kinds of types.
 *
 * Each table is indexed by its row's number; a number given twice does not compile (-Woverride-init), a number that nobody has is a row
 * of zeros, whose name is NULL.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_format.h"
#include "fbc_image.h"

const struct fbc_operand_info fbc_operands[FBC_OPERANDS] = {
#define FBC_OPERAND(NAME, form, bits, letter, doc) [FBC_O_##NAME] = {FBC_FORM_##form, (bits), (letter)},
#include "operands.def"
#undef FBC_OPERAND
};
const struct fbc_op_info fbc_ops[256] = {
#define FBC_OP(number, NAME, a, b, c, rule, doc) [number] = {#NAME, doc, FBC_O_##a, FBC_O_##b, FBC_O_##c, FBC_R_##rule},
#include "ops.def"
#undef FBC_OP
};

const struct fbc_import fbc_hosts[64] = {
#define FBC_HOST(number, name, kind, policy, sig, args, doc) \
    [number] = {#name, sig, args, FBC_HOST_##kind, FBC_POLICY_##policy, 0},
#include "hosts.def"
#undef FBC_HOST
};

const struct fbc_import fbc_natives[FBC_NATIVE_MAX] = {
#define FBC_NATIVE(number, name, sig, fuel, doc) [number] = {#name, sig, NULL, 0, 0, fuel},
#include "natives.def"
#undef FBC_NATIVE
};

const struct fbc_section_info fbc_sections[FBC_SECTIONS] = {
#define FBC_SECTION(id, NAME, min, limit, row) [id] = {#NAME, row, min, (uint32_t)(limit)},
#include "sections.def"
#undef FBC_SECTION
};

/* The indices of rows are u16 in the file, and FBC_NO_INDEX is not one. */
static_assert((int)FBC_LIMIT_CONSTS <= (int)FBC_NO_INDEX && (int)FBC_LIMIT_FIELDS <= (int)FBC_NO_INDEX, "u16");
static_assert((int)FBC_LIMIT_HOSTS <= (int)FN_COUNT(fbc_hosts) && (int)FBC_LIMIT_NATIVES <= (int)FBC_NATIVE_MAX,
              "import lists");

/* 32 bits are enough: they guard against an image made for another meaning of a number, not against malice (arguments are checked against
 * our own table). */
uint32_t fbc_sig_hash(const struct fbc_import *row)
{
    uint64_t name = fn_hash(row->name, strlen(row->name));
    uint64_t sig = fn_hash(row->sig, strlen(row->sig));
    uint64_t both = name * 31 + sig;
    return (uint32_t)(both ^ both >> 32);
}

struct trap_row {
    const char *name, *pt, *en;
};
static const struct trap_row traps[] = {
#define FBC_TRAP(NAME, pt, en) {#NAME, pt, en},
#include "traps.def"
#undef FBC_TRAP
};

const char *fbc_trap_name(enum fbc_trap t)
{
    return (size_t)t < FN_COUNT(traps) ? traps[t].name : "UNKNOWN";
}

const char *fbc_trap_text(enum fbc_trap t, bool english)
{
    if ((size_t)t >= FN_COUNT(traps)) {
        return "";
    }
    return english ? traps[t].en : traps[t].pt;
}

struct kind_row {
    const char *name;
    enum fbc_repr repr;
};
static const struct kind_row kinds[] = {
    [FBC_T_BOOL] = {"bool", FBC_REPR_B},         [FBC_T_INT] = {"int", FBC_REPR_I},
    [FBC_T_NUMBER] = {"number", FBC_REPR_F},     [FBC_T_MONEY] = {"money", FBC_REPR_I},
    [FBC_T_TEXT] = {"text", FBC_REPR_T},         [FBC_T_DATE] = {"date", FBC_REPR_I},
    [FBC_T_TIME] = {"time", FBC_REPR_I},         [FBC_T_DATETIME] = {"datetime", FBC_REPR_I},
    [FBC_T_DURATION] = {"duration", FBC_REPR_I}, [FBC_T_PHONE] = {"phone", FBC_REPR_T},
    [FBC_T_EMAIL] = {"email", FBC_REPR_T},       [FBC_T_URL] = {"url", FBC_REPR_T},
    [FBC_T_JSON] = {"json", FBC_REPR_T},         [FBC_T_IMAGE] = {"image", FBC_REPR_T},
    [FBC_T_AUDIO] = {"audio", FBC_REPR_T},       [FBC_T_VIDEO] = {"video", FBC_REPR_T},
    [FBC_T_DOCUMENT] = {"document", FBC_REPR_T}, [FBC_T_LOCATION] = {"location", FBC_REPR_T},
    [FBC_T_ENUM] = {"enum", FBC_REPR_I},         [FBC_T_RECORD] = {"record", FBC_REPR_R},
    [FBC_T_LIST] = {"list", FBC_REPR_L},         [FBC_T_MAP] = {"map", FBC_REPR_M},
    [FBC_T_OPTION] = {"option", FBC_REPR_O},
};
static_assert(FN_COUNT(kinds) == FBC_T_OPTION + 1, "a row for each kind");

enum fbc_repr fbc_kind_repr(enum fbc_type_kind kind)
{
    if (!fbc_kind_known(kind)) {
        FN_BUG("kind of type out of range");
    }
    return kinds[kind].repr;
}

const char *fbc_kind_name(enum fbc_type_kind kind)
{
    return fbc_kind_known(kind) ? kinds[kind].name : "?";
}

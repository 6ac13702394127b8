/* fbc_format.h: the container's sections and limits as C names. For what reads or writes the bytes of an image: the builder, the verifier,
 * the assembler, tests. Tables: sections.def, image_limits.def.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FBC_FORMAT_H
#define FBC_FORMAT_H
#include "fbc_op.h"

enum fbc_limit {
#define FBC_LIMIT(NAME, value, unit, why) FBC_LIMIT_##NAME = value,
#include "image_limits.def"
#undef FBC_LIMIT
};
enum fbc_section {
#define FBC_SECTION(id, NAME, min, limit, row) FBC_S_##NAME = id,
#include "sections.def"
#undef FBC_SECTION
    FBC_SECTIONS /* one past the last id; ids start at 1 */
};
enum { FBC_HEADER = 16 /* bytes */, FBC_SECTION_HEADER = 12, FBC_CRC_AT = 12 };
#define FBC_MAGIC "FNB1"

struct fbc_section_info {
    const char *name; /* "TYPES"; NULL for id 0 */
    const char *row;
    uint32_t min, limit;
};
extern const struct fbc_section_info fbc_sections[FBC_SECTIONS];

/* How a kind of type is held in a register, and its name in listings. kind 1..FBC_T_OPTION. */
enum fbc_repr fbc_kind_repr(enum fbc_type_kind kind);
const char *fbc_kind_name(enum fbc_type_kind kind);
static inline bool fbc_kind_known(unsigned kind)
{
    return kind >= FBC_T_BOOL && kind <= FBC_T_OPTION;
}
#define FBC_CANONICAL_NAN UINT64_C(0x7ff8000000000000)

#endif

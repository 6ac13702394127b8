/* fn_embed.h: files built into a program by fn_embed() (cmake/FnGenerate.cmake): library sources, the web page.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FN_EMBED_H
#define FN_EMBED_H
#include "fn_base.h"

struct fn_embedded {
    struct fn_str name;  /* as given to FILES; a NUL follows */
    struct fn_str bytes; /* a NUL follows that is not counted; 16-byte aligned */
};

/* The rows are sorted by name. NULL when there is none of this name. */
const struct fn_embedded *fn_embedded_find(const struct fn_embedded *table, size_t n, struct fn_str name);

#endif

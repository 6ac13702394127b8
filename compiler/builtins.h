/* builtins.h: signatures of builtins.def as types. SPDX-License-Identifier: Apache-2.0 */
#ifndef BUILTINS_H
#define BUILTINS_H
#include "sema.h"

struct sig {
    const struct fcc_type *elem;      /* T */
    const struct fcc_type *params[4]; /* NULL: A, any one type */
    const struct fcc_type *result;    /* NULL: A */
    unsigned n;
};
void sema_sig_read(struct ctx *c, const struct fcc_builtin *b, const struct fcc_type *elem, struct sig *out);

#endif

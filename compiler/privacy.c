/* privacy.c: guarantee 7. A value carries the modifiers of what it was made of (c->taint, gathered while an expression is read); here is where
 * it may not arrive. `mask(x)` takes `personal` off, `allow personal x` lets one name through; nothing takes `secret` off.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

static void leak(struct ctx *c, enum fgr_diag d, const struct fgr_node *at, enum fgr_why why)
{
    struct fn_diag *out = sema_diag(c, d, at);
    if (c->taint_by != NULL) {
        sema_arg(out, "name", c->taint_by->name);
        if (c->taint_by->decl != NULL && c->taint_by->file == c->file) {
            fn_diag_label(out, c->taint_by->decl->text_span, FGR_L_DECLARED_HERE);
        }
    }
    out->why = (uint16_t)why;
}

void sema_taint_into(struct ctx *c, const struct fgr_node *at, const struct fcc_sym *target)
{
    unsigned kept = sema_sym(target)->taint;
    if ((c->taint & TAINT_SECRET & ~kept) != 0) {
        leak(c, FGR_D_SECRET_LEAK, at, FGR_W_SECRET);
    } else if ((c->taint & TAINT_PERSONAL & ~kept) != 0) {
        leak(c, FGR_D_PERSONAL_LOST, at, FGR_W_PERSONAL);
    }
}

void sema_taint_model(struct ctx *c, const struct fgr_node *at)
{
    if ((c->taint & TAINT_SECRET) != 0) {
        leak(c, FGR_D_SECRET_LEAK, at, FGR_W_SECRET);
    } else if ((c->taint & TAINT_PERSONAL) != 0) {
        leak(c, FGR_D_PERSONAL_TO_MODEL, at, FGR_W_PERSONAL);
    }
}

void sema_taint_message(struct ctx *c, const struct fgr_node *at)
{
    if ((c->taint & TAINT_SECRET) != 0) {
        leak(c, FGR_D_SECRET_LEAK, at, FGR_W_SECRET);
    }
}

void sema_taint_url(struct ctx *c, const struct fgr_node *at)
{
    if ((c->taint & TAINT_PERSONAL) != 0) {
        leak(c, FGR_D_PERSONAL_TO_URL, at, FGR_W_PERSONAL);
    }
}

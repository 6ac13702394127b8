/* diag_render.h: the renderers of diagnostics and what they share; private to grammar/.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DIAG_RENDER_H
#define DIAG_RENDER_H
#include "fgr_diag.h"

/* One rendering: every function below gets it. */
struct render {
    struct fn_buf *out;
    const struct fn_diag_list *list;
    const struct fgr_source *const *sources;
    size_t n_sources;
    struct fgr_render how;
};

const char *diag_name(enum fgr_diag d); /* "STAGE_UNKNOWN" */
const char *diag_template(enum fgr_diag d, enum fn_lang lang);
const char *diag_help_template(enum fgr_diag d, enum fn_lang lang);
void diag_expand(struct fn_buf *out, const char *template, const struct fn_diag *d, enum fn_lang lang);
const char *diag_label(uint16_t label, enum fn_lang lang);
void diag_put_why(struct fn_buf *out, const struct fn_diag *d, enum fn_lang lang); /* nothing without a why */

const struct fgr_source *render_source(const struct render *r, const struct fn_diag *d); /* never NULL */
struct fn_str render_path(const struct fgr_source *s);
const char *render_level(enum fn_level level); /* "error", as machine formats say it */

void render_text(const struct render *r);
void render_json(const struct render *r);
void render_jsonl(const struct render *r);
void render_sarif(const struct render *r);
void render_github(const struct render *r);
void render_junit(const struct render *r);
void render_checkstyle(const struct render *r);

#endif

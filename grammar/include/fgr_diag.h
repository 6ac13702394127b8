/* fgr_diag.h: the table of diagnostics and the one place where they become text.
 * Table: diags.def, one row a code: FGR_DIAG(CODE "F0204", name, level, pt text, en text, pt help, en help); labels and
 * "why it matters" rows beside it. Placeholders {name} are equal in both languages (checked by a test). Used by lexer, parser,
 * compiler, linter, test runner: codes F00xx lexer, F01xx syntax, F02xx names, F03xx types, F04xx flow, F05xx channel,
 * F06xx privacy and AI, F07xx versions, F08xx tests, F09xx lints.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FGR_DIAG_H
#define FGR_DIAG_H
#include "fgr_parse.h"
#include "fn_buf.h"

enum fgr_diag {
#define FGR_DIAG(code, name, level, pt, en, help_pt, help_en) FGR_D_##name,
#include "diags.def"
#undef FGR_DIAG
    FGR_DIAGS
};
enum fgr_label {
#define FGR_LABEL(name, pt, en) FGR_L_##name,
#include "labels.def"
#undef FGR_LABEL
    FGR_LABELS
};
enum fgr_why {
#define FGR_WHY(name, pt, en) FGR_W_##name,
#include "whys.def"
#undef FGR_WHY
    FGR_WHYS
};
const char *fgr_diag_code(enum fgr_diag d); /* "F0204" */
enum fn_level fgr_diag_level(enum fgr_diag d);
/* Adds with the table's level. */
struct fn_diag *fgr_diag_add(struct fn_diag_list *l, enum fgr_diag d, struct fn_span at);

enum fgr_format {
    FGR_FORMAT_TEXT,
    FGR_FORMAT_JSON,
    FGR_FORMAT_JSONL,
    FGR_FORMAT_SARIF,
    FGR_FORMAT_GITHUB,
    FGR_FORMAT_JUNIT,
    FGR_FORMAT_CHECKSTYLE
};
struct fgr_render {
    enum fn_lang lang;
    enum fgr_format format;
    bool color;
};
/* Sentence without caret art, for APIs: "a etapa `x` não existe". */
void fgr_diag_message(struct fn_buf *out, const struct fn_diag *d, enum fn_lang lang);
void fgr_diag_help(struct fn_buf *out, const struct fn_diag *d, enum fn_lang lang);
/* The whole list, in the form of LANGUAGE.md "Errors read like this", or a machine format. sources[d->file]. */
void fgr_diag_render(struct fn_buf *out, const struct fn_diag_list *l, const struct fgr_source *const *sources,
                     size_t n_sources, struct fgr_render how);
/* --lang/FUNNEL_LANG/LC_ALL/LANG -> language; pt-BR when nothing says otherwise. */
enum fn_lang fgr_lang_from(const char *value, enum fn_lang fallback);

#endif

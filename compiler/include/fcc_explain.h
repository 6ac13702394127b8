/* fcc_explain.h: what a diagnostic means, at length: one page a code, docs/errors/<code>.md, built in. No I/O: the editor shows the same.
 * The examples stand behind a header that is not shown (FCC_PAGE_HEADER), unless they bring their own; tests compile every one.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCC_EXPLAIN_H
#define FCC_EXPLAIN_H
#include "fgr_diag.h"

#define FCC_PAGE_HEADER \
    "funnel t \"T\"\n\nstart on message -> inicio\n\nalways {\n  on error -> falha\n}\n\nstage falha {\n  end\n}\n\n"

struct fcc_page {
    struct fn_str pt, en;    /* a paragraph each */
    struct fn_str bad, good; /* indented by four blanks; empty when there is none */
};
/* false: no page. Everything in *out is static. */
bool fcc_page_find(struct fn_str code, struct fcc_page *out);
/* By code ("F0204", "f0204") or name ("stage_unknown"); FGR_DIAGS when there is none. */
enum fgr_diag fcc_diag_named(struct fn_str what);
/* The whole page, for a terminal. */
void fcc_explain(struct fn_buf *out, enum fgr_diag d, enum fn_lang lang);
/* Appends an example as a source file: header in front, indentation gone, «FF» (a byte) and «20×x» (repeated; ⏎ is a line end) written out. */
void fcc_page_source(struct fn_buf *out, struct fn_str example);
/* The diagnostic's sentence with … for what each case fills in. */
void fcc_diag_title(struct fn_buf *out, enum fgr_diag d, enum fn_lang lang);

#endif

/* report_text.h: the texts of report_texts.def, filled in. SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H
#include "fn_buf.h"
#include "fn_diag.h"

enum report_text {
#define FCC_TEXT(NAME, pt, en) TEXT_##NAME,
#include "report_texts.def"
#undef FCC_TEXT
    TEXT_COUNT
};
void report_text(struct fn_buf *out, enum report_text text, enum fn_lang lang, uint64_t n, struct fn_str a,
                 struct fn_str b);

#endif

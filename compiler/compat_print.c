/* compat_print.c: the table of `funnelc compat` as a person reads it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fcc_compat.h"

#include "fn_utf8.h"
#include "report_text.h"

static void padded(struct fn_buf *out, enum report_text text, enum fn_lang lang, size_t width)
{
    size_t before = out->n;
    report_text(out, text, lang, 0, FN_STR_NULL, FN_STR_NULL);
    size_t n = out->p != NULL ? fn_utf8_count((struct fn_str){out->p + before, out->n - before}) : 0;
    for (; n < width; n++) {
        fn_buf_char(out, ' ');
    }
}

static void print_row(struct fn_buf *out, const struct fcc_compat_row *r, enum fn_lang lang)
{
    fn_buf_z(out, r->settled ? "  " : "! ");
    padded(out, (enum report_text)(TEXT_STAGE + r->kind), lang, 17);
    padded(out, (enum report_text)(TEXT_SAME + r->state), lang, 11);
    fn_buf_str(out, r->from.n != 0 ? r->from : r->to);
    if (r->state == FCC_COMPAT_RENAMED) {
        fn_buf_z(out, " -> ");
        fn_buf_str(out, r->to);
    }
    if (!r->settled) {
        enum report_text help = r->state == FCC_COMPAT_UNSET   ? TEXT_HELP_UNSET
                                : r->kind == FCC_COMPAT_STAGE  ? TEXT_HELP_STAGE
                                : r->kind == FCC_COMPAT_VAR    ? TEXT_HELP_VAR
                                : r->state == FCC_COMPAT_ADDED ? TEXT_HELP_CONTACT_NEW
                                                               : TEXT_HELP_CONTACT;
        report_text(out, help, lang, 0, r->from, r->to);
    }
    fn_buf_char(out, '\n');
}

void fcc_compat_print(struct fn_buf *out, const struct fcc_compat *table, enum fcc_compat_rows rows, enum fn_lang lang)
{
    for (size_t i = 0; i < table->n; i++) {
        if (rows == FCC_COMPAT_ALL || table->rows[i].state != FCC_COMPAT_SAME) {
            print_row(out, &table->rows[i], lang);
        }
    }
    report_text(out, table->unsettled == 0 ? TEXT_SETTLED : TEXT_UNSETTLED, lang, table->unsettled, FN_STR_NULL,
                FN_STR_NULL);
    fn_buf_char(out, '\n');
}
